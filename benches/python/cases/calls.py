"""Calls of C functions in ABI mode: arguments, results, and what everybody else makes of them."""

from __future__ import annotations

from cases import signatures
from cases.case import Code, Section

ABI = "ABI mode"

_call = Section("calls", ABI)

_TARGETS = {
    "int noargs(void)": 0.65,
    "int add(int, int)": 0.36,
    "double fma(double x 3)": 0.36,
    "six longs": 0.28,
    "strlen(bytes)": 0.45,
    "struct returned (8 bytes)": 0.6,
    "two structs of doubles passed": 0.6,
}
CASES = [
    *signatures.compared(_call, _TARGETS),
    _call.same("void nothing(void)", "f()", "f = lib.nothing"),
    _call.same("double from an int", "f(1, 2, 3)", "f = lib.fma3"),
    _call.same("bool", "f(True)", "f = lib.negate"),
    _call.case(
        "enum",
        "f(1)",
        "f = lib.next_color",
        ctypes=Code("f(1)", "f = lib.next_color"),
        nanobind=Code("f(c)", "f = lib.next_color; c = lib.color.GREEN"),
        cython=Code("f(1)", "f = lib.next_color"),
    ),
    _call.case(
        "strlen(char[])",
        "f(s)",
        "f = lib.length; s = ffi.new('char[]', b'hello')",
        ctypes=Code("f(s)", "f = lib.length; s = ctypes.create_string_buffer(b'hello')"),
    ),
    _call.case(
        "strlen of wchar_t, str",
        "f('hello')",
        "f = lib.length_wide",
        ctypes=Code("f('hello')", "f = lib.length_wide"),
    ),
    _call.case("strlen of char16_t, str", "f('hello')", "f = lib.length_16"),
    _call.case(
        "const char * returned, as text",
        "string(f())",
        "f = lib.greeting; string = ffi.string",
        ctypes=Code("f()", "f = lib.greeting"),
        nanobind=Code("f()", "f = lib.greeting", "f().encode()"),
        cython=Code("f()", "f = lib.greeting"),
    ),
    _call.case(
        "int * there and back",
        "f(p)",
        "f = lib.forward; p = ffi.new('int *')",
        ctypes=Code("f(p)", "f = lib.forward; p = ctypes.pointer(ctypes.c_int())"),
    ),
    _call.case(
        "int[] for an int *",
        "f(a)",
        "f = lib.first; a = ffi.new('int[]', 10)",
        ctypes=Code("f(a)", "f = lib.first; a = (ctypes.c_int * 10)()"),
    ),
    _call.case(
        "NULL for an int *",
        "f(p)",
        "f = lib.forward; p = ffi.NULL",
        ctypes=Code("f(None)", "f = lib.forward"),
    ),
    _call.case(
        "list of 3 for an int *",
        "f([1, 2, 3])",
        "f = lib.first",
        ctypes=Code("f(t(1, 2, 3))", "f = lib.first; t = ctypes.c_int * 3"),
        nanobind=Code("f([1, 2, 3])", "f = lib.first"),
    ),
    _call.case(
        "list of 1000 for an int *",
        "f(v)",
        "f = lib.first; v = list(range(1000))",
        ctypes=Code("f(t(*v))", "f = lib.first; v = list(range(1000)); t = ctypes.c_int * 1000"),
        nanobind=Code("f(v)", "f = lib.first; v = list(range(1000))"),
    ),
    _call.same("struct returned (32 bytes)", "f(2.5)", "f = lib.make_box"),
    _call.same("two structs of ints passed", "f(p, p)", "f = lib.dot; p = lib.make_point(3, 4)"),
    _call.same("struct passed (32 bytes)", "f(b)", "f = lib.area; b = lib.make_box(2.5)"),
    _call.same("lib.add, looked up", "lib.add(1, 2)"),
]
