"""Functions with `...`, called from the tables' address."""

SOURCE = r"""
#include <stdarg.h>
#include <stdio.h>
static double sum(int count, ...)
{
    double total = 0;
    va_list arguments;
    va_start(arguments, count);
    while (count-- > 0)
        total += va_arg(arguments, double);
    va_end(arguments);
    return total;
}
struct pair { int a; double b; };
static double pairs(const char *kinds, ...)
{
    double total = 0;
    va_list arguments;
    va_start(arguments, kinds);
    for (; *kinds; kinds++) {
        if (*kinds == 'p') {
            struct pair *pair = va_arg(arguments, struct pair *);
            total += pair->a + pair->b;
        }
        else
            total += va_arg(arguments, int);
    }
    va_end(arguments);
    return total;
}
"""

CDEF = """
int snprintf(char *buffer, size_t size, const char *format, ...);
double sum(int count, ...);
struct pair { int a; double b; };
double pairs(const char *kinds, ...);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_varargs", SOURCE)
    return [ffi]


def exercise():
    from _varargs import ffi, lib
    from support import refuses

    assert lib.sum(0) == 0.0
    assert lib.sum(3, *[ffi.cast("double", x) for x in (1.5, 2, 3)]) == 6.5
    buffer = ffi.new("char[]", 60)
    values = ffi.new("char[]", b"text"), ffi.cast("long long", 2**40), ffi.cast("char", b"c")
    lib.snprintf(buffer, 60, b"%s %lld %c", *values)
    assert ffi.string(buffer) == b"text 1099511627776 c"
    pair = ffi.new("struct pair *", [1, 2.5])
    assert lib.pairs(b"pip", pair, ffi.cast("int", 10), pair) == 17.0
    refuses(TypeError, lib.sum, 1, 1)
    refuses(TypeError, lib.sum)
