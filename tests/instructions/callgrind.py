"""Runs a program under callgrind, and reads what it counted.

The format is valgrind's "Callgrind Format Specification"; names are written out
in full on request, so that each line can be read by itself.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

OPTIONS = [
    "--tool=callgrind",
    "--compress-strings=no",
    "--compress-pos=no",
    "--quiet",
]


class Counts(NamedTuple):
    """What was counted between two marks."""

    total: int
    """Instructions, wherever they are."""
    own: int
    """Instructions in the extension module."""
    calls: int
    """Calls from the extension module to code outside of it."""


def run(command: list[str], own: str) -> dict[str, Counts]:
    """The counts by name. 'own' is the beginning of the extension module's file name."""
    with tempfile.TemporaryDirectory() as folder:
        out = f"--callgrind-out-file={folder}/out"
        # A fixed seed: dicts look the same each time.
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        subprocess.run(["valgrind", *OPTIONS, out, *command], env=environment, check=True)
        counts = [read(path.read_text(), own) for path in Path(folder).glob("out.*")]
    return {name: found for name, found in counts if name}


def addresses(command: list[str], own: str) -> set[int]:
    """Where in the extension module's file the instructions are that run, at least once."""
    found: set[int] = set()
    with tempfile.TemporaryDirectory() as folder:
        options = [*OPTIONS, "--dump-instr=yes", f"--callgrind-out-file={folder}/out"]
        subprocess.run(["valgrind", *options, *command], check=True)
        inside = False
        for line in Path(folder, "out").read_text().splitlines():
            key, _, value = line.partition("=")
            if key == "ob":
                inside = os.path.basename(value).startswith(own)
            elif inside and line.startswith("0x"):
                found.add(int(line.split()[0], 16))
    return found


def read(text: str, own: str) -> tuple[str, Counts]:
    """The name and the counts of one dump."""
    name, total, instructions, calls = "", 0, 0, 0
    inside = callee_inside = skip = False

    def is_own(path: str) -> bool:
        return os.path.basename(path).startswith(own)

    for line in text.splitlines():
        key, _, value = line.partition("=")
        if line.startswith("desc: Trigger: Client Request: "):
            name = line.removeprefix("desc: Trigger: Client Request: ")
        elif line.startswith("totals: "):
            total = int(line.split()[1])
        elif key == "ob":
            inside = callee_inside = is_own(value)
        elif key == "cob":
            callee_inside = is_own(value)
        elif key == "calls":
            if inside and not callee_inside:
                calls += int(value.split()[0])
            # The next line has what the callee did, which is counted there. The object of the
            # next callee is the caller's unless it is named.
            callee_inside, skip = inside, True
        elif line and line[0] in "0123456789+-*":
            if inside and not skip:
                instructions += int(line.split()[-1])
            skip = False
    return name, Counts(total, instructions, calls)
