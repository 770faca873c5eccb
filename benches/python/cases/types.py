"""Types: looking them up and asking them, in an FFI with few declarations."""

from __future__ import annotations

from cases.case import Section

_type = Section("data", "types")

CASES = [
    _type.case("typeof('item_t *'), known", "typeof('item_t *')", "typeof = ffi.typeof"),
    _type.case(
        "typeof of 200 new strings",
        "for name in names: typeof(name)",
        "typeof = FFI().typeof; names = [f'int[{next(counter)}]' for _ in range(200)]",
        runs=1,
    ),
    _type.case("typeof(cdata)", "typeof(p)", "typeof = ffi.typeof; p = ffi.new('item_t *')"),
    _type.case("sizeof('item_t')", "sizeof('item_t')", "sizeof = ffi.sizeof"),
    _type.case("sizeof(cdata)", "sizeof(p)", "sizeof = ffi.sizeof; p = ffi.new('int[]', 10)"),
    _type.case("alignof('item_t')", "alignof('item_t')", "alignof = ffi.alignof"),
    _type.case("offsetof('item_t', 'weight')", "f('item_t', 'weight')", "f = ffi.offsetof"),
    _type.case("offsetof('item_t', 'at', 'y')", "f('item_t', 'at', 'y')", "f = ffi.offsetof"),
    _type.case("getctype('item_t', '*')", "f('item_t', '*')", "f = ffi.getctype"),
    _type.case("ctype.item", "t.item", "t = ffi.typeof('item_t *')"),
    _type.case("ctype.fields", "t.fields", "t = ffi.typeof('item_t')"),
    _type.case("ctype == ctype", "t == u", "t = ffi.typeof('int *'); u = ffi.typeof('int[]')"),
    _type.case("init_once, done before", "f(int, 'tag')", "f = ffi.init_once; f(int, 'tag')"),
    _type.case(
        "dlopen of the library",
        "dlopen(LIBRARY)",
        "dlopen = ffi.dlopen",
        result="dlopen(LIBRARY).add(1, 2)",
    ),
]
