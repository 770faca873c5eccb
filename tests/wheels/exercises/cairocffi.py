"""cairocffi: in-line ABI mode, libcairo by dlopen(); callbacks of ffi.callback()."""

from __future__ import annotations

import gc
import io
import math
import struct
import zlib

import cairocffi as cairo
from support import in_threads, raises


def check_the_library() -> None:
    assert cairo.cairo_version() >= 11200
    assert cairo.cairo_version_string().count(".") == 2
    assert cairo.ffi.typeof("cairo_matrix_t").kind == "struct"
    assert cairo.ffi.sizeof("cairo_matrix_t") == 48


def check_pixels() -> None:
    surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, 4, 2)
    context = cairo.Context(surface)
    context.set_source_rgb(1, 0, 0)
    context.rectangle(1, 0, 2, 2)
    context.fill()
    surface.flush()
    pixels = surface.get_data()
    row = struct.unpack("=4I", pixels[:16])
    assert row == (0, 0xFFFF0000, 0xFFFF0000, 0)
    pixels[0:4] = struct.pack("=I", 0xFF00FF00)
    surface.mark_dirty()
    assert bytes(surface.get_data()[:4]) == struct.pack("=I", 0xFF00FF00)


def check_png() -> None:
    surface = drawing()
    surface.write_to_png("out.png")
    with open("out.png", "rb") as file:
        written = file.read()
    assert written.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", written[16:24]) == (120, 80)
    # Without a target the PNG is returned; with a file it is written by a callback.
    assert surface.write_to_png() == written
    target = io.BytesIO()
    surface.write_to_png(target)
    assert target.getvalue() == written
    again = cairo.ImageSurface.create_from_png(io.BytesIO(written))
    assert bytes(again.get_data()) == bytes(surface.get_data())


def drawing() -> cairo.ImageSurface:
    surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, 120, 80)
    context = cairo.Context(surface)
    context.set_source(cairo.SolidPattern(1, 1, 1))
    context.paint()
    gradient = cairo.LinearGradient(0, 0, 120, 0)
    gradient.add_color_stop_rgb(0, 1, 0, 0)
    gradient.add_color_stop_rgba(1, 0, 0, 1, 0.5)
    context.set_source(gradient)
    with context:
        context.translate(60, 40)
        context.rotate(math.pi / 8)
        context.arc(0, 0, 30, 0, 2 * math.pi)
        context.fill()
    context.set_dash([4, 2, 1])
    context.move_to(5, 5)
    context.curve_to(40, 0, 80, 80, 115, 75)
    context.stroke()
    return surface


def check_exceptions_in_callbacks() -> None:
    class Broken(io.BytesIO):
        def write(self, data):
            raise OSError("disk full")

        def read(self, size=-1):
            raise OSError("cannot read")

    # What is raised in them is reported and turned into a status of cairo.
    with raises((OSError, cairo.CairoError)), quiet():
        drawing().write_to_png(Broken())
    with raises((OSError, cairo.CairoError)), quiet():
        cairo.ImageSurface.create_from_png(Broken())


class quiet:
    """Takes what an ignored exception of a callback would print."""

    def __enter__(self) -> None:
        import sys

        self.hook, sys.unraisablehook = sys.unraisablehook, lambda *_: None
        self.stderr, sys.stderr = sys.stderr, io.StringIO()

    def __exit__(self, *_: object) -> None:
        import sys

        sys.unraisablehook, sys.stderr = self.hook, self.stderr


def check_streams_of_other_surfaces() -> None:
    for kind, start in ((cairo.PDFSurface, b"%PDF"), (cairo.SVGSurface, b"<?xml")):
        target = io.BytesIO()
        surface = kind(target, 100, 100)
        context = cairo.Context(surface)
        context.rectangle(10, 10, 50, 50)
        context.fill()
        context.show_page()
        surface.finish()
        assert target.getvalue().startswith(start)


def check_surfaces_over_our_memory() -> None:
    memory = bytearray(4 * 10 * 10)
    surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, 10, 10, data=memory, stride=40)
    context = cairo.Context(surface)
    context.set_source_rgb(0, 0, 1)
    context.paint()
    surface.flush()
    assert memory == struct.pack("=I", 0xFF0000FF) * 100
    with raises(ValueError):
        cairo.ImageSurface(cairo.FORMAT_ARGB32, 10, 10, data=bytearray(10), stride=40)


def check_matrices() -> None:
    """Structs by pointer, their fields as doubles."""
    matrix = cairo.Matrix(2, 0, 0, 3, 10, 20)
    assert matrix.transform_point(1, 1) == (12, 23)
    assert matrix.transform_distance(1, 1) == (2, 3)
    assert (matrix * matrix.inverted()).as_tuple() == (1, 0, 0, 1, 0, 0)
    copy = matrix.copy()
    copy.translate(1, 1)
    assert copy != matrix and copy.x0 == 12 and copy[4] == 12
    with raises(cairo.CairoError, "invalid matrix"):
        cairo.Matrix(0, 0, 0, 0, 0, 0).invert()


