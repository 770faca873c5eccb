"""Pointers to functions: parameters, results, fields, arrays, typedefs; and functions as values."""

SOURCE = r"""
#include <stddef.h>
struct ops;
typedef int (*binary_t)(int, int);
typedef void visitor_t(struct ops *, void *);
struct ops { binary_t apply; visitor_t *visit; int (*table[2])(int); const char *(*name)(void); };
static int add(int a, int b) { return a + b; }
static int negate(int a) { return -a; }
static int increase(int a) { return a + 1; }
static const char *name(void) { return "ops"; }
static struct ops ops = { add, NULL, { negate, increase }, name };
static struct ops *get_ops(void) { return &ops; }
static int fold(binary_t f, const int *items, int count)
{
    int result = 0;
    for (int i = 0; i < count; i++)
        result = f(result, items[i]);
    return result;
}
static binary_t choose(int which) { return which ? add : NULL; }
static int (*choose_unary(int which))(int) { return which ? increase : negate; }
static void visit(visitor_t *visitor, void *data) { visitor(&ops, data); }
static int with_array(int (*matrix)[3], int row)
{
    return matrix[row][0] + matrix[row][1] + matrix[row][2];
}
"""

CDEF = """
typedef int (*binary_t)(int, int);
struct ops;
typedef void visitor_t(struct ops *, void *);
struct ops { binary_t apply; visitor_t *visit; int (*table[2])(int); const char *(*name)(void); };
int add(int a, int b);
struct ops *get_ops(void);
int fold(binary_t f, const int *items, int count);
binary_t choose(int which);
int (*choose_unary(int which))(int);
void visit(visitor_t *visitor, void *data);
int with_array(int (*matrix)[3], int row);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_function_pointers", SOURCE)
    return [ffi]


def exercise():
    import sys

    from _function_pointers import ffi, lib
    from support import refuses

    ops = lib.get_ops()
    assert ops.apply(2, 3) == 5
    assert ops.visit == ffi.NULL
    assert (ops.table[0](4), ops.table[1](4)) == (-4, 5)
    assert ffi.string(ops.name()) == b"ops"
    assert lib.fold(ops.apply, [1, 2, 3], 3) == 6
    assert lib.fold(ffi.addressof(lib, "add"), [1, 2, 3], 3) == 6
    if sys.implementation.name != "pypy":  # it learned that in CFFI 1.17
        assert lib.fold(lib.add, [1, 2, 3], 3) == 6
        ops.apply = lib.add
        assert ops.apply(2, 2) == 4
        assert ffi.cast("binary_t", lib.add)(3, 3) == 6
    assert ffi.typeof(lib.add).kind == "function"
    product = ffi.callback("binary_t", lambda a, b: (a or 1) * b)
    assert lib.fold(product, [2, 3, 4], 3) == 24
    ops.apply = product
    assert ops.apply(6, 7) == 42
    assert lib.choose(0) == ffi.NULL
    assert lib.choose(1)(1, 2) == 3
    assert lib.choose_unary(0)(5) == -5
    seen = []
    keep = ffi.callback("visitor_t", lambda ops, data: seen.append((ops, data)))
    lib.visit(keep, ffi.cast("void *", 7))
    assert seen == [(ops, ffi.cast("void *", 7))]
    assert lib.with_array([[1, 2, 3], [4, 5, 6]], 1) == 15
    refuses(TypeError, lib.fold, lib.choose_unary(0), [1], 1)
