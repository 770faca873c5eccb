"""Calls of C functions: arguments, results, and the ways to get at a function."""

from __future__ import annotations

from cases.case import Code, Group

_call = Group("call")

CASES = [
    _call.same("int noargs(void)", "f()", "f = lib.noargs", target=0.65),
    _call.same("void nothing(void)", "f()", "f = lib.nothing"),
    _call.same("int add(int, int)", "f(1, 2)", "f = lib.add", target=0.36),
    _call.same("double fma(double x 3)", "f(1.5, 2.5, 3.5)", "f = lib.fma3", target=0.36),
    _call.same("six longs", "f(1, 2, 3, 4, 5, 6)", "f = lib.six", target=0.28),
    _call.same("long long", "f(1 << 40)", "f = lib.twice"),
    _call.same("unsigned char", "f(65)", "f = lib.next_byte"),
    _call.same("float", "f(2.5)", "f = lib.halve"),
    _call.same("double from an int", "f(1, 2, 3)", "f = lib.fma3"),
    _call.same("bool", "f(True)", "f = lib.negate"),
    _call.case(
        "enum",
        "f(1)",
        "f = lib.next_color",
        ctypes=Code("f(1)", "f = lib.next_color"),
        nanobind=Code("f(c)", "f = lib.next_color; c = lib.color.GREEN"),
    ),
    _call.same("strlen(bytes)", "f(b'hello')", "f = lib.length", target=0.45),
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
        nanobind=Code("f()", "f = lib.greeting"),
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
        "void * there and back",
        "f(p)",
        "f = lib.forward_void; p = ffi.new('int *')",
        ctypes=Code("f(p)", "f = lib.forward_void; p = ctypes.pointer(ctypes.c_int())"),
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
    _call.same("struct returned (8 bytes)", "f(1, 2)", "f = lib.make_point", target=0.6),
    _call.same("struct returned (32 bytes)", "f(2.5)", "f = lib.make_box"),
    _call.same("two structs of ints passed", "f(p, p)", "f = lib.dot; p = lib.make_point(3, 4)"),
    _call.case(
        "two structs of doubles passed",
        "f(v, v)",
        "f = lib.dot_vec; v = ffi.new('struct vec *', [3, 4])[0]",
        target=0.6,
        ctypes=Code("f(v, v)", "f = lib.dot_vec; v = vec(3, 4)"),
        nanobind=Code("f(v, v)", "f = lib.dot_vec; v = lib.vec(3, 4)"),
    ),
    _call.same("struct passed (32 bytes)", "f(b)", "f = lib.area; b = lib.make_box(2.5)"),
    _call.case(
        "pointer to a struct",
        "f(p)",
        "f = lib.norm; p = ffi.new('struct point *')",
        ctypes=Code("f(p)", "f = lib.norm; p = ctypes.pointer(point())"),
        nanobind=Code("f(p)", "f = lib.norm; p = lib.point(0, 0)"),
    ),
    _call.case(
        "variadic, 2 ints",
        "f(2, i, i)",
        "f = lib.sum_variadic; i = ffi.cast('int', 7)",
        target=0.5,
        ctypes=Code("f(2, 7, 7)", "f = lib.sum_variadic"),
    ),
    _call.same("lib.add, looked up", "lib.add(1, 2)"),
    _call.case("by addressof(lib, 'add')", "f(1, 2)", "f = ffi.addressof(lib, 'add')"),
    _call.case(
        "by a field of a struct",
        "o.add(1, 2)",
        "o = lib.operations",
        ctypes=Code("o.add(1, 2)", "o = operations.in_dll(lib, 'operations')"),
    ),
]
