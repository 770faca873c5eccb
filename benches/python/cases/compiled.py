"""Calls in API mode: of the module that upstream's generator wrote, and of each one's own."""

from __future__ import annotations

from cases import signatures
from cases.case import Case, Section

THEIRS = "API mode, upstream's module"
OWN = "API mode, own module"


def _calls(section: str, lib: str, ffi: str) -> list[Case]:
    call = Section("calls", section)

    def case(name: str, statement: str, function: str, rest: str = "") -> Case:
        return call.case(name, statement, f"f = {lib}.{function}; {rest}")

    return [
        *signatures.calls(call, ffi, lib),
        case("void nothing(void)", "f()", "nothing"),
        case("double from an int", "f(1, 2, 3)", "fma3"),
        case("bool", "f(True)", "negate"),
        case("enum", "f(1)", "next_color"),
        case("strlen(char[])", "f(s)", "length", f"s = {ffi}.new('char[]', b'hello')"),
        case("strlen of wchar_t, str", "f('hello')", "length_wide"),
        case("NULL for an int *", "f(p)", "forward", f"p = {ffi}.NULL"),
        case("list of 3 for an int *", "f([1, 2, 3])", "first"),
        case("struct returned (32 bytes)", "f(2.5)", "make_box"),
        case("two structs of ints passed", "f(p, p)", "dot", f"p = {lib}.make_point(3, 4)"),
        call.case("lib.add, looked up", "lib.add(1, 2)", f"lib = {lib}"),
        call.case("lib.total, a global, read", "lib.total", f"lib = {lib}"),
        call.case("lib.LIMIT, a constant", "lib.LIMIT", f"lib = {lib}"),
    ]


# Setting up takes a module that is imported: what the worker's namespace holds.
CASES = [
    *_calls(THEIRS, "theirs.lib", "theirs.ffi"),
    *_calls(OWN, "own.lib", "own.ffi"),
]
