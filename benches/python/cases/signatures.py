"""The twelve signatures that every way of calling is measured with, and that its mean is of.

They are one for each kind of thing that C functions take and give, chosen by that
and not by how well they do.  Each way of calling has further lines of its own.
"""

from __future__ import annotations

from typing import NamedTuple

from cases.case import CTYPES, CYTHON, NANOBIND, Case, Code, Section


class Signature(NamedTuple):
    """A function of bench.h, and a call of it."""

    name: str
    function: str
    call: str
    values: str = ""
    """What cffi passes; `{ffi}` and `{lib}` are those of the module."""
    others: dict[str, str] = {}
    """What the others pass; nothing if the call has literals alone."""

    def setup(self, column: str) -> str:
        """The function, then the values, for a column that is not cffi."""
        return f"f = lib.{self.function}; {self.others.get(column, '')}"


SIGNATURES = [
    Signature("int noargs(void)", "noargs", "f()"),
    Signature("int add(int, int)", "add", "f(1, 2)"),
    Signature("double fma(double x 3)", "fma3", "f(1.5, 2.5, 3.5)"),
    Signature("six longs", "six", "f(1, 2, 3, 4, 5, 6)"),
    Signature("long long", "twice", "f(1 << 40)"),
    Signature("unsigned char", "next_byte", "f(65)"),
    Signature("float", "halve", "f(2.5)"),
    Signature("strlen(bytes)", "length", "f(b'hello')"),
    Signature(
        "void * there and back",
        "forward_void",
        "f(p)",
        "p = {ffi}.new('int *')",
        {CTYPES: "p = ctypes.pointer(ctypes.c_int())"},
    ),
    Signature(
        "pointer to a struct",
        "norm",
        "f(p)",
        "p = {ffi}.new('struct point *', [3, 4])",
        {
            CTYPES: "p = ctypes.pointer(point(3, 4))",
            NANOBIND: "p = lib.point(3, 4)",
            CYTHON: "p = lib.Point(3, 4)",
        },
    ),
    Signature("struct returned (8 bytes)", "make_point", "f(1, 2)"),
    Signature(
        "two structs of doubles passed",
        "dot_vec",
        "f(v, v)",
        "v = {ffi}.new('struct vec *', [3, 4])[0]",
        {CTYPES: "v = vec(3, 4)", NANOBIND: "v = lib.vec(3, 4)", CYTHON: "v = lib.Vec(3, 4)"},
    ),
]
NAMES = tuple(signature.name for signature in SIGNATURES)
OF_SEVERAL = tuple(
    signature.name
    for signature in SIGNATURES
    if signature.function in ("add", "fma3", "six", "dot_vec")
)
# What they have no type for: an address as a number of any size.
_WITHOUT = {"forward_void": (NANOBIND, CYTHON)}


def calls(section: Section, ffi: str, lib: str, function: str = "{lib}.{name}") -> list[Case]:
    """The signatures, called in one way of cffi; `function` says how it gets at a function."""
    cases = []
    for signature in SIGNATURES:
        found = function.format(ffi=ffi, lib=lib, name=signature.function)
        values = signature.values.format(ffi=ffi, lib=lib)
        cases.append(section.case(signature.name, signature.call, f"f = {found}; {values}"))
    return cases


def compared(section: Section, targets: dict[str, float]) -> list[Case]:
    """The signatures in ABI mode, beside everybody else."""
    cases = []
    for signature in SIGNATURES:
        others = {
            column: Code(signature.call, signature.setup(column))
            for column in (CTYPES, NANOBIND, CYTHON)
            if column not in _WITHOUT.get(signature.function, ())
        }
        cases.append(
            section.case(
                signature.name,
                signature.call,
                f"f = lib.{signature.function}; {signature.values.format(ffi='ffi')}",
                target=targets.get(signature.name),
                **others,
            )
        )
    return cases
