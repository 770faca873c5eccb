/* What upstream's test_c.py wants to find in _cffi_backend and no user of CFFI needs: addresses of small C functions by
   number, and classes with a buffer made in C.  Written from the calls in that file; compiled when the tests run, for the
   Python that runs them.  Not a part of the extension module. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <complex.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- scalars: test_call_function_0 ... 5 */

static signed char add_chars(signed char a, signed char b) { return (signed char)(a + b); }
static long add_int_long(int a, long b) { return (long)((unsigned long)a + (unsigned long)b); }
static long long add_long_longs(long long a, long long b)
{
    return (long long)((unsigned long long)a + (unsigned long long)b);
}
static double add_to_double(float a, double b) { return a + b; }
static float add_to_float(float a, double b) { return (float)(a + b); }
static void move_errno(void) { errno += 15; }

/* ---- pointers: 6, 18, 20, 23 */

static int *pointer_to_lowered(int *x)
{
    static int lowered;
    lowered = *x - 1000;
    return &lowered;
}

static int first_byte_thousandfold(char *p) { return p == NULL ? -42 : 1000 * *p; }

/* ---- structs in: 7, 20, 21, 22 */

struct char_short { char a1; short a2; };
struct ten_ints { int a, b, c, d, e, f, g, h, i, j; };
struct int_array { int a[10]; };

static short sum_of_struct(struct char_short s) { return (short)(s.a1 + s.a2); }
static short sum_of_pointed(struct char_short *s) { return (short)(s->a1 + s->a2); }

static int weighted_sum(struct ten_ints s)
{
    return s.a + (s.b << 1) + (s.c << 2) + (s.d << 3) + (s.e << 4) + (s.f << 5) + (s.g << 6) + (s.h << 7)
           + (s.i << 8) + (s.j << 9);
}

static struct int_array differences(struct int_array x, struct int_array y)
{
    for (int i = 0; i < 10; i++)
        x.a[i] -= y.a[i];
    return x;
}

/* ---- structs out, of each class that calling conventions know: 10 ... 17 */

struct two_ints { int a1, a2; };
struct one_double { double a1; };
struct three_ints { int a1, a2, a3; };
struct one_float { float a1; };
struct float_int { float a1; int a2; };
struct two_floats { float a1, a2; };
struct int_float { int a1; float a2; };

static struct char_short make_char_short(int n) { return (struct char_short){ (char)n, (short)(n * n) }; }
static struct two_ints make_two_ints(int n) { return (struct two_ints){ n, n * n }; }
static struct one_double make_one_double(int n) { return (struct one_double){ n }; }
static struct three_ints make_three_ints(int n) { return (struct three_ints){ n, n * n, n * n * n }; }
static struct one_float make_one_float(int n) { return (struct one_float){ (float)n }; }
static struct float_int make_float_int(int n) { return (struct float_int){ (float)n, n * n }; }
static struct two_floats make_two_floats(int n) { return (struct two_floats){ (float)n, (float)-n }; }
static struct int_float make_int_float(int n) { return (struct int_float){ n, (float)n * (float)n }; }
static int sum_of_int_float(struct int_float *s) { return s->a1 + (int)s->a2; }

/* ---- variadic, long double, complex: 9, 19, 24, 25 */

static int sum_of_variadic(int count, ...)
{
    va_list arguments;
    int sum = 0;
    va_start(arguments, count);
    while (count-- > 0)
        sum += va_arg(arguments, int);
    va_end(arguments);
    return sum;
}

/* A chaotic sequence: two widths of floating point soon disagree about it. */
static long double logistic(long double x, int steps)
{
    while (steps-- > 0)
        x = 4 * x - x * x;
    return x;
}

static float complex make_float_complex(float a, float b) { return a + b * 2.0f * I; }
static double complex make_double_complex(double a, double b) { return a + b * 2.0 * I; }

/* ---- the two functions */

static PyObject *testfunc(PyObject *self, PyObject *number)
{
    /* ISO C has no cast from functions to `void *`; POSIX (dlsym) promises it. */
    void *const addresses[] = {
        (void *)add_chars,          (void *)add_int_long,       (void *)add_long_longs,
        (void *)add_to_double,      (void *)add_to_float,       (void *)move_errno,
        (void *)pointer_to_lowered, (void *)sum_of_struct,      (void *)stderr,
        (void *)sum_of_variadic,    (void *)make_char_short,    (void *)make_two_ints,
        (void *)make_one_double,    (void *)make_three_ints,    (void *)make_one_float,
        (void *)make_float_int,     (void *)make_two_floats,    (void *)make_int_float,
        (void *)sum_of_int_float,   (void *)logistic,           (void *)sum_of_pointed,
        (void *)weighted_sum,       (void *)differences,        (void *)first_byte_thousandfold,
        (void *)make_float_complex, (void *)make_double_complex,
    };
    size_t index = PyLong_AsSize_t(number);
    (void)self;
    if (PyErr_Occurred())
        return NULL;
    if (index >= sizeof(addresses) / sizeof(addresses[0])) {
        PyErr_SetString(PyExc_ValueError, "no such test function");
        return NULL;
    }
    return PyLong_FromVoidPtr(addresses[index]);
}

static char writable_bytes[] = "GTB";
static char read_only_bytes[] = "ROB";

static int get_writable(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, writable_bytes, 3, 0, flags);
}

static int get_read_only(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, read_only_bytes, 3, 1, flags);
}

/* testbuff(class, methods): bit 3 asks for a writable buffer, bit 4 for a read-only one; the bits below are Python 2's. */
static PyObject *testbuff(PyObject *self, PyObject *args)
{
    PyTypeObject *type;
    int methods;
    (void)self;
    if (!PyArg_ParseTuple(args, "O!i", &PyType_Type, &type, &methods))
        return NULL;
    if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || type->tp_as_buffer == NULL) {
        PyErr_SetString(PyExc_TypeError, "needs a class written in Python");
        return NULL;
    }
    if (methods & 8)
        type->tp_as_buffer->bf_getbuffer = get_writable;
    if (methods & 16)
        type->tp_as_buffer->bf_getbuffer = get_read_only;
    PyType_Modified(type);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    { "testfunc", testfunc, METH_O, NULL },
    { "testbuff", testbuff, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_conformance_fixtures", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__conformance_fixtures(void) { return PyModule_Create(&module); }
