"""Measures on request: one of the processes of a column, asked in turns by compare.py.

    worker.py COLUMN PATH [check]

Reads a line with the number of a case and writes one with the nanoseconds that
the statement took, the loop around it included; with `check`, what the statement
came to, once (values.py).  Writes `!` and what it raised if it raised something.
"""

from __future__ import annotations

import json
import sys
import timeit
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cases import CASES
from namespaces import CHECKED_SIZE, Namespace, namespace
from values import value_of

BATCH_SECONDS = 0.005
"""Short, so that some of the batches run without being interrupted."""


def main(column: str, path: str, *words: str) -> None:
    checking = "check" in words
    variables = namespace(column, path, CHECKED_SIZE if checking else None)
    stopwatch = Stopwatch(column, variables)
    print("ready", flush=True)
    for line in sys.stdin:
        index = int(line)
        try:
            if checking:
                print(json.dumps(value_of(CASES[index].codes[column], variables)), flush=True)
            else:
                print(stopwatch.measure(index), flush=True)
        except Exception as error:
            print(f"!{type(error).__name__}: {error!s:.200}".replace("\n", " "), flush=True)


class Stopwatch:
    """Takes the time of cases, each as often as the clock needs."""

    def __init__(self, column: str, variables: Namespace) -> None:
        self.column = column
        self.variables = variables
        self.counts: dict[int, int] = {}

    def measure(self, index: int) -> float:
        code = CASES[index].codes[self.column]
        timer = timeit.Timer(code.statement, code.setup, globals=self.variables)
        count = CASES[index].runs or self.counts.get(index)
        if count is None:
            count = self.counts[index] = batch_size(timer)
        return timer.timeit(count) / count * 1e9


def batch_size(timer: timeit.Timer) -> int:
    """How often to run a statement so that the clock does not matter."""
    count = 1
    while True:
        seconds = timer.timeit(count)
        if seconds >= BATCH_SECONDS:
            return count
        count = max(count * 2, int(count * BATCH_SECONDS / max(seconds, 1e-9)))


if __name__ == "__main__":
    main(*sys.argv[1:])
