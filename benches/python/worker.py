"""Measures on request: one process for each implementation, asked in turns by compare.py.

Reads a line with the number of a case and writes one with the nanoseconds that
the statement took.  Only this file and cases.py run in it.
"""

from __future__ import annotations

import sys
import timeit
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cases import CASES, namespace

BATCH_SECONDS = 0.02


def main(library: str) -> None:
    variables = namespace(library)
    counts: dict[int, int] = {}
    print("ready", flush=True)
    for line in sys.stdin:
        index = int(line)
        case = CASES[index]
        timer = timeit.Timer(case.statement, case.setup, globals=variables)
        # A statement that is only new once is run once.
        count = 1 if "new strings" in case.name else counts.get(index)
        if count is None:
            count = counts[index] = batch_size(timer)
        print(timer.timeit(count) / count * 1e9, flush=True)


def batch_size(timer: timeit.Timer) -> int:
    """How often to run a statement so that the clock does not matter."""
    count = 1
    while True:
        seconds = timer.timeit(count)
        if seconds >= BATCH_SECONDS:
            return count
        count = max(count * 2, int(count * BATCH_SECONDS / max(seconds, 1e-9)))


if __name__ == "__main__":
    main(sys.argv[1])
