"""Enums: values the compiler knows, signs and sizes, names."""

SOURCE = r"""
enum plain { RED, GREEN, BLUE };
enum valued { LOW = -5, HIGH = 100 };
typedef enum { FIRST = 10, SECOND } named_t;
enum partial { ALPHA = 7, HIDDEN, BETA = 9 };
typedef enum { UNKNOWN_A = 33, UNKNOWN_B = -1 } open_t;
enum { NAMELESS = 77 };
enum wide { WIDE = 0x7fffffff };
static enum plain next(enum plain value) { return value == BLUE ? RED : (enum plain)(value + 1); }
static named_t second(void) { return SECOND; }
static int is_low(enum valued value) { return value == LOW; }
struct holder { enum plain colour; named_t which; };
"""

CDEF = """
enum plain { RED, GREEN, BLUE };
enum valued { LOW = -5, HIGH = 100 };
typedef enum { FIRST = 10, SECOND } named_t;
enum partial { ALPHA, BETA, ... };
typedef enum { UNKNOWN_A = ..., UNKNOWN_B = ... } open_t;
enum { NAMELESS = 77 };
enum wide { WIDE = 0x7fffffff };
enum plain next(enum plain value);
named_t second(void);
int is_low(enum valued value);
struct holder { enum plain colour; named_t which; };
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_enums", SOURCE)
    return [ffi]


def exercise():
    from _enums import ffi, lib

    assert (lib.RED, lib.GREEN, lib.BLUE) == (0, 1, 2)
    assert (lib.LOW, lib.HIGH) == (-5, 100)
    assert (lib.FIRST, lib.SECOND) == (10, 11)
    assert (lib.ALPHA, lib.BETA) == (7, 9)
    assert (lib.UNKNOWN_A, lib.UNKNOWN_B) == (33, -1)
    assert lib.NAMELESS == 77
    assert lib.WIDE == 0x7FFFFFFF
    assert lib.next(lib.RED) == lib.GREEN
    assert lib.next(2) == 0
    assert lib.second() == 11
    assert lib.is_low(-5) == 1
    assert ffi.typeof("enum partial").elements == {7: "ALPHA", 9: "BETA"}
    assert ffi.typeof("open_t").relements == {"UNKNOWN_A": 33, "UNKNOWN_B": -1}
    assert ffi.string(ffi.cast("enum valued", -5)) == "LOW"
    assert int(ffi.cast("enum valued", -1)) == -1
    assert int(ffi.cast("enum plain", -1)) == 2**32 - 1
    holder = ffi.new("struct holder *", [lib.BLUE, lib.SECOND])
    assert (holder.colour, holder.which) == (2, 11)
