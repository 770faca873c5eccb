"""What one measurement is: not how it is taken, which is worker.py's."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """A statement, and what runs before it; both see the names of a namespace and nothing else."""

    statement: str
    setup: str = "pass"


class Case(NamedTuple):
    """The same work for each library that can do it."""

    group: str
    name: str
    cffi: Code
    ctypes: Code | None = None
    nanobind: Code | None = None
    target: float | None = None
    """What our time is to be at most, as a part of upstream's."""
    runs: int | None = None
    """How often a measurement runs the statement; None is for as long as the clock needs."""

    def code(self, library: str) -> Code | None:
        """What a library runs; None where it has no natural way to do this."""
        return {"cffi": self.cffi, "ctypes": self.ctypes, "nanobind": self.nanobind}[library]


class Mean(NamedTuple):
    """The geometric mean of our times as parts of upstream's, over some cases of a group."""

    name: str
    group: str
    cases: list[str]
    target: float


class Group:
    """Makes the cases of one group."""

    def __init__(self, name: str) -> None:
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
        runs: int | None = None,
    ) -> Case:
        """What cffi does, and others in another way or not at all."""
        code = Code(statement, setup)
        return Case(self.name, name, code, ctypes, nanobind, target, runs)

    def same(
        self, name: str, statement: str, setup: str = "pass", *, target: float | None = None
    ) -> Case:
        """What every library does in the same words."""
        code = Code(statement, setup)
        return Case(self.name, name, code, code, code, target)
