"""Python functions that C calls: one that exists is called, and one is made.

nanobind makes its std::function anew for every call, as it has no object that
would outlive it; cffi and ctypes call one that was made before.
"""

from __future__ import annotations

from cases.case import Code, Group

_callback = Group("callback")

CASES = [
    _callback.case(
        "int(int), round trip",
        "f(c, 1)",
        "f = lib.apply; c = ffi.callback('int(int)', lambda x: x)",
        target=0.55,
        ctypes=Code("f(c, 1)", "f = lib.apply; c = on_int(lambda x: x)"),
        nanobind=Code("f(c, 1)", "f = lib.apply; c = lambda x: x"),
    ),
    _callback.case(
        "void(int)",
        "f(c, 1)",
        "f = lib.apply_void; c = ffi.callback('void(int)', lambda x: None)",
        ctypes=Code("f(c, 1)", "f = lib.apply_void; c = on_void(lambda x: None)"),
        nanobind=Code("f(c, 1)", "f = lib.apply_void; c = lambda x: None"),
    ),
    _callback.case(
        "double(double x 4)",
        "f(c, 2.5)",
        "f = lib.apply_four;"
        "c = ffi.callback('double(double, double, double, double)', lambda a, b, c, d: d)",
        ctypes=Code("f(c, 2.5)", "f = lib.apply_four; c = on_four(lambda a, b, c, d: d)"),
        nanobind=Code("f(c, 2.5)", "f = lib.apply_four; c = lambda a, b, c, d: d"),
    ),
    _callback.case(
        "int(struct point *)",
        "f(c, p)",
        "f = lib.apply_point; p = ffi.new('struct point *');"
        "c = ffi.callback('int(struct point *)', lambda p: p.x)",
        ctypes=Code(
            "f(c, p)",
            "f = lib.apply_point; p = ctypes.pointer(point()); c = on_point(lambda p: p[0].x)",
        ),
        nanobind=Code("f(c, p)", "f = lib.apply_point; p = lib.point(0, 0); c = lambda p: p.x"),
    ),
    _callback.case(
        "callback('int(int)', f), made",
        "callback('int(int)', f)",
        "callback = ffi.callback; f = lambda x: x",
        ctypes=Code("on_int(f)", "f = lambda x: x"),
    ),
]
