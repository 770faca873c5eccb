"""The same module for the stable ABI, which is the default, and without it."""

SOURCE = r"""
#ifdef Py_LIMITED_API
# define STABLE 1
#else
# define STABLE 0
#endif
static int stable(void) { return STABLE; }
static int add(int x, int y) { return x + y; }
struct point { int x, y; };
static int sum(struct point p) { return p.x + p.y; }
"""

CDEF = """
int stable(void);
int add(int x, int y);
struct point { int x, y; };
int sum(struct point p);
"""


def build():
    from cffi import FFI

    stable = FFI()
    stable.cdef(CDEF)
    stable.set_source("_limited_api_on", SOURCE)
    other = FFI()
    other.cdef(CDEF)
    other.set_source("_limited_api_off", SOURCE, define_macros=[("_CFFI_NO_LIMITED_API", "1")])
    return [stable, other]


def exercise():
    import sys

    import _limited_api_off
    import _limited_api_on

    if sys.implementation.name == "cpython":
        assert _limited_api_on.lib.stable() == 1
        assert _limited_api_off.lib.stable() == 0
    for module in (_limited_api_on, _limited_api_off):
        assert module.lib.add(40, 2) == 42
        assert module.lib.sum([1, 2]) == 3
