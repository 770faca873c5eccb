"""Global variables: read, written, their addresses; arrays whose length the compiler knows."""

SOURCE = r"""
#include <stddef.h>
struct state { int level; char name[8]; };
static int counter = 5;
static const int fixed = 6;
static double ratio = 0.5;
static const char *title = "title";
static int numbers[4] = { 1, 2, 3, 4 };
static short measured[7] = { 10, 20 };
static long grid[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
static struct state state = { 3, "abc" };
static struct state states[2] = { { 1, "x" }, { 2, "y" } };
static struct state *current = states;
static volatile unsigned char flag = 1;
static int add_one(int x) { return x + 1; }
static int (*hook)(int) = NULL;
static int peek(void) { return counter; }
int no_length[3] = { 7, 8, 9 };
"""

CDEF = """
struct state { int level; char name[8]; };
extern int counter;
extern const int fixed;
extern double ratio;
extern const char *title;
extern int numbers[4];
extern short measured[...];
extern long grid[...][3];
extern struct state state;
extern struct state states[...];
extern struct state *current;
extern volatile unsigned char flag;
int add_one(int);
extern int (*hook)(int);
int peek(void);
extern int no_length[];
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_variables", SOURCE)
    return [ffi]


def exercise():
    from _variables import ffi, lib
    from support import refuses

    assert (lib.counter, lib.fixed, lib.ratio, lib.flag) == (5, 6, 0.5, 1)
    lib.counter = 17
    assert lib.peek() == 17
    pointer = ffi.addressof(lib, "counter")
    pointer[0] = 18
    assert (lib.peek(), lib.counter) == (18, 18)
    refuses(OverflowError, setattr, lib, "counter", 2**40)
    assert ffi.string(lib.title) == b"title"
    keep = ffi.new("char[]", b"other")
    lib.title = keep
    assert ffi.string(lib.title) == b"other"
    assert list(lib.numbers) == [1, 2, 3, 4]
    lib.numbers[1] = 20
    assert list(lib.numbers) == [1, 20, 3, 4]
    lib.numbers = [9, 8, 7, 6]
    assert list(lib.numbers) == [9, 8, 7, 6]
    assert ffi.typeof(lib.measured) is ffi.typeof("short[7]")
    assert list(lib.measured)[:3] == [10, 20, 0]
    assert ffi.typeof(lib.grid) is ffi.typeof("long[2][3]")
    assert lib.grid[1][2] == 6
    assert (lib.state.level, ffi.string(lib.state.name)) == (3, b"abc")
    lib.state.level = 4
    lib.state = {"level": 5, "name": b"def"}
    assert (lib.state.level, ffi.string(lib.state.name)) == (5, b"def")
    assert len(lib.states) == 2
    assert lib.current == ffi.addressof(lib, "states")[0]
    lib.current = lib.current + 1
    assert lib.current.level == 2
    assert lib.hook == ffi.NULL
    lib.hook = ffi.addressof(lib, "add_one")
    assert lib.hook(1) == 2
    assert lib.no_length[2] == 9
    assert ffi.typeof(ffi.addressof(lib, "state")) is ffi.typeof("struct state *")
