"""The table that is printed, a line as soon as it is measured, and its totals."""

from __future__ import annotations

import math
from collections.abc import Mapping

from cases.case import Mean

OURS, UPSTREAM, CTYPES, NANOBIND = "ours", "upstream", "ctypes", "nanobind"
COLUMNS = [OURS, UPSTREAM, CTYPES, NANOBIND]

LEGEND = """\
ours/up    our time as a part of upstream's, which is how the targets are written; below 1 is faster
up/ours    how many times faster ours is: 1.00x means as fast
-          no natural way to do this with that library, or not measured
"""


class Table:
    """Prints rows, and counts the cases among them."""

    def __init__(self) -> None:
        self.group = ""
        self.met = 0
        self.missed = 0
        self.slower = 0
        self.parts: dict[tuple[str, str], float] = {}

    def header(self) -> None:
        columns = "".join(f"{column:>11}" for column in COLUMNS)
        print(LEGEND)
        print(f"{'':34}{columns}{'ours/up':>9}{'target':>8}{'up/ours':>9}", flush=True)

    def start(self, group: str) -> None:
        """The name of a group, above its first row."""
        if group != self.group:
            self.group = group
            print(group, flush=True)

    def case(self, name: str, times: Mapping[str, float], target: float | None) -> None:
        """A row that counts: for its target, and for being slower than upstream."""
        part = times[OURS] / times[UPSTREAM]
        self.parts[self.group, name] = part
        notes = []
        if target is not None:
            if part <= target:
                self.met += 1
            else:
                self.missed += 1
                notes.append("MISSED")
        if part > 1:
            self.slower += 1
            notes.append("slower")
        self.row(name, times, target, " ".join(notes))

    def row(
        self,
        name: str,
        times: Mapping[str, float],
        target: float | None = None,
        note: str = "",
    ) -> None:
        ours, upstream = times[OURS], times[UPSTREAM]
        columns = "".join(f"{readable(times.get(column)):>11}" for column in COLUMNS)
        aim = "" if target is None else f"{target:.2f}"
        line = (
            f"  {name:32}{columns}{ours / upstream:>9.2f}{aim:>8}{upstream / ours:>8.2f}x  {note}"
        )
        print(line.rstrip(), flush=True)

    def mean(self, mean: Mean) -> None:
        """A line for several cases, if all of them were measured."""
        parts = [self.parts.get((mean.group, name)) for name in mean.cases]
        measured = [part for part in parts if part is not None]
        if len(measured) < len(parts):
            return
        value = math.exp(sum(map(math.log, measured)) / len(measured))
        if value <= mean.target:
            self.met += 1
            note = ""
        else:
            self.missed += 1
            note = "  MISSED"
        print(f"{mean.name:78}{value:>9.2f}{mean.target:>8.2f}{note}", flush=True)

    def totals(self) -> None:
        print(f"{self.met} targets met, {self.missed} missed")
        print(f"{self.slower} cases slower than upstream")


def readable(nanoseconds: float | None) -> str:
    if nanoseconds is None:
        return "-"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.2f} {unit}"
    return f"{nanoseconds:.1f} ns"
