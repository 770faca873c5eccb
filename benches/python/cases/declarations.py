"""Types and declarations: looking them up, asking them, parsing them."""

from __future__ import annotations

from cases.case import Group

_type = Group("type")

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
    _type.case("dlopen of the library", "dlopen(LIBRARY)", "dlopen = ffi.dlopen"),
    _type.case("FFI() + cdef of 15 lines", "FFI().cdef(SMALL)"),
    _type.case("cdef of 150 kB", "FFI().cdef(LARGE)"),
]

SMALL = """
    struct point { int x, y; };
    struct box { double left, top, right, bottom; };
    typedef struct { short tag; struct point at; double weight; unsigned flags : 3; } item_t;
    int noargs(void);
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


def large() -> str:
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
