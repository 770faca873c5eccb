"""soundfile: out-of-line ABI mode, libsndfile by dlopen(); file objects through virtual I/O."""

from __future__ import annotations

import io
import struct

import numpy
import soundfile
from _soundfile import ffi
from support import raises

RATE = 8000
TONE = numpy.sin(numpy.arange(4000) * 2 * numpy.pi * 440 / RATE) * 0.5
STEREO = numpy.column_stack([TONE, -TONE])


def check_the_library() -> None:
    assert soundfile.__libsndfile_version__.count(".") == 2
    formats = soundfile.available_formats()
    assert {"WAV", "FLAC", "OGG", "AIFF"} <= set(formats)
    assert soundfile.available_subtypes("WAV")["PCM_16"] == "Signed 16 bit PCM"
    assert soundfile.default_subtype("FLAC") == "PCM_16"
    assert soundfile.check_format("WAV", "FLOAT") and not soundfile.check_format("FLAC", "FLOAT")
    assert ffi.sizeof("SF_INFO") == 32


def check_files() -> None:
    for name, subtype, tolerance in (
        ("a.wav", "PCM_16", 1e-4),
        ("a.wav", "FLOAT", 1e-7),
        ("a.flac", "PCM_24", 1e-6),
        ("a.aiff", "PCM_16", 1e-4),
        ("a.ogg", "VORBIS", 0.2),
    ):
        soundfile.write(name, STEREO, RATE, subtype=subtype)
        data, rate = soundfile.read(name)
        assert rate == RATE and data.shape == (4000, 2) and data.dtype == "float64"
        assert numpy.abs(data - STEREO).max() < tolerance, name


def check_virtual_files() -> None:
    """Reading and writing through five callbacks and a handle."""
    for kind in ("WAV", "FLAC", "OGG"):
        file = io.BytesIO()
        soundfile.write(file, STEREO, RATE, format=kind)
        assert file.getvalue()[:4] in (b"RIFF", b"fLaC", b"OggS")
        file.seek(0)
        data, rate = soundfile.read(file, dtype="float32")
        assert rate == RATE and data.shape == (4000, 2) and data.dtype == "float32"
    file.seek(0)
    with soundfile.SoundFile(file) as sound:
        assert sound.frames == 4000 and sound.channels == 2 and sound.format == "OGG"


def check_a_virtual_wav_is_byte_for_byte_the_file() -> None:
    soundfile.write("b.wav", TONE, RATE, subtype="PCM_16")
    file = io.BytesIO()
    soundfile.write(file, TONE, RATE, format="WAV", subtype="PCM_16")
    with open("b.wav", "rb") as other:
        assert other.read() == file.getvalue()
    header = struct.unpack("<4sI4s4sIHHIIHH", file.getvalue()[:36])
    assert header[0] == b"RIFF" and header[6:8] == (1, RATE)


def check_seeking_and_partial_reads() -> None:
    soundfile.write("c.wav", numpy.arange(1000, dtype="int16"), RATE)
    with soundfile.SoundFile("c.wav", "r+") as sound:
        assert len(sound) == 1000 and sound.seekable()
        assert sound.seek(10) == 10
        assert sound.read(3, dtype="int16").tolist() == [10, 11, 12]
        assert sound.tell() == 13 and sound.seek(-1, soundfile.SEEK_END) == 999
        assert sound.read(dtype="int16").tolist() == [999]
        sound.seek(0)
        sound.write(numpy.array([-5, -6], dtype="int16"))
    assert soundfile.read("c.wav", dtype="int16", stop=3)[0].tolist() == [-5, -6, 2]
    padded = soundfile.read("c.wav", frames=5, start=998, fill_value=7, dtype="int16")[0]
    assert padded.tolist() == [998, 999, 7, 7, 7]


def check_blocks() -> None:
    soundfile.write("d.flac", TONE, RATE)
    blocks = [block.copy() for block in soundfile.blocks("d.flac", blocksize=1000, overlap=100)]
    assert [len(block) for block in blocks] == [1000, 1000, 1000, 1000, 400]
    out = numpy.zeros(500)
    assert sum(len(block) for block in soundfile.blocks("d.flac", out=out)) == 4000


def check_buffers_without_numpy() -> None:
    samples = struct.pack("=6h", 1, -1, 2, -2, 32767, -32768)
    with soundfile.SoundFile("e.wav", "w", RATE, 2, "PCM_16") as sound:
        sound.buffer_write(samples, dtype="int16")
    with soundfile.SoundFile("e.wav") as sound:
        buffer = sound.buffer_read(dtype="int16")
        assert bytes(buffer) == samples
        sound.seek(0)
        into = bytearray(8)
        assert sound.buffer_read_into(into, dtype="int16") == 2 and into == samples[:8]
        sound.seek(0)
        assert struct.unpack("=2i", bytes(sound.buffer_read(1, dtype="int32"))) == (65536, -65536)


def check_metadata() -> None:
    with soundfile.SoundFile("f.flac", "w", RATE, 1) as sound:
        sound.title, sound.artist = "Tïtle", "nobody"
        sound.write(TONE)
    with soundfile.SoundFile("f.flac") as sound:
        assert sound.title == "Tïtle" and sound.copy_metadata()["artist"] == "nobody"
    info = soundfile.info("f.flac", verbose=True)
    assert info.duration == 0.5 and info.subtype_info == "Signed 16 bit PCM"
    assert "FLAC" in info.extra_info or info.extra_info


def check_errors() -> None:
    with raises(soundfile.LibsndfileError, "Format not recognised"):
        soundfile.read(io.BytesIO(b"this is no sound"))
    with raises(soundfile.LibsndfileError, "/nonexistent.wav"):
        soundfile.read("/nonexistent.wav")
    with raises(ValueError, "Unknown format"):
        soundfile.write("x.wav", TONE, RATE, format="NOPE")
    with raises(TypeError):
        soundfile.SoundFile(object())


def check_exceptions_in_callbacks() -> None:
    import sys

    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError("cannot read")

        readinto = read

    reported = []
    hook, sys.unraisablehook = sys.unraisablehook, reported.append
    stderr, sys.stderr = sys.stderr, io.StringIO()
    try:
        with raises(soundfile.LibsndfileError):
            soundfile.read(Broken(b"RIFF"))
    finally:
        text, sys.stderr, sys.unraisablehook = sys.stderr.getvalue(), stderr, hook
    assert "cannot read" in text or any("cannot read" in str(one.exc_value) for one in reported)


def check_truncate() -> None:
    soundfile.write("g.wav", TONE, RATE)
    with soundfile.SoundFile("g.wav", "r+") as sound:
        sound.truncate(10)
    assert soundfile.info("g.wav").frames == 10


def check_many_virtual_files() -> None:
    for _ in range(100):
        file = io.BytesIO()
        soundfile.write(file, TONE[:100], RATE, format="WAV")
        file.seek(0)
        assert len(soundfile.read(file)[0]) == 100
