"""What of the library the package uses; CMakeLists.txt says what to link with."""

from cffi import FFI

ffibuilder = FFI()
ffibuilder.cdef("""
    typedef struct { double x, y; } point_t;

    int convex_hull(point_t *points, size_t *number);
    double hull_area(const point_t *hull, size_t count);
""")
ffibuilder.set_source("convexhull._hull", '#include "hull.h"')
