"""Calls by function pointers, and of variadic functions."""

from __future__ import annotations

from cases import signatures
from cases.case import Case, Code, Section

POINTERS = "function pointers"
VARIADIC = "variadic"

_pointer = Section("calls", POINTERS)
_variadic = Section("calls", VARIADIC)

_POINTERS = [
    # Those of a compiled module: in ABI mode, lib.f is such a pointer already.
    *signatures.calls(_pointer, "own.ffi", "own.lib", "{ffi}.addressof({lib}, '{name}')"),
    _pointer.case("addressof(lib, 'add') in ABI mode", "f(1, 2)", "f = ffi.addressof(lib, 'add')"),
    _pointer.case(
        "by a field of a struct",
        "o.add(1, 2)",
        "o = lib.operations",
        ctypes=Code("o.add(1, 2)", "o = operations.in_dll(lib, 'operations')"),
    ),
    _pointer.case(
        "returned by a function",
        "f()(1, 2)",
        "f = lib.find_add",
        ctypes=Code("f()(1, 2)", "f = lib.find_add"),
    ),
    _pointer.case(
        "made of an address",
        "f(1, 2)",
        "f = ffi.cast('int(*)(int, int)', int(ffi.cast('intptr_t', ffi.addressof(lib, 'add'))))",
        ctypes=Code("f(1, 2)", "f = on_two(ctypes.cast(lib.add, ctypes.c_void_p).value)"),
    ),
]


def _variadic_of(mode: str, ffi: str, lib: str, target: float | None = None) -> list[Case]:
    beside = mode == "ABI"

    def ctypes(call: str, setup: str = "pass") -> Code | None:
        return Code(call, f"f = lib.sum_variadic; {setup}") if beside else None

    setup = f"f = {lib}.sum_variadic; i = {ffi}.cast('int', 7)"
    return [
        _variadic.case(f"{mode}: nothing after", "f(0)", setup, ctypes=ctypes("f(0)")),
        _variadic.case(
            f"{mode}: 2 ints", "f(2, i, i)", setup, target=target, ctypes=ctypes("f(2, 7, 7)")
        ),
        _variadic.case(
            f"{mode}: 2 ints, cast each time",
            "f(2, cast('int', 7), cast('int', 7))",
            f"f = {lib}.sum_variadic; cast = {ffi}.cast",
            ctypes=ctypes("f(2, c_int(7), c_int(7))", "c_int = ctypes.c_int"),
        ),
    ]


_VARIADIC = [
    *_variadic_of("ABI", "ffi", "lib", target=0.5),
    *_variadic_of("API, upstream's module", "theirs.ffi", "theirs.lib"),
    *_variadic_of("API, own module", "own.ffi", "own.lib"),
]

CASES = [*_POINTERS, *_VARIADIC]
