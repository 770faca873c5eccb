"""Making cdata: new, cast, handles, allocators, destructors."""

from __future__ import annotations

from cases.case import Code, Section

_make = Section("data", "made")

CASES = [
    _make.case(
        "new('int *')",
        "new('int *')",
        "new = ffi.new",
        target=0.45,
        ctypes=Code("c_int()", "c_int = ctypes.c_int"),
    ),
    _make.case(
        "new(ctype int *, 7)",
        "new(t, 7)",
        "new = ffi.new; t = ffi.typeof('int *')",
        ctypes=Code("c_int(7)", "c_int = ctypes.c_int"),
    ),
    _make.case("new('item_t *')", "new('item_t *')", "new = ffi.new", ctypes=Code("item_t()")),
    _make.case(
        "new('item_t *', dict)",
        "new('item_t *', {'tag': 1, 'weight': 2.5})",
        "new = ffi.new",
        target=0.6,
        ctypes=Code("item_t(tag=1, weight=2.5)"),
    ),
    _make.case(
        "new('struct point *', list)",
        "new('struct point *', [1, 2])",
        "new = ffi.new",
        target=0.6,
        ctypes=Code("point(1, 2)"),
    ),
    _make.case(
        "new('item_t *', nested)",
        "new('item_t *', {'at': {'x': 1, 'y': 2}, 'name': b'abc', 'numbers': [1, 2, 3]})",
        "new = ffi.new",
    ),
    _make.case(
        "new('struct point[]', 10 lists)",
        "new('struct point[]', v)",
        "new = ffi.new; v = [[i, i] for i in range(10)]",
        ctypes=Code("t(*v)", "t = point * 10; v = [(i, i) for i in range(10)]"),
    ),
    _make.case(
        "new('int[]', 10)",
        "new('int[]', 10)",
        "new = ffi.new",
        ctypes=Code("t()", "t = ctypes.c_int * 10"),
    ),
    _make.case(
        "new('int[]', 100 ints)",
        "new('int[]', v)",
        "new = ffi.new; v = list(range(100))",
        ctypes=Code("t(*v)", "t = ctypes.c_int * 100; v = list(range(100))"),
    ),
    _make.case(
        "new('double[]', 1000 floats)",
        "new('double[]', v)",
        "new = ffi.new; v = [i / 2 for i in range(1000)]",
        ctypes=Code("t(*v)", "t = ctypes.c_double * 1000; v = [i / 2 for i in range(1000)]"),
    ),
    _make.case(
        "new('char[]', bytes)",
        "new('char[]', b'hello')",
        "new = ffi.new",
        ctypes=Code("new(b'hello')", "new = ctypes.create_string_buffer"),
    ),
    _make.case(
        "new('wchar_t[]', str)",
        "new('wchar_t[]', 'hello')",
        "new = ffi.new",
        ctypes=Code("new('hello')", "new = ctypes.create_unicode_buffer"),
    ),
    _make.case("new('char16_t[]', str)", "new('char16_t[]', 'hello')", "new = ffi.new"),
    _make.case(
        "new('char *[]', 3 char[])",
        "new('char *[]', v)",
        "new = ffi.new; v = [ffi.new('char[]', b'hello') for _ in range(3)]",
    ),
    _make.case("new_allocator()('int *')", "new('int *')", "new = ffi.new_allocator()"),
    _make.case(
        "new_allocator(not cleared)",
        "new('int[]', 100)",
        "new = ffi.new_allocator(should_clear_after_alloc=False)",
    ),
    _make.case(
        "new_allocator(Python functions)",
        "new('int *')",
        "p = ffi.new('char[]', 64);"
        "new = ffi.new_allocator(alloc=lambda size: p, free=lambda p: None)",
    ),
    _make.case("with new('int *')", "with new('int *'): pass", "new = ffi.new"),
    _make.case(
        "cast('int', 7)",
        "cast('int', 7)",
        "cast = ffi.cast",
        target=0.4,
        ctypes=Code("c_int(7)", "c_int = ctypes.c_int"),
    ),
    _make.case("cast('double', 2.5)", "cast('double', 2.5)", "cast = ffi.cast"),
    _make.case(
        "cast('void *', p)",
        "cast('void *', p)",
        "cast = ffi.cast; p = ffi.new('int *')",
        target=0.4,
        ctypes=Code(
            "cast(p, t)",
            "cast = ctypes.cast; t = ctypes.c_void_p; p = ctypes.pointer(ctypes.c_int())",
        ),
    ),
    _make.case("cast('int *', 4096)", "cast('int *', 4096)", "cast = ffi.cast"),
    _make.case(
        "cast('intptr_t', p)",
        "cast('intptr_t', p)",
        "cast = ffi.cast; p = ffi.new('int *')",
        result="int(cast('intptr_t', p)) == int(cast('uintptr_t', p))",
    ),
    _make.case("new_handle + from_handle", "g(h(ffi))", "h = ffi.new_handle; g = ffi.from_handle"),
    _make.case(
        "gc(p, f), collected",
        "gc(p, free)",
        "gc = ffi.gc; p = ffi.new('int *'); free = lambda p: None",
    ),
    _make.case(
        "gc(p, f), released",
        "release(gc(p, free))",
        "gc = ffi.gc; release = ffi.release; p = ffi.new('int *'); free = lambda p: None",
    ),
]
