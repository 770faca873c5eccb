"""extern "Python": C functions that Python implements."""

SOURCE = r"""
struct pair { int a; double b; };
static int combine(int x, int y);
static struct pair swap(struct pair p, double by);
static void notify(void *handle, const char *text);
static long double precise(long double x, float y);
static _Bool decide(unsigned char c, short s, long long l);
static int unset(int x);
static int failing(int x);
static double wide(double a, double b, double c, double d, double e, double f, double g, double h,
                   double i, int j);
static int call_combine(int x, int y) { return combine(x, y) * 2; }
static struct pair call_swap(int a, double b)
{
    struct pair p;
    p.a = a;
    p.b = b;
    return swap(p, 0.5);
}
static void call_notify(void *handle) { notify(handle, "hello"); }
static double call_precise(double x) { return (double)precise((long double)x, 2.0f); }
static int call_decide(int c) { return decide((unsigned char)c, -2, 3000000000LL); }
static int call_unset(int x) { return unset(x); }
static int call_failing(int x) { return failing(x); }
static double call_wide(void) { return wide(1, 2, 3, 4, 5, 6, 7, 8, 9, 10); }
"""

CDEF = """
struct pair { int a; double b; };
extern "Python" int combine(int x, int y);
extern "Python" {
    struct pair swap(struct pair p, double by);
    void notify(void *handle, const char *text);
    long double precise(long double x, float y);
    _Bool decide(unsigned char c, short s, long long l);
    int unset(int x);
}
extern "Python" int failing(int x);
extern "Python" double wide(double, double, double, double, double, double, double, double,
                            double, int);
int call_combine(int x, int y);
struct pair call_swap(int a, double b);
void call_notify(void *handle);
double call_precise(double x);
int call_decide(int c);
int call_unset(int x);
int call_failing(int x);
double call_wide(void);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_extern_python", SOURCE)
    return [ffi]


def exercise():
    from _extern_python import ffi, lib

    @ffi.def_extern()
    def combine(x, y):
        return x * 10 + y

    @ffi.def_extern(name="swap")
    def swap_them(pair, by):
        result = ffi.new("struct pair *")
        result.a = int(pair.b)
        result.b = pair.a + by
        return result[0]

    messages = []

    @ffi.def_extern()
    def notify(handle, text):
        messages.append((ffi.from_handle(handle), ffi.string(text)))

    @ffi.def_extern()
    def precise(x, y):
        return float(x) * y

    @ffi.def_extern()
    def decide(c, s, number):
        return (c, s, number) == (200, -2, 3000000000)

    errors = []

    @ffi.def_extern(error=-3, onerror=lambda *details: errors.append(details))
    def failing(x):
        return 1 // x

    @ffi.def_extern()
    def wide(*numbers):
        return sum(numbers)

    assert lib.call_combine(4, 2) == 84
    assert lib.combine(1, 2) == 12
    swapped = lib.call_swap(7, 9.75)
    assert (swapped.a, swapped.b) == (9, 7.5)
    keep = ffi.new_handle(messages)
    lib.call_notify(keep)
    assert messages == [(messages, b"hello")]
    assert lib.call_precise(1.5) == 3.0
    assert lib.call_decide(200) == 1
    assert lib.call_failing(1) == 1
    assert lib.call_failing(0) == -3
    assert errors[0][0] is ZeroDivisionError
    assert lib.call_wide() == 55.0
    assert lib.call_unset(1) == 0  # and a message on the standard error
    assert ffi.addressof(lib, "combine") == ffi.addressof(lib, "combine")
