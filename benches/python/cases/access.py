"""Reading and writing what a cdata points at: fields, items, slices, globals."""

from __future__ import annotations

from cases.case import Code, Section

_access = Section("data", "fields, items, globals")
_ITEM = "p = ffi.new('item_t *')"
_CTYPES_ITEM = "p = item_t()"
_INTS = "a = ffi.new('int[]', 10)"
_CTYPES_INTS = "a = (ctypes.c_int * 10)()"

CASES = [
    _access.case(
        "field read, double",
        "p.weight",
        _ITEM,
        target=0.9,
        ctypes=Code("p.weight", _CTYPES_ITEM),
    ),
    _access.case(
        "field write, double",
        "p.weight = 2.5",
        _ITEM,
        target=0.9,
        ctypes=Code("p.weight = 2.5", _CTYPES_ITEM),
    ),
    _access.case(
        "field read, int",
        "p.x",
        "p = ffi.new('struct point *')",
        target=0.9,
        ctypes=Code("p.x", "p = point()"),
    ),
    _access.case(
        "field write, int",
        "p.x = 7",
        "p = ffi.new('struct point *')",
        target=0.9,
        ctypes=Code("p.x = 7", "p = point()"),
    ),
    _access.case("field of a nested struct", "p.at.y", _ITEM, ctypes=Code("p.at.y", _CTYPES_ITEM)),
    _access.case(
        "field of a nested struct, write",
        "p.at.y = 7",
        _ITEM,
        ctypes=Code("p.at.y = 7", _CTYPES_ITEM),
    ),
    _access.case("nested struct, write a list", "p.at = v", f"{_ITEM}; v = [1, 2]"),
    _access.case("bit-field read", "p.rest", _ITEM, ctypes=Code("p.rest", _CTYPES_ITEM)),
    _access.case(
        "bit-field write",
        "p.rest = 77",
        _ITEM,
        ctypes=Code("p.rest = 77", _CTYPES_ITEM),
    ),
    _access.case("enum read", "p.color", _ITEM),
    _access.case("enum write", "p.color = 1", _ITEM),
    _access.case(
        "pointer field read",
        "p.link",
        _ITEM,
        ctypes=Code("p.link", _CTYPES_ITEM, "not p.link"),
        result="not p.link",
    ),
    _access.case(
        "pointer field write",
        "p.link = q",
        f"{_ITEM}; q = ffi.new('struct point *')",
        ctypes=Code("p.link = q", f"{_CTYPES_ITEM}; q = ctypes.pointer(point())"),
    ),
    _access.case(
        "field behind a pointer field",
        "p.link.y",
        f"{_ITEM}; q = ffi.new('struct point *'); p.link = q",
        ctypes=Code("p.link[0].y", f"{_CTYPES_ITEM}; p.link = ctypes.pointer(point())"),
    ),
    _access.case(
        "item of an array field",
        "p.numbers[2]",
        _ITEM,
        ctypes=Code("p.numbers[2]", _CTYPES_ITEM),
    ),
    _access.case("char array field, write bytes", "p.name = b'hello'", _ITEM),
    _access.case("p[0] read", "p[0]", "p = ffi.new('int *')"),
    _access.case("p[0] write", "p[0] = 7", "p = ffi.new('int *')"),
    _access.case("p[0] of a struct", "p[0]", "p = ffi.new('struct point *')"),
    _access.case("a[i] read", "a[5]", _INTS, target=0.9, ctypes=Code("a[5]", _CTYPES_INTS)),
    _access.case(
        "a[i] write", "a[5] = 7", _INTS, target=0.9, ctypes=Code("a[5] = 7", _CTYPES_INTS)
    ),
    _access.case("a[i] read, double", "a[5]", "a = ffi.new('double[]', 10)"),
    _access.case("a[i] read, char", "a[2]", "a = ffi.new('char[]', b'hello')"),
    _access.case("a[i] of structs", "a[5]", "a = ffi.new('item_t[]', 10)"),
    _access.case(
        "a[i].field of structs",
        "a[5].x",
        "a = ffi.new('struct point[]', 10)",
        ctypes=Code("a[5].x", "a = (point * 10)()"),
    ),
    _access.case("a[i][j]", "a[1][2]", "a = ffi.new('int[3][4]')"),
    _access.case("a[i:j] read", "a[2:5]", _INTS),
    _access.case("a[i:j] write 3 ints", "a[2:5] = v", f"{_INTS}; v = [1, 2, 3]"),
    _access.case("a[i:j] write bytes", "a[0:5] = b'hello'", "a = ffi.new('char[]', 10)"),
    _access.case("len(a)", "len(a)", _INTS),
    _access.case("for x in a, 100 ints", "for x in a: pass", "a = ffi.new('int[]', 100)"),
    _access.case(
        "list(100 ints)",
        "list(a)",
        "a = ffi.new('int[]', 100)",
        ctypes=Code("list(a)", "a = (ctypes.c_int * 100)()"),
    ),
    _access.case(
        "list(1000 ints)",
        "list(a)",
        "a = ffi.new('int[]', 1000)",
        target=0.8,
        ctypes=Code("list(a)", "a = (ctypes.c_int * 1000)()"),
    ),
    _access.case(
        "lib.total, a global, read",
        "lib.total",
        ctypes=Code("g.value", "g = ctypes.c_int.in_dll(lib, 'total')"),
    ),
    _access.case(
        "lib.total, a global, write",
        "lib.total = 7",
        ctypes=Code("g.value = 7", "g = ctypes.c_int.in_dll(lib, 'total')"),
    ),
    _access.case("lib.origin.x, a global struct", "lib.origin.x"),
    _access.case("lib.LIMIT, a constant", "lib.LIMIT"),
    _access.case("lib.GREEN, an enumerator", "lib.GREEN"),
    _access.case(
        "errno read",
        "f.errno",
        "f = ffi",
        ctypes=Code("get()", "get = ctypes.get_errno"),
    ),
    _access.case(
        "errno write",
        "f.errno = 7",
        "f = ffi",
        ctypes=Code("put(7)", "put = ctypes.set_errno", "ctypes.get_errno()"),
    ),
]
