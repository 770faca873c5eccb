"""Python functions that C calls: closures, extern "Python", from threads of C; and making them.

nanobind makes its std::function anew for every call, as it has no object that
would outlive it, and Cython's trampolines call what a global holds; cffi and ctypes
call a closure that was made before.
"""

from __future__ import annotations

from cases.case import Case, Code, Section

CLOSURES = "closures"
EXTERN = 'extern "Python"'
THREADS = "from a thread of C"
MADE = "made"

_closure = Section("callbacks", CLOSURES)
_extern = Section("callbacks", EXTERN)
_thread = Section("callbacks", THREADS)
_made = Section("callbacks", MADE)


def _passing(call: str, function: str, callback: str, rest: str = "") -> Code:
    """For libraries that take a Python function as it is."""
    return Code(call, f"f = lib.{function}; c = {callback}; {rest}")


_CLOSURES = [
    _closure.case(
        "int(int), round trip",
        "f(c, 1)",
        "f = lib.apply; c = ffi.callback('int(int)', lambda x: x)",
        target=0.55,
        ctypes=Code("f(c, 1)", "f = lib.apply; c = on_int(lambda x: x)"),
        nanobind=_passing("f(c, 1)", "apply", "lambda x: x"),
        cython=_passing("f(c, 1)", "apply", "lambda x: x"),
    ),
    _closure.case(
        "void(int)",
        "f(c, 1)",
        "f = lib.apply_void; c = ffi.callback('void(int)', lambda x: None)",
        ctypes=Code("f(c, 1)", "f = lib.apply_void; c = on_void(lambda x: None)"),
        nanobind=_passing("f(c, 1)", "apply_void", "lambda x: None"),
        cython=_passing("f(c, 1)", "apply_void", "lambda x: None"),
    ),
    _closure.case(
        "double(double x 4)",
        "f(c, 2.5)",
        "f = lib.apply_four;"
        "c = ffi.callback('double(double, double, double, double)', lambda a, b, c, d: d)",
        ctypes=Code("f(c, 2.5)", "f = lib.apply_four; c = on_four(lambda a, b, c, d: d)"),
        nanobind=_passing("f(c, 2.5)", "apply_four", "lambda a, b, c, d: d"),
        cython=_passing("f(c, 2.5)", "apply_four", "lambda a, b, c, d: d"),
    ),
    _closure.case(
        "int(struct point *)",
        "f(c, p)",
        "f = lib.apply_point; p = ffi.new('struct point *', [3, 4]);"
        "c = ffi.callback('int(struct point *)', lambda p: p.x)",
        ctypes=Code(
            "f(c, p)",
            "f = lib.apply_point; p = ctypes.pointer(point(3, 4)); c = on_point(lambda p: p[0].x)",
        ),
        nanobind=_passing("f(c, p)", "apply_point", "lambda p: p.x", "p = lib.point(3, 4)"),
        cython=_passing("f(c, p)", "apply_point", "lambda p: p.x", "p = lib.Point(3, 4)"),
    ),
]


def _extern_python(of: str, lib: str) -> list[Case]:
    return [
        _extern.case(
            f"int(int), {of}", "f(c, 1)", f"f = {lib}.apply; c = {lib}.on_int", target=0.6
        ),
        _extern.case(
            f"double(double x 4), {of}", "f(c, 2.5)", f"f = {lib}.apply_four; c = {lib}.on_four"
        ),
    ]


def _in_thread(name: str, count: int) -> list[Case]:
    call = f"f(c, {count})"
    return [
        _thread.case(
            f"closure, {name}",
            call,
            "f = lib.apply_in_thread; c = ffi.callback('int(int)', lambda x: x)",
            ctypes=Code(call, "f = lib.apply_in_thread; c = on_int(lambda x: x)"),
            cython=_passing(call, "apply_in_thread", "lambda x: x"),
        ),
        _thread.case(
            f'extern "Python", {name}', call, "f = own.lib.apply_in_thread; c = own.lib.on_int"
        ),
    ]


_MADE = [
    _made.case(
        "callback('int(int)', f)",
        "callback('int(int)', f)",
        "callback = ffi.callback; f = lambda x: x",
        ctypes=Code("on_int(f)", "f = lambda x: x"),
    ),
    _made.case(
        "def_extern()(f), upstream's module",
        "d('on_other')(g)",
        "d = theirs.ffi.def_extern; g = int",
    ),
    _made.case(
        "def_extern()(f), own module", "d('on_other')(g)", "d = own.ffi.def_extern; g = int"
    ),
]

CASES = [
    *_CLOSURES,
    *_extern_python("upstream's module", "theirs.lib"),
    *_extern_python("own module", "own.lib"),
    *_in_thread("a new thread, 1 call", 1),
    *_in_thread("a new thread, 1000 calls", 1000),
    *_MADE,
]
