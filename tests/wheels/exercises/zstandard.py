"""zstandard with its CFFI backend: an API-mode module, and much pointer work in Python."""

from __future__ import annotations

import io
import os
import random

os.environ["PYTHON_ZSTANDARD_IMPORT_POLICY"] = "cffi"

import zstandard
from support import in_threads, raises
from zstandard import backend_cffi
from zstandard._cffi import ffi, lib

TEXT = b"the quick brown fox jumps over the lazy dog. " * 3000
NOISE = random.Random(3).randbytes(300_000)


def check_the_backend() -> None:
    assert zstandard.backend == "cffi"
    assert zstandard.ZstdCompressor is backend_cffi.ZstdCompressor
    assert lib.ZSTD_versionNumber() == sum(
        part * weight for part, weight in zip(zstandard.ZSTD_VERSION, (10000, 100, 1))
    )
    assert ffi.sizeof("ZSTD_inBuffer") == 24
    assert [name for name, _ in ffi.typeof("ZSTD_inBuffer").fields] == ["src", "size", "pos"]


def check_round_trips() -> None:
    for level in (-5, 1, 3, 19):
        for data in (b"", b"x", TEXT, NOISE):
            packed = zstandard.ZstdCompressor(level=level).compress(data)
            assert zstandard.ZstdDecompressor().decompress(packed) == data
    assert zstandard.decompress(zstandard.compress(bytearray(TEXT))) == TEXT


def check_every_kind_of_buffer() -> None:
    packed = zstandard.compress(TEXT)
    for kind in (bytes, bytearray, memoryview):
        assert zstandard.decompress(kind(packed)) == TEXT


def check_frame_parameters() -> None:
    compressor = zstandard.ZstdCompressor(level=3, write_checksum=True, write_content_size=True)
    packed = compressor.compress(TEXT)
    parameters = zstandard.get_frame_parameters(packed)
    assert parameters.content_size == len(TEXT) and parameters.has_checksum
    assert zstandard.frame_content_size(packed) == len(TEXT)
    assert zstandard.frame_header_size(packed) >= 6


def check_dictionaries() -> None:
    samples = [b"sample %d of many, with text in common %d" % (n, n % 7) for n in range(5000)]
    dictionary = zstandard.train_dictionary(8192, samples)
    assert 0 < len(dictionary) <= 8192 and dictionary.dict_id() != 0
    with_it = zstandard.ZstdCompressor(dict_data=dictionary).compress(samples[0])
    assert len(with_it) < len(zstandard.ZstdCompressor().compress(samples[0]))
    assert zstandard.ZstdDecompressor(dict_data=dictionary).decompress(with_it) == samples[0]
    with raises(zstandard.ZstdError, "Dictionary mismatch"):
        zstandard.ZstdDecompressor().decompress(with_it)


def check_parameters() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(
        10, window_log=20, enable_ldm=True, threads=2
    )
    assert parameters.window_log == 20 and parameters.threads == 2
    packed = zstandard.ZstdCompressor(compression_params=parameters).compress(TEXT)
    assert zstandard.decompress(packed) == TEXT
    with raises((zstandard.ZstdError, ValueError)):
        zstandard.ZstdCompressor(
            compression_params=zstandard.ZstdCompressionParameters(window_log=99)
        )


def check_stream_reader_and_writer() -> None:
    target = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(target, closefd=False) as writer:
        for at in range(0, len(NOISE), 1234):
            writer.write(NOISE[at : at + 1234])
        writer.flush(zstandard.FLUSH_BLOCK)
    packed = target.getvalue()
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed)) as reader:
        assert reader.read(10) == NOISE[:10]
        into = bytearray(100)
        assert reader.readinto(into) == 100 and into == NOISE[10:110]
        assert reader.seek(1000) == 1000
        assert reader.readall() == NOISE[1000:]
    with zstandard.ZstdCompressor().stream_reader(io.BytesIO(TEXT)) as reader:
        assert zstandard.decompress(reader.readall(), max_output_size=len(TEXT)) == TEXT


def check_iterators_objects_and_copies() -> None:
    compressor, decompressor = zstandard.ZstdCompressor(), zstandard.ZstdDecompressor()
    packed = b"".join(compressor.read_to_iter(io.BytesIO(TEXT), read_size=1000))
    assert b"".join(decompressor.read_to_iter(packed, read_size=10)) == TEXT
    stream = compressor.compressobj()
    pieces = stream.compress(TEXT) + stream.flush()
    assert decompressor.decompressobj().decompress(pieces) == TEXT
    target = io.BytesIO()
    assert decompressor.copy_stream(io.BytesIO(packed), target)[1] == len(TEXT)
    chunker = compressor.chunker(chunk_size=512)
    chunks = [*chunker.compress(NOISE), *chunker.finish()]
    assert {len(chunk) for chunk in chunks[:-1]} == {512}


def check_text_through_open() -> None:
    with zstandard.open("text.zst", "wt") as file:
        file.write("Grüße\n" * 100)
    with zstandard.open("text.zst", "rt") as file:
        assert file.readlines() == ["Grüße\n"] * 100


def check_buffers_with_segments() -> None:
    joined = zstandard.compress(b"one") + zstandard.compress(b"two")
    reader = zstandard.ZstdDecompressor().stream_reader(joined, read_across_frames=True)
    assert reader.read() == b"onetwo"


def check_bad_input() -> None:
    with raises(zstandard.ZstdError, "error determining content size from frame header"):
        zstandard.decompress(b"not zstandard")
    packed = zstandard.ZstdCompressor(write_checksum=True).compress(NOISE)
    broken = packed[:-1] + bytes([packed[-1] ^ 1])
    with raises(zstandard.ZstdError, "checksum"):
        zstandard.decompress(broken)
    with raises(TypeError):
        zstandard.compress("a str")


def check_progression_and_memory() -> None:
    compressor = zstandard.ZstdCompressor(threads=2)
    assert compressor.memory_size() > 0
    assert compressor.frame_progression()[0] == 0
    assert backend_cffi.estimate_decompression_context_size() > 10_000


def check_from_many_threads() -> None:
    def work(number: int) -> None:
        data = random.Random(number).randbytes(5_000) + TEXT
        for _ in range(30):
            assert zstandard.decompress(zstandard.compress(data)) == data

    in_threads(work, 4)
