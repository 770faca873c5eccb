"""dlopen()-style Python modules that include each other, one of them in a package."""

LIBRARY = r"""
struct point { int x, y; };
struct line { struct point from, to; };
int area(struct point *p) { return p->x * p->y; }
int length(struct line *l) { return l->to.x - l->from.x; }
"""


def build():
    from cffi import FFI

    base = FFI()
    base.cdef(
        """
        struct point { int x, y; };
        enum colour { RED, GREEN = 9 };
        #define LIMIT 7
        typedef long number_t;
        int area(struct point *p);
        """
    )
    base.set_source("python_package._base", None)
    top = FFI()
    top.include(base)
    top.cdef(
        """
        struct line { struct point from, to; };
        int length(struct line *l);
        number_t *unused(enum colour);
        """
    )
    top.set_source("_python_top", None)
    return [base, top]


def exercise():
    import os

    from _python_top import ffi
    from python_package import _base as base
    from support import refuses

    assert ffi.typeof("struct point") is base.ffi.typeof("struct point")
    assert ffi.typeof("enum colour").elements == {0: "RED", 9: "GREEN"}
    lib = ffi.dlopen(os.path.abspath("library.so"))
    line = ffi.new("struct line *", {"to": [5, 6]})
    assert lib.length(line) == 5
    base_lib = base.ffi.dlopen(os.path.abspath("library.so"))
    assert base_lib.area(ffi.addressof(line, "to")) == 30
    assert (lib.GREEN, lib.LIMIT) == (9, 7)
    assert ffi.sizeof("number_t") == ffi.sizeof("long")
    refuses((AttributeError, ffi.error), getattr, lib, "unused")
