"""Programs end to end: packages from PyPI that use cffi, the same wheels beside both cffis.

The environments are made as those of tests/wheels are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from cases.case import OURS, UPSTREAM
from measure import alternate, answer_of
from results import Line

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
REQUIREMENTS = PROGRAMS / "requirements.txt"
GROUP = "programs"
LINES = {
    "import_wgpu": ("wgpu, ABI mode", "import: a header of 110 kB"),
    "walk_pygit2": ("pygit2, API mode", "index, config, blame: small calls"),
    "simulate_pymunk": ("pymunk, API mode", "simulation: callbacks, structs"),
}

sys.path.insert(0, str(HERE.parents[1] / "tests" / "wheels"))

import environments  # noqa: E402 - found by the line above


@cache
def pythons_of(wheel: Path) -> Mapping[str, Path]:
    """Pythons of environments that differ in nothing but cffi; none if they cannot be made."""
    try:
        return {
            OURS: environments.ours(wheel, [REQUIREMENTS], "-bench").python,
            UPSTREAM: environments.upstream([REQUIREMENTS], "-bench").python,
        }
    except environments.SetUpError as error:
        print(f"no environments for programs: {error}", file=sys.stderr)
        return {}


def measure(wheel: Path, repeats: int) -> Iterator[Line]:
    """Processes of both, in turns; what they print has to be the same."""
    pythons = pythons_of(wheel)
    if not pythons:
        print(f"{GROUP}: not measured", file=sys.stderr)
        return
    for program, (section, name) in LINES.items():
        runs = {of: Runs(pythons[of], PROGRAMS / f"{program}.py") for of in pythons}
        best = alternate({of: partial(Runs.take, runs[of]) for of in runs}, repeats)
        compare(program, {of: runs[of].value for of in runs})
        yield Line(GROUP, section, name, best)


def compare(program: str, values: Mapping[str, Any]) -> None:
    if values[OURS] != values[UPSTREAM]:
        raise SystemExit(f"{program}: not the same work: {values}")


class Runs:
    """A program in one environment."""

    def __init__(self, python: Path, script: Path) -> None:
        self.command: list[str | Path] = [python, "-I", script]
        self.value: Any = None

    def take(self) -> float:
        """The nanoseconds of its work, as it has measured them itself."""
        answer = answer_of(self.command)
        self.value = answer["value"]
        return float(answer["nanoseconds"])
