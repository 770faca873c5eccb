"""float _Complex and double _Complex."""

SOURCE = r"""
#ifndef __cplusplus
# include <complex.h>
#endif
struct pair { float _Complex a; double _Complex b; };
static double _Complex twice(double _Complex x) { return x + x; }
static float _Complex sum(float _Complex x, float _Complex y) { return x + y; }
static double _Complex total(struct pair *p) { return p->a + p->b; }
static double _Complex variable = 3;
"""

CDEF = """
struct pair { float _Complex a; double _Complex b; };
double _Complex twice(double _Complex x);
float _Complex sum(float _Complex x, float _Complex y);
double _Complex total(struct pair *p);
extern double _Complex variable;
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_complex_numbers", SOURCE)
    return [ffi]


def exercise():
    from _complex_numbers import ffi, lib

    assert ffi.sizeof(ffi.typeof("float _Complex")) == 8
    assert ffi.new("double _Complex *", 1j)[0] == 1j
    assert lib.twice(1 + 2j) == 2 + 4j
    assert lib.sum(1.5j, 2) == 2 + 1.5j
    pair = ffi.new("struct pair *", [1 + 1j, 2 - 3j])
    assert (pair.a, pair.b) == (1 + 1j, 2 - 3j)
    assert lib.total(pair) == 3 - 2j
    assert lib.variable == 3
    lib.variable = 4j
    assert lib.variable == 4j
