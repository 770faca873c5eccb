"""Calls by function pointers, and of variadic functions."""

from __future__ import annotations

from cases import signatures
from cases.case import Case, Code, Section

POINTERS = "function pointers"

_pointer = Section("calls", POINTERS)

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


def _variadic(section: str, ffi: str, lib: str, target: float | None = None) -> list[Case]:
    call = Section("calls", section)

    def ctypes(statement: str, setup: str = "pass") -> Code | None:
        """Beside ABI mode."""
        return Code(statement, f"f = lib.sum_variadic; {setup}") if lib == "lib" else None

    setup = f"f = {lib}.sum_variadic; i = {ffi}.cast('int', 7)"
    return [
        call.case("nothing after", "f(0)", setup, ctypes=ctypes("f(0)")),
        call.case("2 ints", "f(2, i, i)", setup, target=target, ctypes=ctypes("f(2, 7, 7)")),
        call.case(
            "2 ints, cast each time",
            "f(2, cast('int', 7), cast('int', 7))",
            f"f = {lib}.sum_variadic; cast = {ffi}.cast",
            ctypes=ctypes("f(2, c_int(7), c_int(7))", "c_int = ctypes.c_int"),
        ),
    ]


VARIADIC = ("variadic, ABI mode", "variadic, upstream's module", "variadic, own module")
_VARIADIC = [
    *_variadic(VARIADIC[0], "ffi", "lib", target=0.5),
    *_variadic(VARIADIC[1], "theirs.ffi", "theirs.lib"),
    *_variadic(VARIADIC[2], "own.ffi", "own.lib"),
]

CASES = [*_POINTERS, *_VARIADIC]
