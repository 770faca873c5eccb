"""The committed table of outcomes, expected.toml: reading, comparing, writing.

The table names every test that does not pass, with the reason.  Everything else
passes, and how many that are is written down too, so that neither a lost test
nor a new one goes unnoticed.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PATH = Path(__file__).with_name("expected.toml")

HEADER = """\
# What upstream's tests do on our wheel: per file how many pass, and each test that does
# not, with the reason. `run.py` fails on any difference, in either direction.
# `run.py --record` writes the numbers and the names; reasons are written by hand, and a
# missing one is a difference too.
#
# outcome: skipped, xfailed (both decided by the test itself), failed, error, crashed, timeout
"""


@dataclass
class NotPassed:
    """Tests of one file that share an outcome and the reason for it."""

    outcome: str
    reason: str
    tests: list[str]


@dataclass
class Expected:
    """What is expected of one file."""

    passed: int
    exceptions: list[NotPassed] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """What one test did, in one word, and what it said."""

    word: str
    message: str = ""


def load() -> dict[str, Expected]:
    """The table, by file."""
    table: dict[str, Expected] = {}
    for name, entry in tomllib.loads(PATH.read_text(encoding="utf-8")).items():
        exceptions = [NotPassed(**exception) for exception in entry.get("not_passed", [])]
        table[name] = Expected(entry["passed"], exceptions)
    return table


def compare(expected: Expected, actual: dict[str, Outcome]) -> list[str]:
    """Every difference between the table and a run, in words."""
    differences: list[str] = []
    expected_words: dict[str, str] = {}
    for exception in expected.exceptions:
        if not exception.reason.strip():
            differences.append(f"no reason is given for {', '.join(exception.tests)}")
        expected_words.update(dict.fromkeys(exception.tests, exception.outcome))

    for test, outcome in actual.items():
        word = expected_words.pop(test, "passed")
        if outcome.word != word:
            message = f": {outcome.message}" if outcome.message else ""
            differences.append(f"{test} {outcome.word}, expected {word}{message}")
    differences += [f"{test} was not run, expected {word}" for test, word in expected_words.items()]

    passed = sum(outcome.word == "passed" for outcome in actual.values())
    if passed != expected.passed:
        differences.append(f"{passed} passed, expected {expected.passed}")
    return differences


def record(table: dict[str, Expected], file: str, actual: dict[str, Outcome]) -> None:
    """Put a run into the table, keeping the reasons of tests that still do the same."""
    known = {
        (test, exception.outcome): exception.reason
        for exception in (table[file].exceptions if file in table else [])
        for test in exception.tests
    }
    exceptions: dict[tuple[str, str], NotPassed] = {}
    passed = 0
    for test, outcome in actual.items():
        if outcome.word == "passed":
            passed += 1
            continue
        reason = known.get((test, outcome.word), "")
        entry = exceptions.setdefault((outcome.word, reason), NotPassed(outcome.word, reason, []))
        entry.tests.append(test)
    table[file] = Expected(passed, list(exceptions.values()))


def save(table: dict[str, Expected]) -> None:
    """Write the table, in an order that makes good diffs."""
    lines = [HEADER]
    for name, expected in sorted(table.items()):
        lines += [f'["{name}"]', f"passed = {expected.passed}", ""]
        for exception in expected.exceptions:
            lines += [f'[["{name}".not_passed]]', f'outcome = "{exception.outcome}"']
            lines.append(f"reason = {json.dumps(exception.reason, ensure_ascii=False)}")
            lines += [
                "tests = [",
                *(f"    {json.dumps(test)}," for test in exception.tests),
                "]",
                "",
            ]
    PATH.write_text("\n".join(lines), encoding="utf-8")
