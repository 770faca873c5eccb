"""Measuring in turns: A B C A B C ..., so that a machine that slows down slows all of them down."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from cases import CASES
from cases.case import OURS, UPSTREAM

HERE = Path(__file__).resolve().parent


ENOUGH_SECONDS = 5
AT_LEAST = 3
CONFIRMED = 3
WITHIN = 1.01
"""The smallest time counts when so many have been seen that are no larger than this times it."""
AT_MOST = 4
"""Where they are not, measuring goes on up to so many times the usual number."""

NEAR = 0.05
"""Closer than this to each other, noise decides which of two is quicker."""

Name = TypeVar("Name")


def alternate(measures: Mapping[Name, Callable[[], float]], repeats: int) -> dict[Name, float]:
    """The smallest of each, measured in turns: so often, or as time allows."""
    seen: dict[Name, list[float]] = {name: [] for name in measures}
    end = time.monotonic() + ENOUGH_SECONDS
    for taken in range(repeats * AT_MOST):
        if taken >= min(repeats, AT_LEAST) and time.monotonic() > end:
            break
        if taken >= repeats and all(is_confirmed(times) for times in seen.values()):
            break
        for name, measure in measures.items():
            seen[name].append(measure())
    return {name: min(times) for name, times in seen.items()}


def settled(
    times: dict[str, float], measure_again: Callable[[], dict[str, float]]
) -> dict[str, float]:
    """The smallest of each; of two rounds, where one does not tell ours from upstream's."""
    if OURS not in times or UPSTREAM not in times:
        return times
    if abs(times[OURS] / times[UPSTREAM] - 1) >= NEAR:
        return times
    again = measure_again()
    return {of: min(time, again[of]) for of, time in times.items()}


def is_confirmed(times: list[float]) -> bool:
    """Whether the smallest is no accident: a machine that was quick for a moment."""
    limit = min(times) * WITHIN
    return sum(time <= limit for time in times) >= CONFIRMED


def wall(python: str | Path, code: str) -> float:
    """How many nanoseconds a process takes to run some code."""
    start = time.perf_counter()
    subprocess.run([python, "-I", "-c", code], check=True)
    return (time.perf_counter() - start) * 1e9


def answer_of(command: list[str | Path]) -> Any:
    """What a script writes, as JSON."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: ended with {done.returncode}")
    return json.loads(done.stdout)


class Worker:
    """A process that measures cases for one column, or says what they come to."""

    def __init__(self, python: str, column: str, path: Path, *words: str) -> None:
        self.python = python
        self.column = column
        self.process = subprocess.Popen(
            [python, str(HERE / "worker.py"), column, str(path), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        self.case: int | None = None
        self.read()

    def measure(self, index: int) -> float:
        return float(self.ask(index))

    def ask(self, index: int) -> str:
        assert self.process.stdin is not None
        self.case = index
        self.process.stdin.write(f"{index}\n")
        self.process.stdin.flush()
        answer = self.read()
        if answer.startswith("!"):
            case = CASES[index]
            raise RaisedError(
                f"{self.column}: {case.words}: {case.codes[self.column]} "
                f"raised {answer[1:].rstrip()}"
            )
        return answer

    def read(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            place = "its start" if self.case is None else CASES[self.case].words
            raise SystemExit(f"{self.column} ended with {self.process.wait()}: {place}")
        return line

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


class RaisedError(SystemExit):
    """A case raised something: nothing to be measured."""
