"""const, restrict and volatile: C code sees them where the declarations have them."""

SOURCE = r"""
#include <string.h>
struct row { const char *text; char *const fixed; volatile int *flag; const int numbers[2]; };
static char buffer[] = "buffer";
static volatile int flag = 3;
static const struct row the_row = { "text", buffer, &flag, { 1, 2 } };
static const struct row *get_row(void) { return &the_row; }
static const char *const names[] = { "a", "b" };
static const char *const *get_names(void) { return names; }
static void copy(char *__restrict to, const char *__restrict from) { strcpy(to, from); }
static int count(const char *const words[], int n)
{
    int i = 0;
    while (i < n && words[i])
        i++;
    return i;
}
static const int *const fixed_pointer = the_row.numbers;
static int look(const struct row *const *rows) { return rows[0]->numbers[1]; }
static const volatile int both = 9;
"""

CDEF = """
struct row { const char *text; char *const fixed; volatile int *flag; const int numbers[2]; };
const struct row *get_row(void);
const char *const *get_names(void);
void copy(char *restrict to, const char *restrict from);
int count(const char *const words[], int n);
extern const int *const fixed_pointer;
int look(const struct row *const *rows);
extern const volatile int both;
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_qualifiers", SOURCE)
    return [ffi]


def exercise():
    from _qualifiers import ffi, lib

    row = lib.get_row()
    assert ffi.string(row.text) == b"text"
    assert ffi.string(row.fixed) == b"buffer"
    assert (row.flag[0], list(row.numbers)) == (3, [1, 2])
    assert ffi.string(lib.get_names()[1]) == b"b"
    target = ffi.new("char[10]")
    lib.copy(target, b"copied")
    assert ffi.string(target) == b"copied"
    words = [ffi.new("char[]", b"x"), ffi.new("char[]", b"y")]
    assert lib.count(words, 2) == 2
    assert lib.fixed_pointer[1] == 2
    assert lib.look([row]) == 2
    assert lib.both == 9
