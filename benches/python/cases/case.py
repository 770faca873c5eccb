"""What one measurement is: not how it is taken, which is worker.py's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

OURS, UPSTREAM, CTYPES, NANOBIND, CYTHON = "ours", "upstream", "ctypes", "nanobind", "cython"
COLUMNS = [OURS, UPSTREAM, CTYPES, NANOBIND, CYTHON]


class Code(NamedTuple):
    """A statement, and what runs before it; both see the names of a namespace and nothing else."""

    statement: str
    setup: str = "pass"
    result: str | None = None
    """An expression for what the statement has done, where the statement does not say it: that of
    an expression is its value, and that of an assignment is what was assigned to."""


class Target(NamedTuple):
    """What our time is to be at most, as a part of another column's."""

    limit: float
    against: str = UPSTREAM


class Case(NamedTuple):
    """The same work for each column that has a natural way to do it."""

    group: str
    section: str
    name: str
    codes: Mapping[str, Code]
    target: Target | None = None
    runs: int | None = None
    """How often a measurement runs the statement; None is for as long as the clock needs."""
    repeats: int | None = None
    """How often it is measured, where the usual number would take minutes."""

    @property
    def words(self) -> str:
        return f"{self.group}: {self.section}: {self.name}"


class Mean(NamedTuple):
    """The geometric mean of our times as parts of upstream's, over the lines of some sections."""

    name: str
    group: str
    sections: tuple[str, ...] | None = None
    """None is all of them."""
    names: tuple[str, ...] | None = None
    """None is every line of these sections."""
    target: float | None = None


class Section:
    """Makes the cases of one section of a group."""

    def __init__(self, group: str, name: str) -> None:
        self.group = group
        self.name = name

    def case(
        self,
        name: str,
        statement: str,
        setup: str = "pass",
        *,
        target: float | None = None,
        ctypes: Code | None = None,
        nanobind: Code | None = None,
        cython: Code | None = None,
        runs: int | None = None,
        repeats: int | None = None,
        result: str | None = None,
    ) -> Case:
        """What both cffis do in the same words, and others in other words or not at all."""
        code = Code(statement, setup, result)
        codes = {OURS: code, UPSTREAM: code, CTYPES: ctypes, NANOBIND: nanobind, CYTHON: cython}
        return self.of(
            name,
            {column: code for column, code in codes.items() if code is not None},
            target=None if target is None else Target(target),
            runs=runs,
            repeats=repeats,
        )

    def same(
        self, name: str, statement: str, setup: str = "pass", *, target: float | None = None
    ) -> Case:
        """What every library does in the same words."""
        code = Code(statement, setup)
        return self.of(
            name,
            dict.fromkeys(COLUMNS, code),
            target=None if target is None else Target(target),
        )

    def of(
        self,
        name: str,
        codes: Mapping[str, Code],
        *,
        target: Target | None = None,
        runs: int | None = None,
        repeats: int | None = None,
    ) -> Case:
        """What each column does, said for each."""
        return Case(self.group, self.name, name, codes, target, runs, repeats)
