"""Structs with `...;`: the C compiler knows the layout, and fields that are not declared."""

SOURCE = r"""
struct partial { char hidden[5]; short b; double not_said; int a; char name[24]; };
typedef struct { long before; struct { char c; int inner; } nested; int after; } outer_t;
struct lengths { int count; double items[13]; char text[2][8]; };
union either { double d; char bytes[40]; };
static int total(struct partial *p) { return p->a + p->b; }
"""

CDEF = """
struct partial { int a; short b; char name[...]; ...; };
typedef struct { struct { char c; int inner; } nested; ...; } outer_t;
struct lengths { double items[...]; char text[...][8]; ...; };
union either { double d; ...; };
int total(struct partial *p);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_partial_structs", SOURCE)
    return [ffi]


def exercise():
    from _partial_structs import ffi, lib
    from support import fields

    assert ffi.sizeof("struct partial") == 48
    assert [ffi.offsetof("struct partial", name) for name in ("a", "b", "name")] == [16, 6, 20]
    assert fields(ffi, "struct partial") == {"a": "int", "b": "short", "name": "char[24]"}
    partial = ffi.new("struct partial *", {"a": 40, "b": 2, "name": b"partial"})
    assert len(partial.name) == 24
    assert lib.total(partial) == 42
    assert ffi.offsetof("outer_t", "nested", "inner") == 12
    assert ffi.sizeof("outer_t") == 24
    assert fields(ffi, "struct lengths") == {"items": "double[13]", "text": "char[2][8]"}
    assert ffi.sizeof("union either") == 40
