"""Starting: processes that import a cffi, and do a first thing with it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from cases.case import CTYPES, OURS, UPSTREAM, Target
from measure import alternate, wall
from results import Line

GROUP = "start-up"
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
    """`pythons` by column; the times are those above a bare interpreter of the same environment."""

    def smallest(measure: Callable[[str], float], *columns: str) -> dict[str, float]:
        return alternate({of: partial(measure, pythons[of]) for of in columns}, repeats * 3)

    everyone = [of for of in (OURS, UPSTREAM, CTYPES) if of in pythons]
    bare = smallest(partial(wall, code="pass"), *everyone)

    def above(code: str, *columns: str) -> dict[str, float]:
        whole = smallest(partial(wall, code=code), *columns)
        return {of: whole[of] - bare[of] for of in whole}

    yield Line(GROUP, "processes", "a bare interpreter", bare, counts=False)
    imports = smallest(import_time, OURS, UPSTREAM)
    yield Line(GROUP, "processes", "import cffi", imports, note="-X importtime")
    whole = above(FIRST_CALL, OURS, UPSTREAM)
    if CTYPES in pythons:
        whole |= above(FIRST_CALL_OF_CTYPES, CTYPES)
    name = "import, cdef, dlopen, a call"
    yield Line(GROUP, "processes", name, whole, target=Target(0.08), note=ABOVE)
    compiled = above(COMPILED.format(folder=str(modules)), OURS, UPSTREAM)
    yield Line(GROUP, "processes", "a compiled module, a call", compiled, note=ABOVE)


def import_time(python: str) -> float:
    result = subprocess.run(
        [python, "-I", "-X", "importtime", "-c", "import cffi"],
        check=True,
        capture_output=True,
        text=True,
    )
    (microseconds,) = re.findall(r"\|\s*(\d+) \| cffi$", result.stderr, re.M)
    return float(microseconds) * 1e3
