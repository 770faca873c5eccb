"""Calls that keep the GIL: `keep_gil=True` in ours, what others do unless told to release it."""

from __future__ import annotations

from cases.case import CTYPES, CYTHON, NANOBIND, OURS, Case, Code, Section, Target

KEPT = "the GIL kept"

_kept = Section("calls", KEPT)


def _keeping(name: str, function: str, call: str, target: Target | None = None) -> Case:
    """Not upstream's: it has no way to say this, and releases the GIL for each call."""
    code = Code(call, f"f = kept.{function}")
    return _kept.of(name, {OURS: code, CTYPES: code, NANOBIND: code, CYTHON: code}, target=target)


CASES = [
    _keeping("int noargs(void)", "noargs", "f()"),
    _keeping("int add(int, int)", "add", "f(1, 2)", Target(1.25, NANOBIND)),
    _keeping("double fma(double x 3)", "fma3", "f(1.5, 2.5, 3.5)"),
    _keeping("six longs", "six", "f(1, 2, 3, 4, 5, 6)"),
    _keeping("strlen(bytes)", "length", "f(b'hello')"),
]
