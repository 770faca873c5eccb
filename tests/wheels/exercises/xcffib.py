"""xcffib: in-line ABI mode, libxcb by dlopen(); and a server without a screen."""

from __future__ import annotations

import atexit
import gc
import os
import pkgutil
import shutil
import struct
import subprocess
import tempfile

import xcffib
import xcffib.xproto
from support import raises, skip
from xcffib import ffi, lib


def start_server() -> str | None:
    """The display of an X server of our own; None where Xvfb is not installed."""
    if shutil.which("Xvfb") is None:
        return None
    reading, writing = os.pipe()
    folder = tempfile.mkdtemp(prefix="xvfb-")
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    os.close(writing)

    def stop() -> None:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)

    atexit.register(stop)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    return f":{number}"


DISPLAY = start_server()
CONNECTION = xcffib.connect(DISPLAY) if DISPLAY else None


def connected() -> None:
    if CONNECTION is None:
        skip("Xvfb is not installed")


def check_every_module_imports() -> None:
    names = [module.name for module in pkgutil.iter_modules(xcffib.__path__)]
    assert len(names) > 30
    for name in names:
        if name != "testing":
            __import__(f"xcffib.{name}")


def check_declarations() -> None:
    assert ffi.typeof("xcb_connection_t *").kind == "pointer"
    assert ffi.sizeof("xcb_generic_event_t") == 36
    assert ffi.sizeof("xcb_screen_t") == 40
    assert repr(ffi.typeof(lib.xcb_get_setup)) == "<ctype 'xcb_setup_t *(*)(xcb_connection_t *)'>"


def check_no_server() -> None:
    with raises(xcffib.ConnectionException):
        xcffib.Connection("no display")
    with raises(xcffib.ConnectionException):
        xcffib.connect(":54321")


def check_packing() -> None:
    """Requests and structs without a server: pack, and unpack again."""
    rectangle = xcffib.xproto.RECTANGLE.synthetic(1, 2, 3, 4)
    assert rectangle.pack() == struct.pack("=hhHH", 1, 2, 3, 4)
    unpacked = xcffib.xproto.RECTANGLE(xcffib.MemoryUnpacker(rectangle.pack()))
    assert (unpacked.x, unpacked.y, unpacked.width, unpacked.height) == (1, 2, 3, 4)
    event = xcffib.xproto.ClientMessageEvent.synthetic(
        format=32,
        window=7,
        type=8,
        data=xcffib.xproto.ClientMessageData.synthetic([1, 2, 3, 4, 5], "IIIII"),
    )
    again = xcffib.xproto.ClientMessageEvent(xcffib.MemoryUnpacker(event.pack()))
    assert (again.window, again.type) == (7, 8) and list(again.data.data32) == [1, 2, 3, 4, 5]


def check_cffi_unpacker() -> None:
    memory = ffi.new("char[]", struct.pack("=IHHB3x", 1, 2, 3, 4))
    unpacker = xcffib.CffiUnpacker(memory, 12)
    assert unpacker.unpack("IHHB") == (1, 2, 3, 4)


def check_the_setup() -> None:
    connected()
    setup = CONNECTION.get_setup()
    assert setup.protocol_major_version == 11 and len(setup.roots) == 1
    root = setup.roots[0]
    assert (root.width_in_pixels, root.height_in_pixels, root.root_depth) == (640, 480, 24)
    pointer = CONNECTION.get_screen_pointers()[0]
    assert ffi.typeof(pointer) is ffi.typeof("xcb_screen_t *") and pointer.root == root.root
    assert not CONNECTION.has_error() and CONNECTION.get_file_descriptor() > 0


def check_requests_and_replies() -> None:
    connected()
    atom = CONNECTION.core.InternAtom(False, 5, "HELLO").reply().atom
    name = CONNECTION.core.GetAtomName(atom).reply().name
    assert name.to_string() == "HELLO"
    extensions = CONNECTION.core.ListExtensions().reply().names
    assert len(extensions) > 5


def window() -> int:
    root = CONNECTION.get_setup().roots[0]
    number = CONNECTION.generate_id()
    CONNECTION.core.CreateWindowChecked(
        root.root_depth,
        number,
        root.root,
        1,
        2,
        100,
        50,
        0,
        xcffib.xproto.WindowClass.InputOutput,
        root.root_visual,
        xcffib.xproto.CW.BackPixel | xcffib.xproto.CW.EventMask,
        [root.black_pixel, xcffib.xproto.EventMask.StructureNotify],
    ).check()
    return number


def check_windows_and_events() -> None:
    connected()
    number = window()
    geometry = CONNECTION.core.GetGeometry(number).reply()
    assert (geometry.x, geometry.y, geometry.width, geometry.height) == (1, 2, 100, 50)
    CONNECTION.core.MapWindow(number)
    CONNECTION.flush()
    event = CONNECTION.wait_for_event()
    assert isinstance(event, xcffib.xproto.MapNotifyEvent) and event.window == number
    assert CONNECTION.poll_for_event() is None


def check_properties() -> None:
    connected()
    number = window()
    atoms = xcffib.xproto.Atom
    mode = xcffib.xproto.PropMode
    CONNECTION.core.ChangeProperty(
        mode.Replace, number, atoms.WM_NAME, atoms.STRING, 8, 5, b"title"
    )
    reply = CONNECTION.core.GetProperty(False, number, atoms.WM_NAME, atoms.STRING, 0, 10).reply()
    assert reply.value.to_string() == "title"
    CONNECTION.core.ChangeProperty(
        mode.Replace, number, atoms.WM_HINTS, atoms.CARDINAL, 32, 3, [1, 2, 2**31]
    )
    reply = CONNECTION.core.GetProperty(False, number, atoms.WM_HINTS, atoms.CARDINAL, 0, 9).reply()
    assert list(reply.value.to_atoms()) == [1, 2, 2**31]


def check_drawing() -> None:
    connected()
    root = CONNECTION.get_setup().roots[0]
    pixmap, context = CONNECTION.generate_id(), CONNECTION.generate_id()
    CONNECTION.core.CreatePixmap(24, pixmap, root.root, 4, 4)
    CONNECTION.core.CreateGC(context, pixmap, xcffib.xproto.GC.Foreground, [0x123456])
    box = xcffib.xproto.RECTANGLE.synthetic(0, 0, 4, 4)
    CONNECTION.core.PolyFillRectangle(pixmap, context, 1, [box])
    image = CONNECTION.core.GetImage(2, pixmap, 0, 0, 4, 4, 0xFFFFFFFF).reply()
    pixels = struct.unpack("=16I", bytes(image.data))
    assert {pixel & 0xFFFFFF for pixel in pixels} == {0x123456}


def check_errors_of_the_server() -> None:
    connected()
    with raises(xcffib.xproto.WindowError):
        CONNECTION.core.MapWindowChecked(0x7FFFFFF).check()
    with raises(xcffib.xproto.DrawableError):
        CONNECTION.core.GetGeometry(0x7FFFFFF).reply()


def check_extensions() -> None:
    connected()
    import xcffib.randr
    import xcffib.render

    randr = CONNECTION(xcffib.randr.key)
    version = randr.QueryVersion(1, 5).reply()
    assert version.major_version == 1
    formats = CONNECTION(xcffib.render.key).QueryPictFormats().reply()
    assert len(formats.formats) > 3


def check_connections_come_and_go() -> None:
    connected()
    for _ in range(20):
        other = xcffib.connect(DISPLAY)
        assert other.core.GetInputFocus().reply() is not None
        other.disconnect()
    gc.collect()
