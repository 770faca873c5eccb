"""What is measured, as data: a group, a name, a statement, and what to run before it.

Statements see what ``namespace()`` returns, and nothing else.
"""

from __future__ import annotations

from typing import Any, NamedTuple

CDEF = """
    struct point { int x, y; };
    struct box { double left, top, right, bottom; };
    typedef struct {
        short tag; struct point at; double weight; unsigned flags : 3; int rest : 20;
    } item_t;

    void noargs(void);
    int add(int a, int b);
    double fma3(double a, double b, double c);
    long six(long a, long b, long c, long d, long e, long f);
    struct point make_point(int x, int y);
    struct box make_box(double side);
    int dot(struct point a, struct point b);
    double area(struct box b);
    int first(const int *numbers);
    int apply(int (*function)(int), int argument);
    int sum_variadic(int count, ...);
    size_t length(const char *s);
"""


class Case(NamedTuple):
    """One measurement."""

    group: str
    name: str
    statement: str
    setup: str = "pass"


CASES = [
    Case("call", "noargs()", "f()", "f = lib.noargs"),
    Case("call", "add(int, int)", "f(1, 2)", "f = lib.add"),
    Case("call", "fma(double x 3)", "f(1.5, 2.5, 3.5)", "f = lib.fma3"),
    Case("call", "strlen(bytes)", "f(b'hello, world')", "f = lib.length"),
    Case(
        "call",
        "strlen(char[])",
        "f(s)",
        "f = lib.length; s = ffi.new('char[]', b'hello, world')",
    ),
    Case("call", "six longs", "f(1, 2, 3, 4, 5, 6)", "f = lib.six"),
    Case("call", "list for a pointer", "f([1, 2, 3])", "f = lib.first"),
    Case("call", "struct returned (8 bytes)", "f(1, 2)", "f = lib.make_point"),
    Case("call", "struct returned (32 bytes)", "f(2.5)", "f = lib.make_box"),
    Case("call", "two structs passed", "f(p, p)", "f = lib.dot; p = lib.make_point(3, 4)"),
    Case(
        "call",
        "struct passed (32 bytes)",
        "f(b)",
        "f = lib.area; b = lib.make_box(2.5)",
    ),
    Case(
        "call",
        "variadic, 3 ints",
        "f(3, i, i, i)",
        "f = lib.sum_variadic; i = ffi.cast('int', 7)",
    ),
    Case(
        "call",
        "callback round trip",
        "f(c, 1)",
        "f = lib.apply; c = ffi.callback('int(int)', lambda x: x)",
    ),
    Case("call", "lib.add, looked up", "lib.add(1, 2)"),
    Case("make", "new('int *')", "new('int *')", "new = ffi.new"),
    Case(
        "make",
        "new(ctype int *, 7)",
        "new(t, 7)",
        "new = ffi.new; t = ffi.typeof('int *')",
    ),
    Case("make", "new('item_t *')", "new('item_t *')", "new = ffi.new"),
    Case(
        "make",
        "new('item_t *', dict)",
        "new('item_t *', {'tag': 1, 'weight': 2.5})",
        "new = ffi.new",
    ),
    Case("make", "new('int[]', 10)", "new('int[]', 10)", "new = ffi.new"),
    Case(
        "make",
        "new('int[]', 100 ints)",
        "new('int[]', v)",
        "new = ffi.new; v = list(range(100))",
    ),
    Case("make", "new('char[]', bytes)", "new('char[]', b'hello')", "new = ffi.new"),
    Case("make", "cast('int', 7)", "cast('int', 7)", "cast = ffi.cast"),
    Case(
        "make",
        "cast('void *', p)",
        "cast('void *', p)",
        "cast = ffi.cast; p = ffi.new('int *')",
    ),
    Case(
        "make",
        "new_handle + from_handle",
        "g(h(ffi))",
        "h = ffi.new_handle; g = ffi.from_handle",
    ),
    Case(
        "make",
        "gc(p, f)",
        "gc(p, print)",
        "gc = ffi.gc; p = ffi.cast('int *', 0); print = lambda p: 0",
    ),
    Case("access", "field read", "p.weight", "p = ffi.new('item_t *')"),
    Case("access", "field write", "p.weight = 2.5", "p = ffi.new('item_t *')"),
    Case("access", "field of a nested struct", "p.at.y", "p = ffi.new('item_t *')"),
    Case("access", "bit-field read", "p.rest", "p = ffi.new('item_t *')"),
    Case("access", "bit-field write", "p.rest = 77", "p = ffi.new('item_t *')"),
    Case("access", "a[i] read", "a[5]", "a = ffi.new('int[]', 10)"),
    Case("access", "a[i] write", "a[5] = 7", "a = ffi.new('int[]', 10)"),
    Case("access", "a[i] of structs", "a[5]", "a = ffi.new('item_t[]', 10)"),
    Case("access", "list(100 ints)", "list(a)", "a = ffi.new('int[]', 100)"),
    Case(
        "access",
        "unpack(100 ints)",
        "unpack(a, 100)",
        "unpack = ffi.unpack; a = ffi.new('int[]', 100)",
    ),
    Case(
        "access",
        "string(char[])",
        "string(s)",
        "string = ffi.string; s = ffi.new('char[]', b'hello')",
    ),
    Case(
        "access",
        "buffer(p)[:]",
        "buffer(p)[:]",
        "buffer = ffi.buffer; p = ffi.new('char[]', 100)",
    ),
    Case(
        "access",
        "from_buffer(bytearray)",
        "f(b)",
        "f = ffi.from_buffer; b = bytearray(100)",
    ),
    Case(
        "access",
        "memmove 100 bytes",
        "f(p, b, 100)",
        "f = ffi.memmove; b = bytes(100); p = ffi.new('char[]', 100)",
    ),
    Case("access", "p + 1", "p + 1", "p = ffi.new('int[]', 10)"),
    Case("access", "p == q", "p == q", "p = ffi.new('int[]', 10); q = p + 1"),
    Case(
        "access",
        "addressof(p, 'weight')",
        "f(p, 'weight')",
        "f = ffi.addressof; p = ffi.new('item_t *')",
    ),
    Case("type", "typeof('item_t *'), known", "typeof('item_t *')", "typeof = ffi.typeof"),
    Case(
        "type",
        "typeof of 200 new strings",
        "for name in names: typeof(name)",
        "typeof = FFI().typeof; names = [f'int[{next(counter)}]' for _ in range(200)]",
    ),
    Case("type", "sizeof('item_t')", "sizeof('item_t')", "sizeof = ffi.sizeof"),
    Case("type", "FFI() + cdef of 15 lines", "FFI().cdef(CDEF)"),
    Case("type", "cdef of 150 kB", "FFI().cdef(LARGE)"),
]


def large_cdef() -> str:
    """About 150 kB of what headers are made of: structs, enums, functions, constants."""
    lines = []
    for i in range(400):
        lines.append(
            f"typedef struct record_{i} {{\n"
            f"    unsigned int flags_{i}; char name[{16 + i % 48}]; size_t length;\n"
            f"    int (*on_event)(struct record_{i} *self, int event, void *context);\n"
            f"    union {{ long number; double real; }} value;\n"
            f"}} record_{i}_t;\n"
            f"enum state_{i} {{ S_{i}_IDLE, S_{i}_BUSY = {i + 2}, S_{i}_DONE }};\n"
            f"#define RECORD_{i}_LIMIT {i * 17 + 1}\n"
            f"int record_{i}_open(record_{i}_t *record, const char *path, int mode);\n"
        )
    return "".join(lines)


def namespace(library: str) -> dict[str, Any]:
    """What the statements can use."""
    import itertools

    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    return {
        "FFI": FFI,
        "ffi": ffi,
        "lib": ffi.dlopen(library),
        "CDEF": CDEF,
        "LARGE": large_cdef(),
        "counter": itertools.count(1000),
    }
