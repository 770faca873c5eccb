"""What is measured, as data: one module for each kind of work."""

from __future__ import annotations

from cases import (
    access,
    callbacks,
    calls,
    compiled,
    declarations,
    generation,
    kept,
    objects,
    pointers,
    starting,
    types,
    values,
)
from cases.case import Mean
from cases.signatures import NAMES, OF_SEVERAL

GROUPS = ["start-up", "declarations", "calls", "callbacks", "data", "generation", "programs"]

CASES = [
    *declarations.CASES,
    *calls.CASES,
    *compiled.CASES,
    *pointers.CASES,
    *kept.CASES,
    *callbacks.CASES,
    *objects.CASES,
    *access.CASES,
    *values.CASES,
    *types.CASES,
    *generation.CASES,
]

_API = (compiled.THEIRS, compiled.OWN)

MEANS = [
    Mean(
        f"start-up: {starting.FIRST}",
        starting.GROUP,
        (starting.INSIDE,),
        (starting.FIRST,),
        target=0.08,
    ),
    Mean("declarations", "declarations", (declarations.CDEF, declarations.NAMING), target=0.01),
    Mean("calls in ABI mode, 12 signatures", "calls", (calls.ABI,), NAMES, 0.38),
    Mean("calls in ABI mode, all lines", "calls", (calls.ABI,)),
    Mean("calls in API mode, 12 signatures, both modules", "calls", _API, NAMES, 0.72),
    Mean("calls in API mode, those of 2 arguments and more", "calls", _API, OF_SEVERAL, 0.65),
    Mean("calls in API mode, all lines", "calls", _API),
    Mean("calls by function pointers", "calls", (pointers.POINTERS,)),
    Mean("variadic calls", "calls", pointers.VARIADIC),
    Mean("callbacks", "callbacks", target=0.55),
    Mean("data", "data", target=0.6),
    Mean("generation", "generation", target=0.04),
    Mean("programs", "programs"),
]
