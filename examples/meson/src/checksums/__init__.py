"""Checksums, by zlib and by the little C library of this project.

Data is whatever has a buffer: bytes, bytearray, memoryview, array, mmap.
"""

from checksums import _small, _zlib


def crc32(data, before=0):
    """The CRC-32 of data; of all pieces, if 'before' is the one of those before it."""
    view = _zlib.ffi.from_buffer(data)
    return _zlib.lib.crc32_z(before, view, len(view))


def adler32(data, before=1):
    """The Adler-32 of data; of all pieces, if 'before' is the one of those before it."""
    view = _zlib.ffi.from_buffer(data)
    return _zlib.lib.adler32_z(before, view, len(view))


def crc16(data, before=0xFFFF):
    """The CRC-16 of data; of all pieces, if 'before' is the one of those before it."""
    view = _small.ffi.from_buffer(data)
    return _small.lib.crc16(before, view, len(view))


class Fletcher16:
    """Fletcher's checksum of data that comes in pieces."""

    def __init__(self, data=b""):
        self._sum = _small.ffi.new("fletcher16_t *")
        _small.lib.fletcher16_start(self._sum)
        self.add(data)

    def add(self, data):
        view = _small.ffi.from_buffer(data)
        _small.lib.fletcher16_add(self._sum, view, len(view))

    @property
    def value(self):
        return _small.lib.fletcher16_value(self._sum)
