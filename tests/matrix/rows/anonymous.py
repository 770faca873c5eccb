"""Structs and unions without a name: in fields, in typedefs, in each other, behind pointers."""

SOURCE = r"""
struct variant {
    int kind;
    union {
        int number;
        double real;
        struct { short low, high; };
    };
    struct { int a; union { char b; long c; } deep; } named;
    struct { int p, q; } list[3];
};
typedef struct { int x; struct { int y; } in; } *pointed_t;
typedef union { unsigned char bytes[4]; unsigned int word; } word_t;
static int kind_sum(struct variant *v) { return v->kind + v->number + v->list[2].q; }
static int pointed(pointed_t p) { return p->x + p->in.y; }
static word_t make(unsigned int word) { word_t w; w.word = word; return w; }
"""

CDEF = """
struct variant {
    int kind;
    union {
        int number;
        double real;
        struct { short low, high; };
    };
    struct { int a; union { char b; long c; } deep; } named;
    struct { int p, q; } list[3];
};
typedef struct { int x; struct { int y; } in; } *pointed_t;
typedef union { unsigned char bytes[4]; unsigned int word; } word_t;
int kind_sum(struct variant *v);
int pointed(pointed_t p);
word_t make(unsigned int word);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_anonymous", SOURCE)
    return [ffi]


def exercise():
    from _anonymous import ffi, lib

    variant = ffi.new("struct variant *")
    variant.number = 0x00050003
    assert (variant.low, variant.high) == (3, 5)
    assert ffi.offsetof("struct variant", "high") == 10
    variant.named.deep.c = -9
    assert variant.named.a == 0
    assert ffi.sizeof("struct variant") == 56
    variant.list[2].q = 100
    variant.kind = 1
    variant.number = 2
    assert lib.kind_sum(variant) == 103
    pointed = ffi.new("pointed_t", [4, [5]])
    assert lib.pointed(pointed) == 9
    assert list(lib.make(0x04030201).bytes) == [1, 2, 3, 4]
    filled = ffi.new("struct variant *", {"kind": 1, "real": 2.5, "list": [[1, 2], [3, 4]]})
    assert (filled.real, filled.list[1].p) == (2.5, 3)
