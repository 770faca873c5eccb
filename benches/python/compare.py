"""Compares this cffi with upstream's, with ctypes, nanobind and Cython, in one run, in turns.

    compare.py [--wheel WHEEL] [--without COLUMN] [WORD...]
    compare.py --check

Run it by the Python of the environment that our wheel is installed in; upstream's is the one
that the Makefile makes beside it.

A word is a group (start-up, declarations, calls, callbacks, data, generation,
programs), a section, or a part of a case's name; without one everything is measured.
Each case is measured A B C A B C ..., so that a machine that slows down slows all of
them down, and the smallest time of each counts.  Each column has several processes: where
things lie in memory makes one faster than another, for as long as it lives.  Lines near 1.0
are measured by twice as many.  Upstream's Python also runs ctypes, nanobind and Cython;
namespaces.py says what their calls do and do not do.  Writes what it measured to
build/bench/results-pyX.Y.json.

--check measures nothing: it runs each case once and compares what it comes to.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import machine
import memory
import packages
import startup
from cases import CASES, GROUPS, MEANS
from cases.case import COLUMNS, CTYPES, CYTHON, NANOBIND, OURS, UPSTREAM
from check import check
from measure import Worker, alternate, settled
from native import BUILD, compile_cython, compile_library, compile_module, compile_nanobind
from results import Line, Results
from table import Table, print_totals

PROCESSES = 3
UPSTREAM_PYTHON = BUILD.parent / f"upstream-{machine.python_tag()}" / "bin" / "python"


def main() -> int:
    options = parse_arguments()
    columns = [column for column in COLUMNS if column not in options.without]
    if options.check and shutil.which("g++") is None:
        print("no g++: nanobind's column is not checked")
        columns.remove(NANOBIND)
    pythons = {column: options.ours if column == OURS else options.upstream for column in columns}
    targets = compile_all(pythons)
    passed, failures = run_check(pythons, targets)
    for failure in failures:
        print(failure)
    if options.check:
        print(f"benches: {passed} passed, {len(failures)} failed")
        return 1 if failures else 0
    if failures:
        return 1
    results = Results(machine.describe(options.upstream))
    machine.stay_on_one_processor()
    table = Table()
    table.header()
    for line in measure_all(options, pythons, targets):
        table.line(line)
        results.lines.append(line)
    for mean in MEANS:
        results.average(mean)
    print_totals(results)
    # Parts of a run are not the results: they have a file of their own.
    name = "results-part" if options.words else "results"
    path = options.output or BUILD / f"{name}-{machine.python_tag()}.json"
    results.write(path)
    print(f"\nwritten to {path}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ours", default=sys.executable, help="a Python with this cffi")
    parser.add_argument(
        "--upstream",
        default=str(UPSTREAM_PYTHON),
        help="the same Python with upstream's cffi, nanobind, Cython",
    )
    parser.add_argument("--wheel", type=Path, help="ours, for the group of programs")
    parser.add_argument("--repeats", type=int, default=25)
    others = [CTYPES, NANOBIND, CYTHON]
    parser.add_argument("--without", action="append", default=[], choices=others)
    parser.add_argument("--output", type=Path, help="where to write what was measured")
    parser.add_argument("--check", action="store_true", help="measure nothing, compare values")
    parser.add_argument("words", nargs="*", help="groups, sections, parts of names")
    return parser.parse_args()


def compile_all(pythons: dict[str, str]) -> dict[str, Path]:
    """What each column calls."""
    library = compile_library()
    compile_module(pythons[OURS], OURS)
    compile_module(pythons[UPSTREAM], UPSTREAM)
    targets = dict.fromkeys(pythons, library)
    if NANOBIND in pythons:
        targets[NANOBIND] = compile_nanobind(pythons[NANOBIND], library)
    if CYTHON in pythons:
        targets[CYTHON] = compile_cython(pythons[CYTHON], library)
    return targets


def run_check(pythons: dict[str, str], targets: dict[str, Path]) -> tuple[int, list[str]]:
    workers = {of: Worker(pythons[of], of, targets[of], "check") for of in pythons}
    try:
        return check(workers)
    finally:
        for worker in workers.values():
            worker.close()


def measure_all(
    options: argparse.Namespace, pythons: dict[str, str], targets: dict[str, Path]
) -> Iterator[Line]:
    """Group by group, each in processes of its own."""

    def wanted(text: str) -> bool:
        return not options.words or any(word in text for word in options.words)

    def start() -> Iterator[Line]:
        alike = packages.pythons_of(options.wheel) if options.wheel is not None else {}
        return startup.measure({**pythons, **alike}, BUILD / "modules", options.repeats)

    special: dict[str, Callable[[], Iterator[Line]]] = {
        startup.GROUP: start,
        packages.GROUP: partial(packages.measure, options.wheel, options.repeats),
    }
    for group in GROUPS:
        if group in special:
            if group == packages.GROUP and options.wheel is None:
                continue
            if wanted(group):
                yield from special[group]()
            continue
        chosen = [
            index for index, case in enumerate(CASES) if case.group == group and wanted(case.words)
        ]
        if chosen:
            yield from measure_cases(chosen, pythons, targets, options.repeats)
        if group == memory.GROUP and wanted(f"{memory.GROUP}: {memory.SECTION}"):
            yield from memory.measure(pythons)


def measure_cases(
    chosen: list[int], pythons: dict[str, str], targets: dict[str, Path], repeats: int
) -> Iterator[Line]:
    with Columns(pythons, targets) as columns:
        for index in chosen:
            case = CASES[index]
            count = case.repeats or repeats

            def again(index: int = index, count: int = count) -> dict[str, float]:
                with Columns(pythons, targets) as others:
                    return others.measure(index, count)

            times = settled(columns.measure(index, count), again)
            yield Line(case.group, case.section, case.name, times, target=case.target)


class Columns:
    """Processes that measure cases, several for each column."""

    def __init__(self, pythons: Mapping[str, str], targets: Mapping[str, Path]) -> None:
        self.workers = {
            of: [Worker(pythons[of], of, targets[of]) for _ in range(PROCESSES)] for of in pythons
        }

    def __enter__(self) -> Columns:
        return self

    def __exit__(self, *_: object) -> None:
        for column in self.workers.values():
            for worker in column:
                worker.close()

    def measure(self, index: int, repeats: int) -> dict[str, float]:
        """The smallest time of each column that has this case, in nanoseconds."""
        measures = {
            of: in_turns([partial(worker.measure, index) for worker in workers])
            for of, workers in self.workers.items()
            if of in CASES[index].codes
        }
        return alternate(measures, repeats)


def in_turns(measures: list[Callable[[], float]]) -> Callable[[], float]:
    """Each call is one of the next of these."""
    turns = itertools.cycle(measures)

    def measure() -> float:
        return next(turns)()

    return measure


if __name__ == "__main__":
    sys.exit(main())
