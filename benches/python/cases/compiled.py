"""Compiled modules (API mode): the module that upstream's generator wrote, and each one's own."""

from __future__ import annotations

from cases.case import Case, Group, Mean

# The calls that the means are of: what a function takes and gives.
_ONE = ["int noargs(void)", "strlen(bytes)", "unsigned char", "float", "void * there and back"]
_ONE += ["struct returned (8 bytes)"]
_SEVERAL = ["int add(int, int)", "double fma(double x 3)", "six longs"]
_SEVERAL += ["two structs of doubles passed"]


def _calls(group: str, lib: str, ffi: str) -> list[Case]:
    call = Group(group)

    def case(name: str, statement: str, function: str, rest: str = "") -> Case:
        return call.case(name, statement, f"f = {lib}.{function}; {rest}")

    return [
        case("int noargs(void)", "f()", "noargs"),
        case("void nothing(void)", "f()", "nothing"),
        case("int add(int, int)", "f(1, 2)", "add"),
        case("double fma(double x 3)", "f(1.5, 2.5, 3.5)", "fma3"),
        case("six longs", "f(1, 2, 3, 4, 5, 6)", "six"),
        case("long long", "f(1 << 40)", "twice"),
        case("unsigned char", "f(65)", "next_byte"),
        case("float", "f(2.5)", "halve"),
        case("double from an int", "f(1, 2, 3)", "fma3"),
        case("bool", "f(True)", "negate"),
        case("enum", "f(1)", "next_color"),
        case("strlen(bytes)", "f(b'hello')", "length"),
        case("strlen(char[])", "f(s)", "length", f"s = {ffi}.new('char[]', b'hello')"),
        case("strlen of wchar_t, str", "f('hello')", "length_wide"),
        case("void * there and back", "f(p)", "forward_void", f"p = {ffi}.new('int *')"),
        case("NULL for an int *", "f(p)", "forward", f"p = {ffi}.NULL"),
        case("list of 3 for an int *", "f([1, 2, 3])", "first"),
        case("struct returned (8 bytes)", "f(1, 2)", "make_point"),
        case("struct returned (32 bytes)", "f(2.5)", "make_box"),
        case("two structs of ints passed", "f(p, p)", "dot", f"p = {lib}.make_point(3, 4)"),
        case(
            "two structs of doubles passed",
            "f(v, v)",
            "dot_vec",
            f"v = {ffi}.new('struct vec *', [3, 4])[0]",
        ),
        case("pointer to a struct", "f(p)", "norm", f"p = {ffi}.new('struct point *')"),
        case("variadic, 2 ints", "f(2, i, i)", "sum_variadic", f"i = {ffi}.cast('int', 7)"),
        call.case("lib.add, looked up", "lib.add(1, 2)", f"lib = {lib}"),
        call.case("lib.total, read", "lib.total", f"lib = {lib}"),
        call.case("lib.LIMIT", "lib.LIMIT", f"lib = {lib}"),
        call.case(
            'extern "Python", round trip',
            "f(c, 1)",
            f"f = {lib}.apply; c = {lib}.on_int",
            target=0.6,
        ),
        call.case(
            'extern "Python" of 4 doubles',
            "f(c, 2.5)",
            f"f = {lib}.apply_four; c = {lib}.on_four",
        ),
        call.case("def_extern()(f)", "d('on_int')(g)", f"d = {ffi}.def_extern; g = int"),
    ]


def _means(group: str) -> list[Mean]:
    return [
        Mean(f"{group}: mean of the calls", group, [*_ONE, *_SEVERAL], 0.75),
        Mean(f"{group}: those of 2 arguments and more", group, _SEVERAL, 0.65),
    ]


# Setting up takes a module that is imported: what the worker's namespace holds.
CASES = [
    *_calls("API, upstream's module", "theirs.lib", "theirs.ffi"),
    *_calls("API, own module", "own.lib", "own.ffi"),
]
MEANS = [*_means("API, upstream's module"), *_means("API, own module")]
