"""cdef(packed=True) with a struct that the compiler packs, too."""

SOURCE = r"""
#pragma pack(push, 1)
struct packed { char a; int b; short c; double d; };
#pragma pack(pop)
static double sum(struct packed *p) { return p->a + p->b + p->c + p->d; }
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef("struct packed { char a; int b; short c; double d; };", packed=True)
    ffi.cdef("double sum(struct packed *p);")
    ffi.set_source("_packed", SOURCE)
    return [ffi]


def exercise():
    from _packed import ffi, lib

    assert ffi.sizeof("struct packed") == 15
    assert ffi.offsetof("struct packed", "d") == 7
    packed = ffi.new("struct packed *", [b"\x01", 2, 3, 4.5])
    assert lib.sum(packed) == 10.5
    assert (packed.b, packed.d) == (2, 4.5)
