"""Starting: processes that import a cffi, and do a first thing with it.

What they do is timed by their own clock, in an interpreter that has started; whole
processes, which start and end the interpreter too, by ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from cases.case import CTYPES, OURS, UPSTREAM
from cases.starting import (
    BARE,
    COMPILED,
    FIRST,
    FIRST_CALL,
    FIRST_CALL_OF_CTYPES,
    GROUP,
    IMPORT,
    INSIDE,
    MODULE,
    WHOLE,
)
from measure import alternate, answer_of, settled, wall
from results import Line

TIMED = """
import sys
from time import perf_counter_ns
sys.path.insert(0, {folder!r})
start = perf_counter_ns()
{code}
print(perf_counter_ns() - start)
"""


def measure(pythons: Mapping[str, str | Path], modules: Path, repeats: int) -> Iterator[Line]:
    """By `pythons` of columns; `modules` is where the compiled module is.

    What else is installed beside a cffi takes time as well: imports look through it.
    """
    cffis = {of: pythons[of] for of in (OURS, UPSTREAM)}

    def timed(code: str, others: Mapping[str, str]) -> dict[str, float]:
        codes = {**dict.fromkeys(cffis, code), **others}
        return twice(
            {
                of: partial(inside, pythons[of], TIMED.format(folder=str(modules), code=code))
                for of, code in codes.items()
                if of in pythons
            }
        )

    def whole(code: str) -> dict[str, float]:
        return twice({of: partial(wall, cffis[of], code) for of in cffis})

    def twice(measures: Mapping[str, Callable[[], float]]) -> dict[str, float]:
        """Or once, if that tells them apart."""
        measure = partial(alternate, measures, repeats)
        return settled(measure(), measure)

    yield Line(GROUP, INSIDE, IMPORT, timed(IMPORT, {}))
    others = {CTYPES: FIRST_CALL_OF_CTYPES}
    yield Line(GROUP, INSIDE, FIRST, timed(FIRST_CALL, others))
    yield Line(GROUP, INSIDE, MODULE, timed(COMPILED, {}))
    yield Line(GROUP, WHOLE, BARE, whole("pass"), counts=False)
    yield Line(GROUP, WHOLE, FIRST, whole(FIRST_CALL))


def inside(python: str | Path, code: str) -> float:
    """The nanoseconds that a process says to have taken."""
    return float(answer_of([python, "-I", "-c", code]))
