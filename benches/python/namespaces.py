"""What the statements of the cases can use, for each library that is compared.

What a call does besides calling differs, and is part of what is measured:

=========  ========================================  ===============================
library    the GIL                                   errno
=========  ========================================  ===============================
cffi       released for each call                    kept for ffi.errno after each
ctypes     released for each call: CDLL, not PyDLL   left alone: use_errno is not set
nanobind   released for each call: call_guard        left alone
=========  ========================================  ===============================

All of them take the GIL again for a callback; cffi's keep errno there, too.  All
call the same shared library.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import itertools
import sys
from pathlib import Path
from typing import Any

from cases import declarations

HERE = Path(__file__).resolve().parent

Namespace = dict[str, Any]


def namespace(library: str, path: str) -> Namespace:
    """The names for `library`; `path` is the shared library, or nanobind's extension module."""
    return {"cffi": of_cffi, "ctypes": of_ctypes, "nanobind": of_nanobind}[library](path)


def of_cffi(path: str) -> Namespace:
    from cffi import FFI

    ffi = FFI()
    ffi.cdef((HERE / "bench.h").read_text())
    sys.path.insert(0, str(Path(path).parent / "modules"))
    return {
        "FFI": FFI,
        # Compiled modules: by upstream's generator, and by that of this cffi.
        "theirs": with_callbacks("bench_upstream"),
        "own": with_callbacks("bench_ours" if is_ours() else "bench_upstream"),
        "ffi": ffi,
        "lib": ffi.dlopen(path),
        "LIBRARY": path,
        "SMALL": declarations.SMALL,
        "LARGE": declarations.large(),
        "counter": itertools.count(1000),
    }


def is_ours() -> bool:
    """Whether this process has our cffi: it has no parser in Python."""
    import _cffi_backend

    return hasattr(_cffi_backend, "_InlineFFI")


def with_callbacks(name: str) -> Any:
    """A compiled module whose extern "Python" functions are defined."""
    module = importlib.import_module(name)

    @module.ffi.def_extern()  # type: ignore[untyped-decorator]
    def on_int(x: int) -> int:
        return x

    @module.ffi.def_extern()  # type: ignore[untyped-decorator]
    def on_four(a: float, b: float, c: float, d: float) -> float:
        return d

    return module


def of_nanobind(path: str) -> Namespace:
    spec = importlib.util.spec_from_file_location("bench_nanobind", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {"lib": module}


def of_ctypes(path: str) -> Namespace:
    lib = ctypes.CDLL(path)
    for name, (result, *arguments) in SIGNATURES.items():
        function = getattr(lib, name)
        function.restype = result
        function.argtypes = arguments
    return {
        "ctypes": ctypes,
        "lib": lib,
        "point": Point,
        "vec": Vec,
        "item_t": Item,
        "operations": Operations,
        "on_int": ON_INT,
        "on_void": ON_VOID,
        "on_four": ON_FOUR,
        "on_point": ON_POINT,
    }


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]


class Vec(ctypes.Structure):
    _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]


class Box(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in ("left", "top", "right", "bottom")]


class Operations(ctypes.Structure):
    _fields_ = [("add", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int))]


class Item(ctypes.Structure):
    _fields_ = [
        ("tag", ctypes.c_short),
        ("at", Point),
        ("weight", ctypes.c_double),
        ("flags", ctypes.c_uint, 3),
        ("rest", ctypes.c_int, 20),
        ("color", ctypes.c_uint),
        ("name", ctypes.c_char * 16),
        ("numbers", ctypes.c_int * 4),
        ("link", ctypes.POINTER(Point)),
    ]


ON_INT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
ON_VOID = ctypes.CFUNCTYPE(None, ctypes.c_int)
ON_FOUR = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * 4)
ON_POINT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Point))

# The result, then the arguments; what follows the fixed ones of a variadic function has no type.
SIGNATURES: dict[str, list[Any]] = {
    "noargs": [ctypes.c_int],
    "nothing": [None],
    "add": [ctypes.c_int] * 3,
    "fma3": [ctypes.c_double] * 4,
    "six": [ctypes.c_long] * 7,
    "twice": [ctypes.c_longlong] * 2,
    "next_byte": [ctypes.c_ubyte] * 2,
    "halve": [ctypes.c_float] * 2,
    "negate": [ctypes.c_bool] * 2,
    "next_color": [ctypes.c_uint] * 2,
    "make_point": [Point, ctypes.c_int, ctypes.c_int],
    "make_box": [Box, ctypes.c_double],
    "dot": [ctypes.c_int, Point, Point],
    "dot_vec": [ctypes.c_double, Vec, Vec],
    "area": [ctypes.c_double, Box],
    "norm": [ctypes.c_int, ctypes.POINTER(Point)],
    "length": [ctypes.c_size_t, ctypes.c_char_p],
    "length_wide": [ctypes.c_size_t, ctypes.c_wchar_p],
    "greeting": [ctypes.c_char_p],
    "first": [ctypes.c_int, ctypes.POINTER(ctypes.c_int)],
    "forward": [ctypes.POINTER(ctypes.c_int)] * 2,
    "forward_void": [ctypes.c_void_p] * 2,
    "sum_variadic": [ctypes.c_int, ctypes.c_int],
    "apply": [ctypes.c_int, ON_INT, ctypes.c_int],
    "apply_void": [None, ON_VOID, ctypes.c_int],
    "apply_four": [ctypes.c_double, ON_FOUR, ctypes.c_double],
    "apply_point": [ctypes.c_int, ON_POINT, ctypes.POINTER(Point)],
}
