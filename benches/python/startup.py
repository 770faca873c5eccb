"""Starting: processes that import a cffi, and do a first thing with it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from cases.case import CTYPES, OURS, UPSTREAM, Target
from measure import alternate, wall
from results import Line

GROUP, SECTION = "start-up", "processes"
BARE = "a bare interpreter"
FIRST = "import, cdef, dlopen, a call"
MODULE = "a compiled module, a call"
ABOVE = "above the bare interpreter"
FIRST_CALL = (
    "from cffi import FFI; ffi = FFI(); ffi.cdef('int abs(int);');"
    "assert ffi.dlopen(None).abs(-7) == 7"
)
FIRST_CALL_OF_CTYPES = "import ctypes; assert ctypes.CDLL(None).abs(-7) == 7"
COMPILED = (
    "import sys; sys.path.insert(0, {folder!r}); from bench_upstream import lib;"
    "assert lib.add(3, 4) == 7"
)


def measure(pythons: Mapping[str, str], modules: Path, repeats: int) -> Iterator[Line]:
    """By `pythons` of columns.  Times are those above a bare interpreter of that environment."""
    cffis = {of: pythons[of] for of in (OURS, UPSTREAM)}
    codes = {
        BARE: {of: "pass" for of in (*cffis, CTYPES) if of in pythons},
        FIRST: dict.fromkeys(cffis, FIRST_CALL),
        MODULE: dict.fromkeys(cffis, COMPILED.format(folder=str(modules))),
    }
    if CTYPES in pythons:
        codes[FIRST][CTYPES] = FIRST_CALL_OF_CTYPES
    # All in the same turns: what is subtracted has seen the same machine.
    smallest = alternate(
        {
            (name, of): partial(wall, pythons[of], code)
            for name, by_column in codes.items()
            for of, code in by_column.items()
        },
        repeats * 5,
    )
    bare = {of: smallest[BARE, of] for of in codes[BARE]}

    def above(name: str) -> dict[str, float]:
        return {of: smallest[name, of] - bare[of] for of in codes[name]}

    yield Line(GROUP, SECTION, BARE, bare, counts=False)
    imports = alternate({of: partial(import_time, cffis[of]) for of in cffis}, repeats * 3)
    yield Line(GROUP, SECTION, "import cffi", imports, note="-X importtime")
    yield Line(GROUP, SECTION, FIRST, above(FIRST), target=Target(0.08), note=ABOVE)
    yield Line(GROUP, SECTION, MODULE, above(MODULE), note=ABOVE)


def import_time(python: str) -> float:
    result = subprocess.run(
        [python, "-I", "-X", "importtime", "-c", "import cffi"],
        check=True,
        capture_output=True,
        text=True,
    )
    (microseconds,) = re.findall(r"\|\s*(\d+) \| cffi$", result.stderr, re.M)
    return float(microseconds) * 1e3
