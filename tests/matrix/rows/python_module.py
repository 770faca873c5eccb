"""A dlopen()-style Python module: functions, variables, constants, types."""

LIBRARY = r"""
struct point { int x; double y; };
enum colour { RED = 4, GREEN };
int counter = 5;
const char *title = "title";
struct point origin = { 1, 2.5 };
int numbers[3] = { 1, 2, 3 };
int add(int a, int b) { return a + b; }
double scale(struct point *p, double by) { return p->x * p->y * by; }
struct point make(int x) { struct point p = { x, 0.5 }; return p; }
enum colour next(enum colour c) { return c == RED ? GREEN : RED; }
int call(int (*f)(int), int x) { return f(x); }
"""

CDEF = """
struct point { int x; double y; };
enum colour { RED = 4, GREEN };
enum { LONELY = -3 };
typedef struct { char c; union { int i; float f; }; unsigned bits : 3; long items[]; } mixed_t;
struct mixed2 { int n; union { int a; struct { short lo, hi; }; union { char c; float f; }; }; };
struct Inner { struct Outer *o; };
struct Outer { struct Inner i; int n; };
struct tail { int n; struct { char c; int more[]; } last; };
typedef ... hidden_t;
typedef struct point point_t;
struct never;
#define LIMIT 1000
#define NEGATIVE -5
static const int INTERNAL = 77;
extern int counter;
extern const char *title;
extern struct point origin;
extern int numbers[3];
int add(int a, int b);
double scale(struct point *p, double by);
point_t make(int x);
enum colour next(enum colour c);
int call(int (*f)(int), int x);
int no_such_function(hidden_t *);
extern int no_such_variable;
int snprintf(char *buffer, size_t size, const char *format, ...);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_python_module", None)
    return [ffi]


def exercise():
    import os

    from _python_module import ffi
    from support import fields, refuses

    lib = ffi.dlopen(os.path.abspath("library.so"))
    assert lib.add(40, 2) == 42
    point = ffi.new("struct point *", [2, 1.5])
    assert lib.scale(point, 2.0) == 6.0
    made = lib.make(3)
    assert (made.x, made.y) == (3, 0.5)
    assert ffi.typeof("point_t") is ffi.typeof("struct point")
    assert (lib.RED, lib.GREEN, lib.LONELY) == (4, 5, -3)
    assert lib.next(4) == 5
    assert ffi.string(ffi.cast("enum colour", 5)) == "GREEN"
    assert (lib.LIMIT, lib.NEGATIVE, lib.INTERNAL) == (1000, -5, 77)
    assert lib.counter == 5
    lib.counter = 6
    assert ffi.addressof(lib, "counter")[0] == 6
    assert ffi.string(lib.title) == b"title"
    assert (lib.origin.x, lib.origin.y) == (1, 2.5)
    assert list(lib.numbers) == [1, 2, 3]
    double = ffi.callback("int(int)", lambda x: 2 * x)
    assert lib.call(double, 21) == 42
    assert fields(ffi, "mixed_t")["bits"] == "unsigned int"
    mixed = ffi.new("mixed_t *", {"i": 7, "bits": 5, "items": [1, 2]})
    assert (mixed.i, mixed.bits, mixed.items[1]) == (7, 5, 2)
    nested = ffi.new("struct mixed2 *", {"a": 0x00020001})
    assert (nested.lo, nested.hi, nested.c, ffi.sizeof(nested[0])) == (1, 2, b"\x01", 8)
    outer = ffi.new("struct Outer *", {"n": 3})
    outer.i.o = outer
    assert outer.i.o.n == 3
    assert ffi.sizeof("struct tail") == 8
    refuses(
        (AttributeError, ffi.error), getattr, lib, "no_such_function", says=["no_such_function"]
    )
    refuses(
        (AttributeError, ffi.error), getattr, lib, "no_such_variable", says=["no_such_variable"]
    )
    buffer = ffi.new("char[20]")
    ffi.dlopen(None).snprintf(buffer, 20, b"%d-%s", ffi.cast("int", 5), ffi.new("char[]", b"x"))
    assert ffi.string(buffer) == b"5-x"
    ffi.dlclose(lib)
