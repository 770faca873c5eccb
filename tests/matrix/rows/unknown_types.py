"""typedef int..., typedef float... and typedef ...: types of which only the compiler knows more."""

SOURCE = r"""
typedef unsigned short count_t;
typedef long long offset_t;
typedef signed char tiny_t;
typedef float real_t;
typedef double precise_t;
typedef struct { int secret; } box_t;
static box_t the_box = { 42 };
typedef box_t *handle_t;
static count_t count(count_t x) { return (count_t)(x + 1); }
static offset_t offset(offset_t x) { return -x; }
static tiny_t tiny(tiny_t x) { return (tiny_t)(x + 1); }
static real_t halve(real_t x) { return x / 2; }
static precise_t third(precise_t x) { return x / 3; }
static box_t *open_box(void) { return &the_box; }
static int look(box_t *box) { return box->secret; }
static handle_t handle(void) { return &the_box; }
static int look_at(handle_t box) { return box->secret + 1; }
struct mixed { count_t count; offset_t offset; real_t real; box_t *box; handle_t handle; };
static count_t counts[3] = { 1, 2, 3 };
static const offset_t FAR_AWAY = -77;
"""

CDEF = """
typedef int... count_t;
typedef int... offset_t;
typedef int... tiny_t;
typedef float... real_t;
typedef float... precise_t;
typedef ... box_t;
typedef ... *handle_t;
count_t count(count_t);
offset_t offset(offset_t);
tiny_t tiny(tiny_t);
real_t halve(real_t);
precise_t third(precise_t);
box_t *open_box(void);
int look(box_t *);
handle_t handle(void);
int look_at(handle_t);
struct mixed { count_t count; offset_t offset; real_t real; box_t *box; handle_t handle; };
extern count_t counts[3];
static const offset_t FAR_AWAY;
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_unknown_types", SOURCE)
    return [ffi]


def exercise():
    from _unknown_types import ffi, lib
    from support import refuses

    sizes = {"count_t": 2, "offset_t": 8, "tiny_t": 1, "real_t": 4, "precise_t": 8}
    assert {name: ffi.sizeof(name) for name in sizes} == sizes
    assert int(ffi.cast("count_t", -1)) == 65535
    assert int(ffi.cast("offset_t", -1)) == -1
    assert lib.count(65534) == 65535
    refuses(OverflowError, lib.count, 65536)
    refuses(OverflowError, lib.count, -1)
    assert lib.offset(2**40) == -(2**40)
    assert lib.tiny(-128) == -127
    refuses(OverflowError, lib.tiny, 128)
    assert lib.halve(3) == 1.5
    assert lib.third(3) == 1.0
    box = lib.open_box()
    assert ffi.typeof(box) is ffi.typeof("box_t *")
    assert lib.look(box) == 42
    assert lib.look_at(lib.handle()) == 43
    refuses(TypeError, lib.look_at, box)
    refuses(TypeError, lib.look, ffi.new("int *"))
    refuses((TypeError, ffi.error, ValueError), ffi.sizeof, "box_t")
    refuses((TypeError, ffi.error, ValueError), ffi.new, "box_t *")
    mixed = ffi.new("struct mixed *", [65535, -1, 0.5, box, lib.handle()])
    assert (mixed.count, mixed.offset, mixed.real) == (65535, -1, 0.5)
    assert lib.look(mixed.box) == 42
    refuses(OverflowError, setattr, mixed, "count", 65536)
    assert list(lib.counts) == [1, 2, 3]
    assert lib.FAR_AWAY == -77
