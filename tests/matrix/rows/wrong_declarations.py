"""Declarations that differ from the C code: told on use, with name, expected and found."""

SOURCE = r"""
#define ANSWER 43
#define SIGN -1
enum level { LOW = 1, HIGH = 3 };
struct longer { int a; int unknown; int b; };
struct sized { short number; int rest; };
struct spaced { int a, b; };
union big { int i; double d; };
struct swapped { int second; short first; };
struct aligned { char c; short s; };
static int fine(void) { return 1; }
"""

CDEF = """
#define ANSWER 42
#define SIGN 1
enum level { LOW = 1, HIGH = 2 };
struct longer { int a; int b; };
struct sized { int number; int rest; };
struct spaced { int a; };
union big { int i; };
struct swapped { short first; int second; };
struct aligned { char c; signed char s; };
int fine(void);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_wrong_declarations", SOURCE)
    return [ffi]


def exercise():
    from _wrong_declarations import ffi, lib
    from support import refuses

    assert lib.fine() == 1
    refuses(ffi.error, getattr, lib, "ANSWER", says=["ANSWER", "43", "disagrees"])
    refuses(ffi.error, getattr, lib, "SIGN", says=["SIGN", "-1", "disagrees"])
    refuses(ffi.error, ffi.sizeof, "struct longer", says=["struct longer", "b", "4", "8"])
    refuses(ffi.error, ffi.sizeof, "struct sized", says=["struct sized", "number", "4", "2"])
    refuses(ffi.error, ffi.sizeof, "struct spaced", says=["struct spaced", "size", "4", "8"])
    refuses(ffi.error, ffi.sizeof, "union big", says=["union big", "size", "4", "8"])
    refuses(ffi.error, ffi.sizeof, "struct swapped", says=["struct swapped", "first", "0", "4"])
    refuses(ffi.error, ffi.sizeof, "struct aligned", says=["struct aligned", "s", "1", "2"])
