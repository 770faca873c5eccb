"""Runs the parts of ``make test``, and adds up what they report.

    parts.py all                     every part, in order, and the total
    parts.py rust python             these
    parts.py conformance -- ARGS     one, with arguments for what it runs

Each part ends in one line ``NAME: N passed, N failed``.  A part that breaks off
counts as one failure, and the parts after it still run; so does one that hangs,
which is stopped.  What a part needs (the environments under build/) is made by the
Makefile, not here.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
LINT = ROOT / "build" / "lint" / "bin"


@dataclass
class Count:
    """What a part reports."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __iadd__(self, other: Count) -> Count:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self) -> str:
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


@dataclass(frozen=True)
class Part:
    """A command, and how its output is counted."""

    name: str
    command: list[str]
    count: Callable[[str], Count | None]
    environment: dict[str, str] = field(default_factory=dict)
    minutes: float = 15
    """After so long it hangs, even on a slow machine."""


def no_count(_output: str) -> Count | None:
    """For checks: they hold, or they do not."""
    return Count(passed=1)


def cargo_count(output: str) -> Count | None:
    """Sums the summaries of the test programs that ``cargo test`` ran."""
    found = re.findall(
        r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored", output, re.M
    )
    return sum_of(found)


def pytest_count(output: str) -> Count | None:
    """Reads the last line of pytest; tests that could not be set up failed."""
    summary = re.findall(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s", output, re.M)
    if not summary:
        return None
    numbers = {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", summary[-1])}
    return Count(
        passed=numbers.get("passed", 0) + numbers.get("xfailed", 0),
        failed=sum(numbers.get(word, 0) for word in ("failed", "error", "errors", "xpassed")),
        skipped=numbers.get("skipped", 0),
    )


def own_count(output: str) -> Count | None:
    """Reads the last ``N passed, N failed`` of one of our own runners."""
    found = re.findall(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", output)
    return sum_of(found[-1:])


def sum_of(found: list[tuple[str, str, str]]) -> Count | None:
    if not found:
        return None
    total = Count()
    for passed, failed, skipped in found:
        total += Count(int(passed), int(failed), int(skipped or 0))
    return total


PYTEST = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
# Several processes (pytest-xdist). Not where a fixture installs or downloads something.
IN_PARALLEL = [*PYTEST, "-n", "auto", "--maxprocesses", "4", "--dist"]
CHECKED_BY_RUFF = ["python", "tests", "tools", "demo", "benches", "examples", "setup.py"]

CLIPPY = ["cargo", "clippy", "--quiet"]
NO_WARNINGS = ["--", "-D", "warnings"]

PARTS = [
    Part("fmt", ["cargo", "fmt", "--all", "--check"], no_count),
    Part("clippy", [*CLIPPY, "--workspace", "--all-targets", *NO_WARNINGS], no_count),
    # The other configurations that this compiles in; a free-threaded Python is not needed for it.
    Part(
        "free-threaded",
        [*CLIPPY, "--package", "cffi-backend", *NO_WARNINGS],
        no_count,
        {
            "PYO3_CONFIG_FILE": str(ROOT / "tools" / "free-threaded.pyo3"),
            "CARGO_TARGET_DIR": str(ROOT / "target" / "free-threaded"),
        },
    ),
    Part("ruff", [str(LINT / "ruff"), "check", "--quiet", *CHECKED_BY_RUFF], no_count),
    Part(
        "ruff-format",
        [str(LINT / "ruff"), "format", "--quiet", "--check", *CHECKED_BY_RUFF],
        no_count,
    ),
    Part("mypy", [str(LINT / "mypy"), "--strict", "python"], no_count),
    Part(
        "rust",
        ["cargo", "test", "--quiet", "--workspace", "--no-fail-fast"],
        cargo_count,
    ),
    Part("python", [*IN_PARALLEL, "worksteal", "tests/python"], pytest_count),
    # It compiles some 700 modules, and makes environments with them.
    Part("conformance", [PYTHON, "tests/conformance/run.py"], own_count, minutes=45),
    Part("differential", [PYTHON, "tests/differential/run.py"], own_count),
    Part("codegen", [*IN_PARALLEL, "worksteal", "tests/codegen"], pytest_count),
    Part("matrix", [PYTHON, "tests/matrix/run.py"], own_count),
    Part("instructions", [PYTHON, "tests/instructions/run.py"], own_count),
    Part("benches", [PYTHON, "benches/python/compare.py", "--check"], own_count),
    Part("headers", [*PYTEST, "tests/headers"], pytest_count),
    # By files: building an sdist writes into the source tree.
    Part("packaging", [*IN_PARALLEL, "loadfile", "tests/packaging"], pytest_count),
    Part("examples", [*PYTEST, "tests/examples"], pytest_count),
    Part("versions", [PYTHON, "tests/packaging/versions.py"], own_count, minutes=45),
]


def run(part: Part, arguments: list[str]) -> Count:
    """Runs a part, passing its output on as it comes."""
    print(f"--- {part.name}: {' '.join(shorten(part.command))}", flush=True)
    start = time.monotonic()
    process = subprocess.Popen(
        [*part.command, *arguments],
        cwd=ROOT,
        env={**os.environ, **part.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # A process group of its own, to stop all that the part has started.
        start_new_session=True,
    )
    lines: list[str] = []
    assert process.stdout is not None
    watch = threading.Timer(part.minutes * 60, stop, [process, part])
    watch.start()
    try:
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        watch.cancel()
    status = process.wait()
    count = part.count("".join(lines))
    if count is None:
        count = Count()
    # Whatever the output says: a status other than 0 is a failure, and so is a part
    # that tested nothing.
    if status != 0 and part.count is no_count:
        count = Count(failed=1)
    elif (status != 0 and count.failed == 0) or count.passed + count.failed == 0:
        count.failed += 1
        print(f"{part.name}: ended with status {status} after {count.passed} passed tests")
    print(f"{part.name}: {count}   ({time.monotonic() - start:.0f} s)", flush=True)
    return count


def stop(process: subprocess.Popen[str], part: Part) -> None:
    print(f"{part.name}: stopped after {part.minutes:g} minutes", flush=True)
    os.killpg(process.pid, signal.SIGKILL)


def shorten(command: list[str]) -> list[str]:
    return [word.replace(f"{ROOT}/", "") for word in command]


def main(words: list[str]) -> int:
    names, arguments = words, []
    if "--" in words:
        split = words.index("--")
        names, arguments = words[:split], words[split + 1 :]
    by_name = {part.name: part for part in PARTS}
    if names == ["all"]:
        names = list(by_name)
    unknown = [name for name in names if name not in by_name]
    if unknown or not names:
        print(
            f"unknown parts {unknown}; there are: all {' '.join(by_name)}",
            file=sys.stderr,
        )
        return 2

    counts = [(name, run(by_name[name], arguments)) for name in names]
    total = Count()
    for _, count in counts:
        total += count
    if len(counts) > 1:
        print("\n--- totals")
        for name, count in counts:
            print(f"{name:12} {count}")
        print(f"{'total':12} {total}")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
