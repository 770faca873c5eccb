"""What is measured, as data: one module for each group of cases."""

from __future__ import annotations

from cases import access, callbacks, calls, compiled, declarations, modules, objects, values

CASES = [
    *calls.CASES,
    *callbacks.CASES,
    *compiled.CASES,
    *objects.CASES,
    *access.CASES,
    *values.CASES,
    *declarations.CASES,
    *modules.CASES,
]
MEANS = compiled.MEANS
