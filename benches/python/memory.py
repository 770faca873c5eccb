"""What declarations take of memory: measured in processes of their own.

    memory.py COLUMN WORK         writes a number of bytes

What a struct takes is how much more the process has resident afterwards for each struct, with
everything that has not been given back to the system; the peak is the most that a process
had resident that declared texts of every size.  Linux only: from /proc.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import text
from cases.case import CTYPES, OURS, UPSTREAM
from cases.declarations import SIZES
from measure import answer_of
from results import Line

GROUP, SECTION = "declarations", "memory"
STRUCTS = 5000


def measure(pythons: Mapping[str, str]) -> Iterator[Line]:
    """Once: what takes memory takes the same again."""

    def smallest(work: str, *columns: str) -> dict[str, float]:
        script = Path(__file__)
        return {of: answer_of([pythons[of], script, of, work]) for of in columns}

    everyone = [of for of in (OURS, UPSTREAM, CTYPES) if of in pythons]
    yield line("for each of 5000 structs, declared", smallest("declared", OURS, UPSTREAM))
    yield line("for each, declared and used", smallest("used", *everyone))
    yield line("peak of a bare interpreter", smallest("bare", OURS, UPSTREAM), counts=False)
    yield line("peak with all of cdef declared", smallest("peak", OURS, UPSTREAM))


def line(name: str, values: Mapping[str, float], counts: bool = True) -> Line:
    return Line(GROUP, SECTION, name, values, unit="bytes", counts=counts)


def main(column: str, work: str) -> None:
    if work == "bare":
        print(peak())
    elif work == "peak":
        declare_all()
        print(peak())
    else:
        print(growth(column, work == "used"))


def growth(column: str, used: bool) -> float:
    """For each struct."""
    if column == CTYPES:
        import ctypes

        before = resident()
        kept: object = [of_ctypes(ctypes, number) for number in range(STRUCTS)]
    else:
        from cffi import FFI

        declared = text.structs(STRUCTS)
        ffi = FFI()
        # What a first use loads counts for nobody.
        ffi.cdef("struct first { int number; };")
        ffi.sizeof("struct first")
        before = resident()
        ffi.cdef(declared)
        if used:
            for number in range(STRUCTS):
                ffi.sizeof(f"struct s_{number}")
        kept = ffi
    after = resident()
    assert kept is not None
    return (after - before) / STRUCTS


def of_ctypes(ctypes, number):  # type: ignore[no-untyped-def]
    name = f"s_{number}"
    struct = type(name, (ctypes.Structure,), {})
    struct._fields_ = [
        ("number", ctypes.c_int),
        ("real", ctypes.c_double),
        ("text", ctypes.c_char_p),
        ("next", ctypes.POINTER(struct)),
    ]
    return struct


def declare_all() -> None:
    from cffi import FFI

    for size in SIZES.values():
        ffi = FFI()
        ffi.cdef(text.of_size(size))
        ffi.typeof("record_0_t *[7]")


def resident() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def peak() -> int:
    """Not ru_maxrss: that is at least what the parent had when it started this process."""
    (kilobytes,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
