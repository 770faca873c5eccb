"""``cffi-gen-src`` and ``python -m cffi.gen_src``: C source for other build systems."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import cffi
import pytest

SCRIPT = """
import sys
from neighbour import SOURCE
import cffi
ffibuilder = cffi.FFI()
ffibuilder.cdef("int square(int);")
ffibuilder.set_source("package._square", SOURCE)
function = lambda: ffibuilder
abi = cffi.FFI()
abi.set_source("package._abi", None)
if __name__ == "__main__":
    raise SystemExit("run as a program")
"""
SOURCE = "static int square(int x) { return x * x; } /* \N{GREEK SMALL LETTER ALPHA} */\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "build.py").write_text(SCRIPT)
    (tmp_path / "neighbour.py").write_text(f"SOURCE = {SOURCE!r}\n", encoding="utf-8")
    (tmp_path / "cdef.txt").write_text("int square(int);\n")
    (tmp_path / "source.c").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def run(
    folder: Path, *arguments: str, standard_input: str = ""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cffi.gen_src", *arguments],
        cwd=folder,
        input=standard_input.encode(),
        capture_output=True,
    )


def expected() -> bytes:
    ffi = cffi.FFI()
    ffi.cdef("int square(int);")
    ffi.set_source("package._square", SOURCE)
    text = io.StringIO()
    ffi.emit_c_code(text)
    return text.getvalue().encode()


@pytest.mark.parametrize(
    ("arguments", "standard_input"),
    [
        (["exec-python", "build.py"], ""),
        (["exec-python", "--ffi-var=function", "build.py"], ""),
        (["exec-python", "-"], SCRIPT),
        (["read-sources", "package._square", "cdef.txt", "source.c"], ""),
        (["read-sources", "package._square", "-", "source.c"], "int square(int);\n"),
        (["read-sources", "package._square", "cdef.txt", "-"], SOURCE),
    ],
)
def test_the_source_is_that_of_emit_c_code(
    arguments: list[str], standard_input: str, folder: Path
) -> None:
    for output in ("out.c", "-"):
        done = run(folder, *arguments, output, standard_input=standard_input)
        assert done.returncode == 0, done.stderr.decode()
        written = done.stdout if output == "-" else (folder / output).read_bytes()
        assert written == expected()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "a subcommand is required"),
        (["exec-python", "--ffi-var=missing", "build.py", "out.c"], "NameError: .*'missing'"),
        (["exec-python", "--ffi-var=sys", "build.py", "out.c"], "not an instance of cffi.api.FFI"),
        (["exec-python", "--ffi-var=abi", "build.py", "out.c"], "only for C extension modules"),
        (["exec-python", "absent.py", "out.c"], "absent.py"),
        (["read-sources", "m", "./cdef.txt", "cdef.txt", "out.c"], "are the same file"),
    ],
)
def test_wrong_arguments_leave_the_output_alone(
    arguments: list[str], message: str, folder: Path
) -> None:
    output = folder / "out.c"
    output.write_text("before")
    done = run(folder, *arguments)
    assert done.returncode != 0
    assert re.search(message, done.stderr.decode())
    assert output.read_text() == "before"
