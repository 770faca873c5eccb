# cython: language_level=3, binding=False
# The functions of bench.h, bound as Cython's documentation binds functions. Those at the top release the GIL around the call, as
# cffi's do; those of the class `kept` keep it, which is Cython's way if nothing is said. Not here: what Cython has no conversion for
# (variadic functions, pointers to numbers, function pointers as values).
#
# binding=False: built-in functions, which are a little faster to call than Cython's own kind of function.

cdef extern from *:
    """
    #include <stdbool.h>
    #include <stddef.h>
    #include <uchar.h>
    #include <wchar.h>
    """

cdef extern from "bench.h" nogil:
    cdef struct point:
        int x
        int y
    cdef struct vec:
        double x
        double y
    cdef struct box:
        double left
        double top
        double right
        double bottom
    cdef enum color:
        RED
        GREEN
        BLUE
    int c_noargs "noargs"()
    void c_nothing "nothing"()
    int c_add "add"(int, int)
    double c_fma3 "fma3"(double, double, double)
    long c_six "six"(long, long, long, long, long, long)
    long long c_twice "twice"(long long)
    unsigned char c_next_byte "next_byte"(unsigned char)
    float c_halve "halve"(float)
    bint c_negate "negate"(bint)
    color c_next_color "next_color"(color)
    point c_make_point "make_point"(int, int)
    box c_make_box "make_box"(double)
    int c_dot "dot"(point, point)
    double c_dot_vec "dot_vec"(vec, vec)
    double c_area "area"(box)
    int c_norm "norm"(const point *)
    size_t c_length "length"(const char *)
    const char *c_greeting "greeting"()
    int c_apply "apply"(int (*)(int) noexcept nogil, int)
    void c_apply_void "apply_void"(void (*)(int) noexcept nogil, int)
    double c_apply_four "apply_four"(double (*)(double, double, double, double) noexcept nogil, double)
    int c_apply_point "apply_point"(int (*)(point *) noexcept nogil, point *)
    int c_apply_in_thread "apply_in_thread"(int (*)(int) noexcept nogil, int)


cdef class Point:
    cdef point value

    def __init__(self, int x=0, int y=0):
        self.value.x = x
        self.value.y = y

    @property
    def x(self):
        return self.value.x

    @property
    def y(self):
        return self.value.y


cdef class Vec:
    cdef vec value

    def __init__(self, double x=0, double y=0):
        self.value.x = x
        self.value.y = y


cdef class Box:
    cdef box value

    @property
    def right(self):
        return self.value.right

    @property
    def bottom(self):
        return self.value.bottom


def noargs():
    cdef int result
    with nogil:
        result = c_noargs()
    return result


def nothing():
    with nogil:
        c_nothing()


def add(int a, int b):
    cdef int result
    with nogil:
        result = c_add(a, b)
    return result


def fma3(double a, double b, double c):
    cdef double result
    with nogil:
        result = c_fma3(a, b, c)
    return result


def six(long a, long b, long c, long d, long e, long f):
    cdef long result
    with nogil:
        result = c_six(a, b, c, d, e, f)
    return result


def twice(long long n):
    cdef long long result
    with nogil:
        result = c_twice(n)
    return result


def next_byte(unsigned char byte):
    cdef unsigned char result
    with nogil:
        result = c_next_byte(byte)
    return result


def halve(float x):
    cdef float result
    with nogil:
        result = c_halve(x)
    return result


def negate(bint b):
    cdef bint result
    with nogil:
        result = c_negate(b)
    return result


def next_color(color c):
    cdef color result
    with nogil:
        result = c_next_color(c)
    return <int>result


def make_point(int x, int y):
    cdef Point result = Point.__new__(Point)
    cdef point value
    with nogil:
        value = c_make_point(x, y)
    result.value = value
    return result


def make_box(double side):
    cdef Box result = Box.__new__(Box)
    cdef box value
    with nogil:
        value = c_make_box(side)
    result.value = value
    return result


def dot(Point a not None, Point b not None):
    cdef int result
    with nogil:
        result = c_dot(a.value, b.value)
    return result


def dot_vec(Vec a not None, Vec b not None):
    cdef double result
    with nogil:
        result = c_dot_vec(a.value, b.value)
    return result


def area(Box b not None):
    cdef double result
    with nogil:
        result = c_area(b.value)
    return result


def norm(Point p not None):
    cdef int result
    with nogil:
        result = c_norm(&p.value)
    return result


def length(const char *s):
    cdef size_t result
    with nogil:
        result = c_length(s)
    return result


def greeting():
    cdef const char *result
    with nogil:
        result = c_greeting()
    return result


# A Python function has no address for C to call: C calls a trampoline, which calls the function of the innermost `apply_*`.
cdef object current


cdef int call_int(int x) noexcept with gil:
    return current(x)


cdef void call_void(int x) noexcept with gil:
    current(x)


cdef double call_four(double a, double b, double c, double d) noexcept with gil:
    return current(a, b, c, d)


cdef int call_point(point *p) noexcept with gil:
    cdef Point copy = Point.__new__(Point)
    copy.value = p[0]
    return current(copy)


def apply(function, int argument):
    global current
    cdef int result
    outer = current
    current = function
    with nogil:
        result = c_apply(call_int, argument)
    current = outer
    return result


def apply_void(function, int argument):
    global current
    outer = current
    current = function
    with nogil:
        c_apply_void(call_void, argument)
    current = outer


def apply_four(function, double argument):
    global current
    cdef double result
    outer = current
    current = function
    with nogil:
        result = c_apply_four(call_four, argument)
    current = outer
    return result


def apply_point(function, Point p not None):
    global current
    cdef int result
    outer = current
    current = function
    with nogil:
        result = c_apply_point(call_point, &p.value)
    current = outer
    return result


def apply_in_thread(function, int count):
    global current
    cdef int result
    outer = current
    current = function
    with nogil:
        result = c_apply_in_thread(call_int, count)
    current = outer
    return result


def kept_noargs():
    return c_noargs()


def kept_add(int a, int b):
    return c_add(a, b)


def kept_fma3(double a, double b, double c):
    return c_fma3(a, b, c)


def kept_six(long a, long b, long c, long d, long e, long f):
    return c_six(a, b, c, d, e, f)


def kept_length(const char *s):
    return c_length(s)


class kept:
    """The same functions, called with the GIL."""

    noargs = kept_noargs
    add = kept_add
    fma3 = kept_fma3
    six = kept_six
    length = kept_length
