"""The modules that the tests share: those of tests/matrix, an empty one and an embedded one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cffi
import pytest

MATRIX = Path(__file__).resolve().parents[1] / "matrix"

# A library with Python inside is an extension module with more code in front.
EMBEDDED = """
import _embedded
@_embedded.ffi.def_extern()
def twice(x):
    return 2 * x   # \\ "quoted" ??/ é
"""


@pytest.fixture(scope="session")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """What tests/matrix/emit.py wrote: one entry for each C module and each library."""
    folder = tmp_path_factory.mktemp("modules")
    command = [sys.executable, "-I", str(MATRIX / "emit.py"), str(folder)]
    result = subprocess.run(command, text=True, capture_output=True)
    assert result.returncode == 0, result.stderr
    tasks: list[dict[str, object]] = json.loads(result.stdout)
    errors = [task for task in tasks if "error" in task]
    assert not errors
    return tasks


@pytest.fixture(scope="session")
def modules(tasks: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The C files of the modules."""
    folder = tmp_path_factory.mktemp("more")
    files = [folder / "_empty.c", folder / "_embedded.c"]
    ffi = cffi.FFI()
    ffi.cdef("")
    ffi.set_source("_empty", "")
    ffi.emit_c_code(str(files[0]))
    ffi = cffi.FFI()
    ffi.embedding_api(
        "int twice(int); struct p { int x; }; struct p *same(struct p *); extern int (*hook)(int);"
    )
    ffi.set_source("_embedded", "struct p { int x; }; int (*hook)(int);")
    ffi.embedding_init_code(EMBEDDED)
    ffi.emit_c_code(str(files[1]))
    for task in tasks:
        if task["name"] != "library":
            assert isinstance(task["sources"], list)
            files.append(Path(str(task["folder"]), task["sources"][0]))
    return files


def pytest_configure() -> None:
    # The compilers' own languages would make their words another matter on each machine.
    os.environ["LC_ALL"] = "C"