def check_paths_and_extents() -> None:
    """A struct with an array of unions that cairo allocates."""
    context = cairo.Context(cairo.ImageSurface(cairo.FORMAT_A8, 10, 10))
    context.move_to(1, 2)
    context.line_to(3, 4)
    context.curve_to(1, 1, 2, 2, 3, 3)
    context.close_path()
    path = context.copy_path()
    assert path[:3] == [
        (cairo.PATH_MOVE_TO, (1, 2)),
        (cairo.PATH_LINE_TO, (3, 4)),
        (cairo.PATH_CURVE_TO, (1, 1, 2, 2, 3, 3)),
    ]
    context.new_path()
    context.append_path(path)
    assert context.copy_path()[:3] == path[:3]
    left, top, right, bottom = context.path_extents()
    assert (left, top, right, bottom) == (1, 2, 3, 4)


def check_text() -> None:
    context = cairo.Context(cairo.ImageSurface(cairo.FORMAT_ARGB32, 100, 30))
    context.select_font_face("sans-serif", cairo.FONT_SLANT_ITALIC, cairo.FONT_WEIGHT_BOLD)
    context.set_font_size(12)
    assert len(context.text_extents("Grüße")) == 6
    assert context.font_extents()[0] > 0
    face = context.get_font_face()
    assert face.get_family() == "sans-serif"
    scaled = context.get_scaled_font()
    glyphs, clusters, backwards = scaled.text_to_glyphs(0, 20, "Grüße", with_clusters=True)
    assert len(clusters) == 5 and sum(size for size, _ in clusters) == 7 and not backwards
    context.show_glyphs(glyphs)


def check_errors() -> None:
    context = cairo.Context(cairo.ImageSurface(cairo.FORMAT_A8, 1, 1))
    with raises(cairo.CairoError, "cairo_restore"):
        context.restore()
    with raises((cairo.CairoError, OSError)):
        cairo.ImageSurface.create_from_png("/nonexistent.png")
    with raises(cairo.CairoError):
        cairo.ImageSurface(cairo.FORMAT_ARGB32, -1, 1)


def check_regions_patterns_and_groups() -> None:
    surface = cairo.ImageSurface(cairo.FORMAT_ARGB32, 10, 10)
    context = cairo.Context(surface)
    context.push_group()
    context.set_source_rgba(0, 1, 0, 0.5)
    context.paint()
    group = context.pop_group()
    assert isinstance(group, cairo.SurfacePattern)
    context.set_source(group)
    context.paint()
    context.clip()
    gradient = cairo.RadialGradient(0, 0, 1, 0, 0, 2)
    gradient.add_color_stop_rgba(0.25, 0.5, 0.25, 0.125, 1)
    assert gradient.get_color_stops() == [(0.25, 0.5, 0.25, 0.125, 1)]
    assert gradient.get_radial_circles() == (0, 0, 1, 0, 0, 2)
    context.set_dash([1, 2, 3], 0.5)
    assert context.get_dash() == ([1, 2, 3], 0.5)


def check_recording_and_mime_data() -> None:
    """The data given to cairo is kept until cairo's destroy callback says it is done with."""
    record = cairo.RecordingSurface(cairo.CONTENT_COLOR_ALPHA, None)
    context = cairo.Context(record)
    context.rectangle(2, 3, 4, 5)
    context.fill()
    x, y, width, height = record.ink_extents()
    assert (x, y, width, height) == (2, 3, 4, 5)
    surface = cairo.ImageSurface(cairo.FORMAT_A8, 1, 1)
    surface.set_mime_data("image/jpeg", b"pretend")
    gc.collect()
    assert surface.get_mime_data("image/jpeg")[:] == b"pretend"
    surface.set_mime_data("image/jpeg", None)
    assert surface.get_mime_data("image/jpeg") is None


def check_decoded_png() -> None:
    """The file is a right PNG for a reader that is not cairo."""
    surface = cairo.ImageSurface(cairo.FORMAT_RGB24, 3, 1)
    context = cairo.Context(surface)
    for x, color in enumerate(((1, 0, 0), (0, 1, 0), (0, 0, 1))):
        context.set_source_rgb(*color)
        context.rectangle(x, 0, 1, 1)
        context.fill()
    data, chunks = surface.write_to_png(), {}
    at = 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        chunks[kind] = data[at + 8 : at + 8 + size]
        at += size + 12
    line = zlib.decompress(chunks[b"IDAT"])
    assert len(line) == 10 and (line[0] != 0 or line[1:] == b"\xff\0\0\0\xff\0\0\0\xff")


def check_from_many_threads() -> None:
    expected = drawing().write_to_png()

    def work(_number: int) -> None:
        for _ in range(10):
            assert drawing().write_to_png() == expected

    in_threads(work, 4)
