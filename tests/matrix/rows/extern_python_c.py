"""extern "Python+C": functions that Python implements, called from another C file."""

HEADER = """
#ifdef __cplusplus
extern "C" {
#endif
extern int weigh(int x, double y);
extern void report(int x);
extern int run(int times);
#ifdef __cplusplus
}
#endif
"""

SOURCE = HEADER

OTHER = r"""
extern int weigh(int x, double y);
extern void report(int x);
int run(int times)
{
    int total = 0;
    for (int i = 0; i < times; i++)
        total += weigh(i, 0.5);
    report(total);
    return total;
}
"""

CDEF = """
extern "Python+C" int weigh(int x, double y);
extern "Python+C" { void report(int x); }
int run(int times);
"""


def build():
    from cffi import FFI

    with open("run.c", "w") as file:
        file.write(OTHER)
    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_extern_python_c", SOURCE, sources=["run.c"])
    return [ffi]


def exercise():
    from _extern_python_c import ffi, lib

    reported = []

    @ffi.def_extern()
    def weigh(x, y):
        return int(x / y)

    @ffi.def_extern()
    def report(x):
        reported.append(x)

    assert lib.run(4) == 12
    assert reported == [12]
