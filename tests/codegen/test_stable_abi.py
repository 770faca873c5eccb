"""Which interpreters get the stable ABI, and in which version: Py_LIMITED_API as Python.h sees it.

The headers are stand-ins of a few lines, so that every kind of interpreter can be asked for.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import cffi
import pytest
from compilers import needed

FREE_THREADED = "#define Py_GIL_DISABLED 1"
DEBUG = "#define Py_DEBUG 1"


def limited_api(folder: Path, version: str, configuration: str, *options: str) -> str | None:
    """What Py_LIMITED_API is when a module includes Python.h."""
    (folder / "patchlevel.h").write_text(f"#define PY_VERSION_HEX {version}\n")
    (folder / "pyconfig.h").write_text(f"{configuration}\n")
    (folder / "Python.h").write_text('#include "patchlevel.h"\nLIMITED Py_LIMITED_API\n')
    ffi = cffi.FFI()
    ffi.set_source("_m", "")
    ffi.emit_c_code(str(folder / "_m.c"))
    command = [needed("gcc"), "-E", "-P", f"-I{folder}", *options, str(folder / "_m.c")]
    text = subprocess.check_output(command, text=True)
    [value] = [line.split()[1] for line in text.splitlines() if line.startswith("LIMITED")]
    return None if value == "Py_LIMITED_API" else value


@pytest.mark.parametrize(
    "version, configuration, expected",
    [
        ("0x030a0000", "", "0x03020000"),
        ("0x030e0000", "", "0x03020000"),
        ("0x030f0000", "", "0x03020000"),
        ("0x030d0000", FREE_THREADED, None),
        ("0x030e0000", FREE_THREADED, None),
        ("0x030f0000", FREE_THREADED, "0x030F0000"),
        ("0x03100000", FREE_THREADED, "0x030F0000"),
        ("0x030b0000", DEBUG, None),
        ("0x030f0000", f"{DEBUG}\n{FREE_THREADED}", None),
    ],
)
def test_interpreters(
    tmp_path: Path, version: str, configuration: str, expected: str | None
) -> None:
    assert limited_api(tmp_path, version, configuration) == expected


def test_the_program_decides(tmp_path: Path) -> None:
    new = "0x030b0000"
    assert limited_api(tmp_path, new, "", "-D_CFFI_NO_LIMITED_API") is None
    assert limited_api(tmp_path, new, "", "-DPy_LIMITED_API=0x030b0000") == new
    assert limited_api(tmp_path, new, "", "-D_CFFI_USE_EMBEDDING") is None
