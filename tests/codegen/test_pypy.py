"""Generated modules under PyPy: its headers, its runtime."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from compilers import WARNINGS, WORKERS, run
from conftest import MATRIX

LENIENT = {"wrong_declarations": "PyPy takes struct layouts as the compiler has them"}
ROWS = sorted(path.stem for path in (MATRIX / "rows").glob("*.py"))
ASK = (
    "import sysconfig as s; print(s.get_paths()['include']); print(s.get_config_var('EXT_SUFFIX'))"
)

if shutil.which("pypy3") is None:
    pytest.skip("no pypy3 here", allow_module_level=True)
INCLUDE, SUFFIX = subprocess.check_output(["pypy3", "-c", ASK], text=True).split()
if not Path(INCLUDE, "Python.h").exists():
    pytest.skip("no headers of PyPy here: Debian has them in pypy3-dev", allow_module_level=True)


@pytest.fixture(scope="module")
def compiled(tasks: list[dict[str, object]]) -> dict[str, tuple[Path, str]]:
    """The folder of each row, and what the compiler says of its modules."""
    with ThreadPoolExecutor(WORKERS) as pool:
        messages = list(pool.map(compile, tasks))
    rows: dict[str, tuple[Path, str]] = {}
    for task, message in zip(tasks, messages, strict=True):
        row = str(task["row"])
        before = rows[row][1] if row in rows else ""
        rows[row] = (Path(str(task["folder"])), before + message)
    return rows


def compile(task: dict[str, object]) -> str:
    folder = Path(str(task["folder"]))
    name = str(task["name"])
    suffix = ".so" if name == "library" else SUFFIX
    target = folder.joinpath(*name.split(".")).with_suffix(suffix)
    assert isinstance(task["sources"], list)
    command = ["cc", "-O0", *WARNINGS, f"-I{INCLUDE}", "-shared", "-fPIC", "-o", str(target)]
    return run([*command, *task["sources"]], cwd=folder)


@pytest.mark.parametrize("row", ROWS)
def test_row(compiled: dict[str, tuple[Path, str]], row: str) -> None:
    folder, message = compiled[row]
    assert message == ""
    if row in LENIENT:
        pytest.skip(LENIENT[row])
    assert run(["pypy3", str(MATRIX / "exercise.py"), str(folder), row]) == ""
