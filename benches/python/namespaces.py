"""What the statements of the cases can use, for each column.

What a call does besides calling differs, and is part of what is measured:

=========  ========================================  ===============================
column     the GIL                                   errno
=========  ========================================  ===============================
ours       released for each call                    kept for ffi.errno after each
upstream   released for each call                    kept for ffi.errno after each
ctypes     released for each call: CDLL              left alone: use_errno is not set
nanobind   released for each call: call_guard        left alone
cython     released for each call: with nogil        left alone
=========  ========================================  ===============================

`kept` has functions of ours (keep_gil=True), ctypes (PyDLL), nanobind and Cython that keep
the GIL.  All of them take the GIL again for a callback; cffi's keep errno there, too.  All call the
same shared library.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import text
from cases.case import CTYPES, CYTHON, NANOBIND, OURS, UPSTREAM

HERE = Path(__file__).resolve().parent
CHECKED_SIZE = 20_000
"""The longest text where values are compared and nothing is measured."""

Namespace = dict[str, Any]


def namespace(column: str, path: str, longest: int | None = None) -> Namespace:
    """The names for a column; `path` is the shared library, or an extension module around it."""
    if column in (OURS, UPSTREAM):
        return of_cffi(column, path, longest)
    return {CTYPES: of_ctypes, NANOBIND: of_extension, CYTHON: of_extension}[column](path)


def of_cffi(column: str, path: str, longest: int | None) -> Namespace:
    from cffi import FFI

    ffi = FFI()
    ffi.cdef((HERE / "bench.h").read_text())
    sys.path.insert(0, str(Path(path).parent / "modules"))

    def of_size(size: int) -> str:
        return text.of_size(min(size, longest or size))

    @functools.cache
    def declared(size: int) -> Any:
        """An FFI with so much declared; the one of each size is kept."""
        ffi = FFI()
        ffi.cdef(of_size(size))
        return ffi

    counter = itertools.count(1000)

    def new_names(count: int) -> Iterator[str]:
        return iter([f"record_0_t *[{next(counter)}]" for _ in range(count)])

    return {
        "kept": ffi.dlopen(path, keep_gil=True) if column == OURS else None,
        "FFI": FFI,
        # Compiled modules: by upstream's generator, and by that of this cffi.
        "theirs": with_callbacks("bench_upstream"),
        "own": with_callbacks(f"bench_{column}"),
        "ffi": ffi,
        "lib": ffi.dlopen(path),
        "LIBRARY": path,
        "SMALL": text.SMALL,
        "LARGE": text.records(400 if longest is None else 40),
        "text": of_size,
        "declared": declared,
        "new_names": new_names,
        "counter": counter,
    }


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


def of_extension(path: str) -> Namespace:
    """An extension module's functions; its name is that of its file."""
    name = Path(path).name.partition(".")[0]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {"lib": module, "kept": module.kept}


def of_ctypes(path: str) -> Namespace:
    return {
        "ctypes": ctypes,
        "lib": with_types(ctypes.CDLL(path)),
        "kept": with_types(ctypes.PyDLL(path)),
        "point": Point,
        "vec": Vec,
        "item_t": Item,
        "operations": Operations,
        "on_int": ON_INT,
        "on_void": ON_VOID,
        "on_two": ON_TWO,
        "on_four": ON_FOUR,
        "on_point": ON_POINT,
    }


def with_types(lib: ctypes.CDLL) -> ctypes.CDLL:
    for name, (result, *arguments) in SIGNATURES.items():
        function = getattr(lib, name)
        function.restype = result
        function.argtypes = arguments
    return lib


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]


class Vec(ctypes.Structure):
    _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]


class Box(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in ("left", "top", "right", "bottom")]


ON_TWO = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)


class Operations(ctypes.Structure):
    _fields_ = [("add", ON_TWO)]


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
    "apply_in_thread": [ctypes.c_int, ON_INT, ctypes.c_int],
    "find_add": [ON_TWO],
}
