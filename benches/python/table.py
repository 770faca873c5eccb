"""The table that is printed, a line as soon as it is measured, and its totals."""

from __future__ import annotations

from cases.case import COLUMNS
from results import Line, Results, readable, short

LEGEND = """\
ours/up   ours as a part of upstream's, as the targets are written: below 1 is faster or smaller
up/ours   how many times faster or smaller ours is: 1.00x means the same
target    in brackets: of the library that is named behind the line, not of upstream
-         no natural way to do this with that library, or not measured
GIL       cffi, ctypes (CDLL), nanobind (call_guard) and Cython (with nogil) release it for each
          call.  In the section "the GIL kept", ctypes (PyDLL), nanobind and Cython keep it, as the
          last two do where nothing is said
errno     cffi keeps it for ffi.errno after each call, the others leave it alone
The columns do the same work as far as the libraries allow: docs/benchmarks.md says where not.
"""


class Table:
    """Prints lines, and counts them."""

    def __init__(self) -> None:
        self.place = ("", "")

    def header(self) -> None:
        columns = "".join(f"{column:>10}" for column in COLUMNS)
        print(LEGEND)
        print(f"{'':38}{columns}{'ours/up':>9}{'target':>8}{'up/ours':>9}", flush=True)

    def line(self, line: Line) -> None:
        """A line, below the name of its section if that is new."""
        if (line.group, line.section) != self.place:
            self.place = (line.group, line.section)
            print(f"{line.group}: {line.section}")
        columns = "".join(
            f"{readable(line.values.get(column), line.unit):>10}" for column in COLUMNS
        )
        ratio = line.ratio()
        part = "-" if ratio is None else short(ratio)
        times = "-" if ratio is None else f"{1 / ratio:.2f}x"
        text = f"  {line.name:36}{columns}{part:>9}{aim(line):>8}{times:>9}  {notes(line)}"
        print(text.rstrip(), flush=True)


def aim(line: Line) -> str:
    if line.target is None:
        return ""
    limit = f"{line.target.limit:.2f}"
    return limit if line.target.against == "upstream" else f"({limit})"


def notes(line: Line) -> str:
    words = [line.note]
    if line.target is not None and line.target.against != "upstream":
        shown = "-" if line.aimed is None else short(line.aimed)
        words.append(f"{shown} of {line.target.against}'s")
    words += ["MISSED"] * line.missed + ["slower"] * line.slower
    return " ".join(word for word in words if word)


def print_totals(results: Results) -> None:
    print(f"\n{'geometric means of ours/up':58}{'lines':>7}{'mean':>8}{'target':>8}")
    for average in results.averages:
        target = "" if average.target is None else f"{average.target:.2f}"
        missed = "  MISSED" if average.missed else ""
        print(f"{average.name:58}{average.lines:>7}{short(average.ratio):>8}{target:>8}{missed}")
    aims = [it for it in [*results.lines, *results.averages] if it.aimed is not None]
    missed_aims = [it for it in aims if it.missed]
    print(f"\n{len(aims) - len(missed_aims)} targets met, {len(missed_aims)} missed")
    for it in missed_aims:
        print(f"  missed: {it.group}: {it.name}")
    slower = [line for line in results.lines if line.slower]
    print(f"{len(slower)} lines slower or larger than upstream's")
    for line in slower:
        print(f"  {line.group}: {line.section}: {line.name}: {line.ratio():.2f}")
