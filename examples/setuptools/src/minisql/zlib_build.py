"""zlib in ABI mode: a Python module.

Nothing is compiled or linked; the library may be missing where the program runs.
"""

from cffi import FFI

builder = FFI()
builder.cdef(
    "unsigned long crc32(unsigned long crc, const unsigned char *data, unsigned int size);"
)
builder.set_source("minisql._zlib", None)
