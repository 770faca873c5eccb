"""Compares this cffi with upstream's, with ctypes and with nanobind, in one run, in turns.

    compare.py --ours PYTHON --upstream PYTHON [--repeats N] [--without COLUMN] [NAME...]

Each case is measured A B C D A B C D ..., so that a machine that slows down slows
all of them down, and the smallest time of each counts.  Upstream's Python also
runs ctypes and nanobind; namespaces.py says what their calls do and do not do.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from cases import CASES, MEANS
from native import compile_library, compile_module, compile_nanobind
from table import CTYPES, NANOBIND, OURS, UPSTREAM, Table

HERE = Path(__file__).resolve().parent
FIRST_CALL = (
    "from cffi import FFI; ffi = FFI(); ffi.cdef('int abs(int);');"
    "assert ffi.dlopen(None).abs(-7) == 7"
)


def main() -> None:
    options = parse_arguments()
    workers = start_workers(options.ours, options.upstream, options.without)
    table = Table()
    table.header()
    if not options.names or "start" in options.names:
        measure_start({OURS: options.ours, UPSTREAM: options.upstream}, options.repeats, table)
    measure_cases(workers, options.repeats, options.names, table)
    for mean in MEANS:
        table.mean(mean)
    table.totals()
    for worker in workers.values():
        worker.close()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ours", required=True, help="a Python with this cffi")
    parser.add_argument(
        "--upstream", required=True, help="the same Python with upstream's cffi, and nanobind"
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--without", action="append", default=[], choices=[CTYPES, NANOBIND])
    parser.add_argument("names", nargs="*", help="words of groups or cases; 'start' for start-up")
    return parser.parse_args()


def start_workers(ours: str, upstream: str, without: list[str]) -> dict[str, Worker]:
    """One for each column, in their order."""
    library = compile_library()
    compile_module(ours, OURS)
    compile_module(upstream, UPSTREAM)
    workers = {
        OURS: Worker(ours, "cffi", library),
        UPSTREAM: Worker(upstream, "cffi", library),
    }
    if CTYPES not in without:
        workers[CTYPES] = Worker(upstream, "ctypes", library)
    if NANOBIND not in without:
        module = compile_nanobind(upstream, library)
        workers[NANOBIND] = Worker(upstream, "nanobind", module)
    return workers


def measure_start(pythons: Mapping[str, str], repeats: int, table: Table) -> None:
    """Starting a process: above a bare interpreter of the same environment."""

    def wall(python: str, code: str) -> float:
        start = time.perf_counter()
        subprocess.run([python, "-I", "-c", code], check=True)
        return (time.perf_counter() - start) * 1e9

    def import_time(python: str) -> float:
        result = subprocess.run(
            [python, "-I", "-X", "importtime", "-c", "import cffi"],
            check=True,
            capture_output=True,
            text=True,
        )
        (microseconds,) = re.findall(r"\|\s*(\d+) \| cffi$", result.stderr, re.M)
        return float(microseconds) * 1e3

    def smallest(measure: Callable[[str], float]) -> dict[str, float]:
        return alternate({of: partial(measure, pythons[of]) for of in pythons}, repeats * 3)

    bare = smallest(partial(wall, code="pass"))
    imports = smallest(import_time)
    whole = smallest(partial(wall, code=FIRST_CALL))
    table.start("start")
    table.row("a bare interpreter", bare)
    table.row("import cffi (-X importtime)", imports)
    above = {of: whole[of] - bare[of] for of in pythons}
    table.row("import, cdef, dlopen, a call", above, note="above the bare interpreter")


def measure_cases(
    workers: Mapping[str, Worker], repeats: int, names: list[str], table: Table
) -> None:
    for index, case in enumerate(CASES):
        if names and not any(word in f"{case.group} {case.name}" for word in names):
            continue
        table.start(case.group)
        measures = {
            column: partial(worker.measure, index)
            for column, worker in workers.items()
            if case.code(worker.library) is not None
        }
        table.case(case.name, alternate(measures, repeats), case.target)


def alternate(measures: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, float]:
    """The smallest of each, measured in turns."""
    best = dict.fromkeys(measures, float("inf"))
    for _ in range(repeats):
        for name, measure in measures.items():
            best[name] = min(best[name], measure())
    return best


class Worker:
    """A process that measures cases for one column."""

    def __init__(self, python: str, library: str, path: Path) -> None:
        self.python = python
        self.library = library
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        self.process = subprocess.Popen(
            [python, str(HERE / "worker.py"), library, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.read()

    def measure(self, index: int) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{index}\n")
        self.process.stdin.flush()
        answer = self.read()
        if answer.startswith("!"):
            case = CASES[index]
            raise SystemExit(
                f"{self.python}: {case.group}, {case.name}: {case.code(self.library)} "
                f"raised {answer[1:].rstrip()}"
            )
        return float(answer)

    def read(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(
                f"{self.python}: {self.library}'s worker ended with {self.process.wait()}"
            )
        return line

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


if __name__ == "__main__":
    main()
