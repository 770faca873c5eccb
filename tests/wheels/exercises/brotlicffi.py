"""brotlicffi: an API-mode module for the stable ABI, with ffi.gc() around encoders and decoders."""

from __future__ import annotations

import random

import brotlicffi
from brotlicffi._brotlicffi import ffi, lib
from support import in_threads, raises

TEXT = b"the quick brown fox jumps over the lazy dog. " * 500
NOISE = random.Random(7).randbytes(100_000)


def check_the_module() -> None:
    assert (lib.BROTLI_MODE_GENERIC, lib.BROTLI_MODE_TEXT, lib.BROTLI_MODE_FONT) == (0, 1, 2)
    assert ffi.typeof("BrotliEncoderMode").kind == "enum"
    assert "BROTLI_MODE_FONT" in ffi.typeof("BrotliEncoderMode").relements
    assert brotlicffi.__version__.count(".") == 3


def check_round_trips() -> None:
    for data in (b"", b"x", TEXT, NOISE):
        for quality in (0, 5, 11):
            packed = brotlicffi.compress(data, quality=quality)
            assert brotlicffi.decompress(packed) == data
    assert len(brotlicffi.compress(TEXT)) < 200


def check_options() -> None:
    for mode in brotlicffi.BrotliEncoderMode:
        packed = brotlicffi.compress(TEXT, mode=mode, quality=4, lgwin=18, lgblock=0)
        assert brotlicffi.decompress(packed) == TEXT
    with raises(brotlicffi.error):
        brotlicffi.compress(TEXT, quality=99)
    with raises(brotlicffi.error):
        brotlicffi.compress(TEXT, lgwin=99)


def check_streams() -> None:
    compressor = brotlicffi.Compressor(quality=5)
    pieces = [compressor.process(TEXT[at : at + 777]) for at in range(0, len(TEXT), 777)]
    pieces += [compressor.flush(), compressor.finish()]
    packed = b"".join(pieces)
    decompressor = brotlicffi.Decompressor()
    out = b"".join(decompressor.process(packed[at : at + 7]) for at in range(0, len(packed), 7))
    assert out == TEXT and decompressor.is_finished()


def check_limited_output() -> None:
    packed = brotlicffi.compress(bytes(1_000_000))
    decompressor = brotlicffi.Decompressor()
    out = decompressor.process(packed, output_buffer_limit=10_000)
    assert 0 < len(out) <= 100_000 and not decompressor.is_finished()
    total = len(out)
    while not decompressor.is_finished():
        total += len(decompressor.process(b"", output_buffer_limit=10_000))
    assert total == 1_000_000


def check_bad_input() -> None:
    with raises(brotlicffi.error, "Decompression error: _ERROR_FORMAT"):
        brotlicffi.decompress(b"this is not brotli at all")
    with raises(brotlicffi.error):
        brotlicffi.decompress(brotlicffi.compress(TEXT)[:-3])
    with raises(TypeError):
        brotlicffi.compress("a str")


def check_every_kind_of_buffer() -> None:
    packed = brotlicffi.compress(TEXT)
    assert brotlicffi.decompress(packed) == TEXT
    # The bindings hand what they get to ffi.new("uint8_t[]", ...), which takes no other buffers.
    for other in (bytearray(packed), memoryview(packed)):
        with raises(TypeError, "expected new array length or list/tuple/str, not "):
            brotlicffi.decompress(other)


def check_many_objects_come_and_go() -> None:
    for _ in range(300):
        brotlicffi.Compressor(quality=1).process(b"left unfinished")
        brotlicffi.Decompressor().process(b"")


def check_from_many_threads() -> None:
    def work(number: int) -> None:
        data = random.Random(number).randbytes(5_000) + TEXT
        for _ in range(20):
            assert brotlicffi.decompress(brotlicffi.compress(data, quality=3)) == data

    in_threads(work, 4)
