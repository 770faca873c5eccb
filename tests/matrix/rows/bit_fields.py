"""Bit-fields: values, signs, neighbours."""

SOURCE = r"""
struct flags {
    unsigned int a : 3;
    int b : 5;
    unsigned int c : 1;
    unsigned char d : 4;
    long long e : 40;
};
struct gap { int x : 4; int : 0; int y : 4; };
struct skipped { unsigned int x : 3; unsigned int : 1; unsigned int y : 4; };
static int sum(struct flags *f) { return (int)f->a + f->b + (int)f->c + f->d + (int)(f->e >> 30); }
static void set(struct flags *f, int a, int b) { f->a = (unsigned)a & 7; f->b = b & 15; }
"""

CDEF = """
struct flags {
    unsigned int a : 3;
    int b : 5;
    unsigned int c : 1;
    unsigned char d : 4;
    long long e : 40;
};
struct gap { int x : 4; int : 0; int y : 4; };
struct skipped { unsigned int x : 3; unsigned int : 1; unsigned int y : 4; };
int sum(struct flags *f);
void set(struct flags *f, int a, int b);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_bit_fields", SOURCE)
    return [ffi]


def exercise():
    from _bit_fields import ffi, lib
    from support import refuses

    flags = ffi.new("struct flags *", [7, -16, 1, 15, -(2**39)])
    assert (flags.a, flags.b, flags.c, flags.d, flags.e) == (7, -16, 1, 15, -(2**39))
    assert lib.sum(flags) == 7 - 16 + 1 + 15 - 512
    lib.set(flags, 5, 9)
    assert (flags.a, flags.b) == (5, 9)
    refuses(OverflowError, setattr, flags, "a", 8)
    refuses(OverflowError, setattr, flags, "b", 16)
    gap = ffi.new("struct gap *", {"x": 1, "y": -2})
    assert (gap.x, gap.y) == (1, -2)
    assert ffi.sizeof("struct gap") == 8
    skipped = ffi.new("struct skipped *", {"x": 5, "y": 9})
    assert bytes(ffi.buffer(skipped))[0] == 9 << 4 | 5
