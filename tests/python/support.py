"""What the tests of lifetimes, leaks and threads share: a library, child processes, memory use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
UNDER_MEMCHECK = bool(os.environ.get("CFFI_MEMCHECK"))
"""Whether tools/memcheck.py runs the tests: valgrind finds what is done on purpose, too."""
DECLARATIONS = (HERE / "lifetime.h").read_text()


def compile_library(folder: Path, name: str = "lifetime") -> Path:
    """Compiles a C file of this folder into another `folder`."""
    compiler = shutil.which("cc")
    assert compiler, "the tests need a C compiler, as README says"
    path = folder / f"lib{name}.so"
    subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-pthread", "-o", path, HERE / f"{name}.c"],
        check=True,
    )
    return path


PROLOGUE = """
import gc, os, sys, threading, time
import cffi
from support import DECLARATIONS
ffi = cffi.FFI()
ffi.cdef(DECLARATIONS)
lib = ffi.dlopen(sys.argv[1])
"""
PINNED = """
# Never closed: its threads and exit functions go on when all objects are gone.
lib_for_ever = ffi.dlopen(sys.argv[1], ffi.RTLD_NOW | os.RTLD_NODELETE)
"""


def start_child(code: str, library: Path, *arguments: str) -> subprocess.Popen[str]:
    """Starts `code` in another interpreter, in which `ffi` and `lib` are there."""
    search = os.pathsep.join([str(HERE), *filter(None, sys.path)])
    return subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", PROLOGUE + code, str(library), *arguments],
        env={**os.environ, "PYTHONPATH": search},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish_child(child: subprocess.Popen[str], timeout: float = 60) -> tuple[str, str]:
    """What a child wrote to stdout and stderr; it must end by itself, with status 0."""
    try:
        out, err = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
        raise AssertionError(f"hangs; stdout: {out!r}, stderr: {err[-4000:]}") from None
    assert child.returncode == 0, f"status {child.returncode}, stderr: {err[-4000:]}"
    return out, err


def run_child(code: str, library: Path, *arguments: str) -> tuple[str, str]:
    """Runs `code` in another interpreter to its end, which must be a good one."""
    return finish_child(start_child(code, library, *arguments))


def resident_bytes() -> int:
    """The memory of this process that is in RAM."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
