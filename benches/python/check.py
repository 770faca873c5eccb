"""Whether the columns do the same work: each case once, and what it comes to compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from cases import CASES
from cases.case import OURS, UPSTREAM
from measure import RaisedError, Worker
from values import is_opaque


def check(workers: Mapping[str, Worker]) -> tuple[int, list[str]]:
    """How many cases come to the same, and what the others come to."""
    passed = 0
    failures = []
    for index, case in enumerate(CASES):
        values: dict[str, Any] = {}
        try:
            for column, worker in workers.items():
                if column in case.codes:
                    values[column] = json.loads(worker.ask(index))
        except RaisedError as error:
            failures.append(str(error))
            continue
        differing = differences(values)
        passed += not differing
        failures += [f"{case.words}: {line}" for line in differing]
    return passed, failures


def differences(values: Mapping[str, Any]) -> list[str]:
    """The two cffis agree in everything, the others with them in numbers and text."""
    found = []
    names = list(values)
    for name, other in pairwise(names):
        cffis = {name, other} == {OURS, UPSTREAM}
        a, b = values[name], values[other]
        if not cffis and (is_opaque(a) or is_opaque(b)):
            continue
        if not cffis and isinstance(a, dict) and isinstance(b, dict):
            common = a.keys() & b.keys()
            a, b = ({key: of[key] for key in common} for of in (a, b))
        if a != b:
            found.append(f"{name} {a!r:.200}, but {other} {b!r:.200}")
    return found
