"""Structs and unions as arguments and results, nested ones too."""

SOURCE = r"""
struct point { int x, y; };
typedef struct { double left, top; struct point corner; } box_t;
struct small { char c; };
struct big { long items[20]; };
union number { int i; double d; };

static struct point move(struct point p, int dx) { p.x += dx; return p; }
static box_t grow(box_t box, double by) { box.left -= by; box.corner.x++; return box; }
static struct small upper(struct small s) { s.c = (char)(s.c - 32); return s; }
static struct big first(struct big b) { b.items[19] = b.items[0]; return b; }
static struct point middle(const box_t *box)
{
    struct point p;
    p.x = (int)(box->left + box->corner.x) / 2;
    p.y = (int)(box->top + box->corner.y) / 2;
    return p;
}
static union number half(union number n) { n.d /= 2; return n; }
"""

CDEF = """
struct point { int x, y; };
typedef struct { double left, top; struct point corner; } box_t;
struct small { char c; };
struct big { long items[20]; };
union number { int i; double d; };
struct point move(struct point p, int dx);
box_t grow(box_t box, double by);
struct small upper(struct small s);
struct big first(struct big b);
struct point middle(const box_t *box);
union number half(union number n);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_structs_by_value", SOURCE)
    return [ffi]


def exercise():
    from _structs_by_value import ffi, lib
    from support import refuses

    moved = lib.move({"x": 1, "y": 2}, 10)
    assert (moved.x, moved.y) == (11, 2)
    assert ffi.typeof(moved) is ffi.typeof("struct point")
    box = ffi.new("box_t *", [1.5, 2.5, [3, 4]])
    grown = lib.grow(box[0], 0.5)
    assert (grown.left, grown.top, grown.corner.x, grown.corner.y) == (1.0, 2.5, 4, 4)
    assert box.left == 1.5
    assert lib.upper([b"a"]).c == b"A"
    big = lib.first([[7] + [0] * 19])
    assert list(big.items)[18:] == [0, 7]
    assert lib.middle(box).y == 3
    assert lib.half({"d": 3.0}).d == 1.5
    refuses(TypeError, lib.move, box[0], 1)
