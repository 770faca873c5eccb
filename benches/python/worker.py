"""Measures on request: one process for each column, asked in turns by compare.py.

    worker.py LIBRARY PATH

Reads a line with the number of a case and writes one with the nanoseconds that
the statement took, the loop around it included; or `!` and what it raised.
"""

from __future__ import annotations

import sys
import timeit
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cases import CASES
from namespaces import namespace

BATCH_SECONDS = 0.02


def main(library: str, path: str) -> None:
    variables = namespace(library, path)
    counts: dict[int, int] = {}
    print("ready", flush=True)
    for line in sys.stdin:
        index = int(line)
        code = CASES[index].code(library)
        assert code is not None
        timer = timeit.Timer(code.statement, code.setup, globals=variables)
        try:
            count = CASES[index].runs or counts.get(index)
            if count is None:
                count = counts[index] = batch_size(timer)
            print(timer.timeit(count) / count * 1e9, flush=True)
        except Exception as error:
            print(f"!{type(error).__name__}: {error!s:.200}".replace("\n", " "), flush=True)


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
