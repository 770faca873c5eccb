"""include(): three modules in a chain, and one in a package."""

BASE_SOURCE = r"""
struct point { int x, y; };
typedef struct { struct point corner; int size; } square_t;
enum colour { RED, GREEN };
typedef long number_t;
static int area(square_t *s) { return s->size * s->size; }
#define LIMIT 100
"""

BASE_CDEF = """
struct point { int x, y; };
typedef struct { struct point corner; int size; } square_t;
enum colour { RED, GREEN };
typedef long number_t;
struct opaque;
typedef ... handle_t;
int area(square_t *s);
#define LIMIT ...
"""

MIDDLE_SOURCE = (
    BASE_SOURCE.replace("static int area(square_t *s) { return s->size * s->size; }", "")
    + r"""
struct line { struct point from, to; };
static int length(struct line *line) { return line->to.x - line->from.x; }
static number_t twice(number_t n) { return 2 * n; }
"""
)

MIDDLE_CDEF = """
struct line { struct point from, to; };
int length(struct line *line);
number_t twice(number_t n);
"""

TOP_SOURCE = (
    MIDDLE_SOURCE[: MIDDLE_SOURCE.index("static int length")]
    + r"""
struct shape { struct line base; square_t *square; enum colour colour; };
static enum colour colour_of(struct shape *s) { return s->colour; }
static int corner_of(square_t s) { return s.corner.x; }
"""
)

TOP_CDEF = """
struct shape { struct line base; square_t *square; enum colour colour; };
enum colour colour_of(struct shape *s);
int corner_of(square_t s);
"""


def build():
    from cffi import FFI

    base = FFI()
    base.cdef(BASE_CDEF)
    base.set_source("_include_base", BASE_SOURCE + "typedef int handle_t;\n")
    middle = FFI()
    middle.include(base)
    middle.cdef(MIDDLE_CDEF)
    middle.set_source("include_package.sub._middle", MIDDLE_SOURCE)
    top = FFI()
    top.include(middle)
    top.cdef(TOP_CDEF)
    top.set_source("_include_top", TOP_SOURCE)
    return [base, middle, top]


def exercise():
    import sys

    from _include_top import ffi, lib

    base = sys.modules["_include_base"]
    middle = sys.modules["include_package.sub._middle"]
    for spelling in ("struct point", "square_t", "number_t", "handle_t *"):
        assert ffi.typeof(spelling) is base.ffi.typeof(spelling), spelling
    assert ffi.typeof("struct line") is middle.ffi.typeof("struct line")
    shape = ffi.new("struct shape *")
    shape.base.to.x = 12
    square = base.ffi.new("square_t *", [[1, 2], 7])
    shape.square = square
    shape.colour = lib.GREEN
    assert lib.colour_of(shape) == lib.GREEN == base.lib.GREEN == 1
    assert lib.corner_of(square[0]) == 1
    assert lib.area(shape.square) == 49
    assert lib.length(ffi.addressof(shape, "base")) == 12
    assert lib.twice(21) == 42
    assert lib.LIMIT == middle.lib.LIMIT == 100
    assert ffi.integer_const("LIMIT") == 100
