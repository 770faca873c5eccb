"""What of zlib the package uses; meson.build names the library to link with."""

from cffi import FFI

ffibuilder = FFI()
ffibuilder.cdef("""
    typedef int... uLong;    /* an integer; the compiler knows which */
    uLong crc32_z(uLong crc, const unsigned char *data, size_t size);
    uLong adler32_z(uLong adler, const unsigned char *data, size_t size);
""")
ffibuilder.set_source("checksums._zlib", "#include <zlib.h>")
