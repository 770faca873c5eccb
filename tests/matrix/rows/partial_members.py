"""Partial structs without a name, inside of others."""

# Upstream's generator refuses it.
NOT_UPSTREAM = "'struct $1' is partial but has no C name"

SOURCE = r"""
struct outer {
    long before;
    struct { char hidden[6]; short a; struct { int more; char text[12]; double d; } deep; } part;
    struct { int gap; int value; } list[3];
};
typedef struct { int hidden; struct { char c; int *where; } inner; } *pointed_t;
static int total(struct outer *o) { return o->part.a + (int)o->part.deep.d + o->list[2].value; }
"""

CDEF = """
struct outer {
    struct { short a; struct { double d; char text[...]; ...; } deep; ...; } part;
    struct { int value; ...; } list[...];
    ...;
};
typedef struct { struct { int *where; ...; } inner; ...; } *pointed_t;
int total(struct outer *o);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_partial_members", SOURCE)
    return [ffi]


def exercise():
    from _partial_members import ffi, lib

    outer = ffi.new("struct outer *", {"part": {"a": 1, "deep": {"d": 20.0, "text": b"abc"}}})
    assert ffi.sizeof(outer[0]) == 64
    assert (ffi.sizeof(outer.part), ffi.alignof(ffi.typeof(outer.part))) == (32, 8)
    assert ffi.offsetof("struct outer", "part", "deep", "d") == 8 + 8 + 16
    outer.list[2].value = 300
    assert lib.total(outer) == 321
    assert len(outer.list) == 3
    assert len(outer.part.deep.text) == 12
    assert ffi.string(outer.part.deep.text) == b"abc"
    pointed = ffi.new("pointed_t")
    number = ffi.new("int *", 7)
    pointed.inner.where = number
    assert pointed.inner.where[0] == 7
    assert ffi.sizeof(pointed[0]) == 24
