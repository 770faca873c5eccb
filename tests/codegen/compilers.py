"""C and C++ compilers as the tests call them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

WARNINGS = ["-Wall", "-Wextra", "-Werror"]
INCLUDE = sysconfig.get_paths()["include"]
WORKERS = os.cpu_count() or 2


def needed(program: str) -> str:
    """A program, or the test is skipped."""
    if shutil.which(program) is None:
        pytest.skip(f"no {program} here")
    return program


def check(command: list[str], files: list[Path]) -> str:
    """What a compiler says against files, which it sees in groups; nothing if it takes them."""
    groups = [files[first::WORKERS] for first in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        texts = pool.map(lambda group: run([*command, *map(str, group)]) if group else "", groups)
        return "".join(texts)


def run(command: list[str], cwd: Path | None = None) -> str:
    """The messages of a command; nothing if it succeeds."""
    result = subprocess.run(
        command, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if result.returncode == 0:
        return ""
    return result.stdout or f"{command} ended with status {result.returncode}"
