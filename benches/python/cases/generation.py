"""Modules: from declarations to their text in C or Python, without a compiler."""

from __future__ import annotations

from cases.case import Case, Section

_c = Section("generation", "C")
_python = Section("generation", "Python")

# Upstream's prints what it does: that goes where nobody looks, in both.
EMIT = "with redirect_stdout(StringIO()): emit(target := StringIO())"
TEXT = "len(target.getvalue()) > 1000"
PREPARE = (
    "from contextlib import redirect_stdout; from io import StringIO;"
    "ffi = FFI(); ffi.cdef({cdef}); ffi.set_source('_m', {source}); emit = ffi.{step}"
)


def _emitting(cdef: str, source: str, step: str) -> str:
    return PREPARE.format(cdef=cdef, source=source, step=step)


def _cases(section: Section, step: str, source: str) -> list[Case]:
    return [
        section.case(f"{step}, 15 lines", EMIT, _emitting("SMALL", source, step), result=TEXT),
        section.case(f"{step}, 10 kB", EMIT, _emitting("text(10_000)", source, step), result=TEXT),
        section.case(
            f"{step}, 400 of each",
            EMIT,
            _emitting("LARGE", source, step),
            target=0.05,
            result=TEXT,
        ),
    ]


CASES = [
    *_cases(_c, "emit_c_code", "''"),
    *_cases(_python, "emit_python_code", "None"),
]
