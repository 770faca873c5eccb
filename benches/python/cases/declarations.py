"""Declarations: cdef() of texts of several sizes, and a type name that is new after each.

The largest text takes upstream's parser ten seconds and more: it is measured twice.
"""

from __future__ import annotations

from cases.case import Case, Section

CDEF = "cdef"
NAMING = "a new type name"

_cdef = Section("declarations", CDEF)
_naming = Section("declarations", NAMING)

SIZES = {"1 kB": 1_000, "10 kB": 10_000, "100 kB": 100_000, "2 MB": 2_000_000}
LARGEST = max(SIZES.values())


def _declaring(name: str, size: int) -> Case:
    return _cdef.case(
        f"cdef of {name}",
        "(ffi := FFI()).cdef(declared)",
        f"declared = text({size})",
        # Once each, and twice: see above.
        runs=1 if size == LARGEST else None,
        repeats=2 if size == LARGEST else None,
        result="ffi.sizeof('record_0_t')",
    )


def _naming_after(name: str, size: int) -> Case:
    # A name for each time: what was named before is found without its text being read.
    return _naming.case(
        f"typeof(new name), after {name}",
        "typeof(next(names))",
        f"typeof = declared({size}).typeof; names = new_names(100)",
        runs=5 if size == LARGEST else 20,
        repeats=3 if size == LARGEST else None,
        result="typeof('record_0_t *[7]').length",
    )


CASES = [
    _cdef.case(
        "FFI() + cdef of 15 lines", "(ffi := FFI()).cdef(SMALL)", result="ffi.sizeof('item_t')"
    ),
    *[_declaring(name, size) for name, size in SIZES.items()],
    *[_naming_after(name, size) for name, size in SIZES.items()],
]
