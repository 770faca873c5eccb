"""Functions that keep the GIL, which only our generator knows of: either runtime calls them."""

SOURCE = r"""
extern int PyGILState_Check(void);
static int kept(int x) { return x * 10 + PyGILState_Check(); }
static int released(int x) { return x * 10 + PyGILState_Check(); }
static double of_two(double x, double y) { return x * y + PyGILState_Check(); }
"""

CDEF = """
int kept(int);
int released(int);
double of_two(double, double);
"""


def build():
    import inspect

    from cffi import FFI

    ffi = FFI()
    options = {}
    if "keep_gil" in inspect.signature(ffi.set_source).parameters:
        options["keep_gil"] = ["kept", "of_two"]
    ffi.cdef(f"#define KEEPS {len(options)}\n{CDEF}")
    ffi.set_source("_keep_gil", f"#define KEEPS {len(options)}\n{SOURCE}", **options)
    python = FFI()
    python.cdef("int PyGILState_Check(void); int abs(int);")
    if options:
        options["keep_gil"] = ["PyGILState_Check"]
    python.set_source("_keep_gil_python", None, **options)
    return [ffi, python]


def exercise():
    import sys

    from _keep_gil import ffi, lib
    from _keep_gil_python import ffi as python

    assert lib.KEEPS in (0, 1)
    # PyPy calls the functions themselves, by its own rules.
    keeps = lib.KEEPS if sys.implementation.name == "cpython" else 0
    assert lib.released(4) == 40
    assert lib.kept(4) == 40 + keeps
    # Not an int: the wrapper does it, in either runtime.
    assert lib.kept(ffi.cast("short", 4)) == 40 + keeps
    assert lib.of_two(2, 3.5) == 7 + keeps
    library = python.dlopen(None)
    assert library.abs(-4) == 4
    if sys.implementation.name == "cpython":
        # In Python modules only our runtime sees it.
        assert library.PyGILState_Check() in (0, keeps)
