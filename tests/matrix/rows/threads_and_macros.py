"""Variables that are one in each thread, macros in place of variables and of functions."""

SOURCE = r"""
#ifdef __cplusplus
thread_local int local = 11;
#else
__thread int local = 11;
#endif
static int hidden[2] = { 1, 2 };
static int current;
static int *place(void) { return &hidden[current]; }
#define chosen (*place())
struct point { int x, y; };
static struct point points[2] = { { 1, 2 }, { 3, 4 } };
#define point_now points[current]
#define twice(x) ((x) * 2)
#define seven() 7
"""

CDEF = """
extern int local;
extern int current;
extern int chosen;
struct point { int x, y; };
extern struct point point_now;
int twice(int x);
int seven(void);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_threads_and_macros", SOURCE)
    return [ffi]


def exercise():
    import threading

    from _threads_and_macros import lib

    lib.local = 12
    seen = []

    def run():
        seen.append(lib.local)
        lib.local = 13

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [11]
    assert lib.local == 12
    lib.chosen = 5
    lib.current = 1
    assert lib.chosen == 2
    lib.current = 0
    assert lib.chosen == 5
    assert lib.point_now.y == 2
    lib.current = 1
    assert lib.point_now.y == 4
    assert lib.twice(21) == 42
    assert lib.seven() == 7
