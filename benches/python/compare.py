"""Compares this cffi with upstream's, on one machine, in one run, in turns.

    compare.py --ours PYTHON --upstream PYTHON [--repeats N] [NAME...]

Each case is measured A B A B ..., so that a machine that slows down slows both
down, and the smallest time of each counts.  A ratio above 1 means that ours is
that many times faster.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cases import CASES

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "bench"
FIRST_CALL = (
    "from cffi import FFI; ffi = FFI(); ffi.cdef('int abs(int);');"
    "assert ffi.dlopen(None).abs(-7) == 7"
)


def main() -> None:
    options = parse_arguments()
    library = compile_library()
    pythons = [options.ours, options.upstream]
    print(f"{'':34} {'ours':>12} {'upstream':>12} {'ratio':>8}")
    if not options.names or "start" in options.names:
        measure_start(pythons, options.repeats)
    measure_cases(pythons, library, options.repeats, options.names)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True, help="a Python with this cffi")
    parser.add_argument("--upstream", required=True, help="the same Python with upstream's cffi")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("names", nargs="*", help="words of groups or cases; 'start' for start-up")
    return parser.parse_args()


def compile_library() -> Path:
    BUILD.mkdir(parents=True, exist_ok=True)
    library = BUILD / "libbench.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, HERE / "bench.c"], check=True)
    return library


def measure_start(pythons: list[str], repeats: int) -> None:
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

    repeats *= 3
    bare = alternate([partial(wall, python, "pass") for python in pythons], repeats)
    imports = alternate([partial(import_time, python) for python in pythons], repeats)
    whole = alternate([partial(wall, python, FIRST_CALL) for python in pythons], repeats)
    print("start")
    row("a bare interpreter", bare)
    row("import cffi (-X importtime)", imports)
    above = [time - empty for time, empty in zip(whole, bare)]
    row("import, cdef, dlopen, a call", above, "above the bare interpreter")


def measure_cases(pythons: list[str], library: Path, repeats: int, names: list[str]) -> None:
    workers = [Worker(python, library) for python in pythons]
    group = ""
    for index, case in enumerate(CASES):
        if names and not any(word in f"{case.group} {case.name}" for word in names):
            continue
        if case.group != group:
            group = case.group
            print(group)
        measures = [partial(worker.measure, index) for worker in workers]
        times = alternate(measures, repeats)
        row(case.name, times)
    for worker in workers:
        worker.close()


def alternate(measures: list[Callable[[], float]], repeats: int) -> list[float]:
    """The smallest of each, measured in turns."""
    best = [float("inf")] * len(measures)
    for _ in range(repeats):
        for i, measure in enumerate(measures):
            best[i] = min(best[i], measure())
    return best


def row(name: str, times: list[float], note: str = "") -> None:
    ours, upstream = times
    print(
        f"  {name:32} {readable(ours):>12} {readable(upstream):>12} {upstream / ours:7.2f}x {note}",
        flush=True,
    )


def readable(nanoseconds: float) -> str:
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.2f} {unit}"
    return f"{nanoseconds:.1f} ns"


class Worker:
    """A process that measures cases for one implementation."""

    def __init__(self, python: str, library: Path) -> None:
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        self.process = subprocess.Popen(
            [python, str(HERE / "worker.py"), str(library)],
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
        return float(self.read())

    def read(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args} ended with {self.process.wait()}")
        return line

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


if __name__ == "__main__":
    main()
