"""char16_t, char32_t and wchar_t: arguments, results, fields, arrays."""

SOURCE = r"""
#include <stddef.h>
#ifndef __cplusplus
# include <stdint.h>
# include <uchar.h>
#endif
struct text { char16_t one; char32_t wide; char16_t row[5]; wchar_t w[4]; };
static char16_t next16(char16_t c) { return (char16_t)(c + 1); }
static char32_t next32(char32_t c) { return c + 1; }
static wchar_t nextw(wchar_t c) { return c + 1; }
static int length16(const char16_t *text) { int n = 0; while (text[n]) n++; return n; }
static int length32(const char32_t *text) { int n = 0; while (text[n]) n++; return n; }
static struct text same(struct text t) { return t; }
"""

CDEF = """
struct text { char16_t one; char32_t wide; char16_t row[5]; wchar_t w[4]; };
char16_t next16(char16_t c);
char32_t next32(char32_t c);
wchar_t nextw(wchar_t c);
int length16(const char16_t *text);
int length32(const char32_t *text);
struct text same(struct text t);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_wide_characters", SOURCE)
    return [ffi]


def exercise():
    from _wide_characters import ffi, lib
    from support import refuses

    assert lib.next16("\u1234") == "\u1235"
    assert lib.next32("\U00012345") == "\U00012346"
    assert lib.nextw("\u00e9") == "\u00ea"
    assert lib.length16("a\U00012345") == 3
    assert lib.length32("a\U00012345") == 2
    refuses((TypeError, ValueError), lib.next16, "\U00012345")
    text = lib.same({"one": "x", "wide": "\U0001f600", "row": "abcd\0", "w": "wxyz"})
    assert (text.one, text.wide) == ("x", "\U0001f600")
    assert ffi.string(text.row) == "abcd"
    assert ffi.unpack(text.w, 4) == "wxyz"
