"""``ffi.verify()``: functions, macros, constants and variables of compiled C; what it refuses."""

from __future__ import annotations

from pathlib import Path

import cffi
import pytest

SOURCE = """
#define FIVE 5
#define TWICE(x) ((x) * 2)
static const double ratio = 0.25;
static inline int add(int a, int b) { return a + b; }
static int twice(int x) { return TWICE(x); }
int counter = 7;
struct point { short x; double y; };
static double height(struct point p) { return p.y; }
"""


def verify(cdef: str, tmp_path: Path, source: str = SOURCE) -> object:
    ffi = cffi.FFI()
    ffi.cdef(cdef)
    return ffi.verify(source, tmpdir=str(tmp_path))


@pytest.mark.parametrize(
    ("cdef", "expression", "expected"),
    [
        ("int add(int, int);", "lib.add(40, 2)", 42),
        ("int twice(int);", "lib.twice(21)", 42),
        ("#define FIVE ...", "lib.FIVE", 5),
        ("#define FIVE 5", "lib.FIVE", 5),
        ("static const int FIVE;", "lib.FIVE", 5),
        ("static const double ratio;", "lib.ratio", 0.25),
        ("extern int counter;", "lib.counter", 7),
        (
            "struct point { short x; double y; }; double height(struct point);",
            "lib.height([1, 2.5])",
            2.5,
        ),
    ],
)
def test_what_is_declared_can_be_used(
    cdef: str, expression: str, expected: object, tmp_path: Path
) -> None:
    lib = verify(cdef, tmp_path)
    assert eval(expression, {"lib": lib}) == expected


def test_variables_are_written(tmp_path: Path) -> None:
    lib = verify("extern int counter;", tmp_path)
    lib.counter = 11  # type: ignore[attr-defined]
    assert lib.counter == 11  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("cdef", "message"),
    [
        ("#define FIVE 6", "FIVE is 5 in C, but 6 in the cdef"),
        ("struct point { short x; float y; };", "struct point: the size is 16 bytes in C"),
        ("int missing(void);", "missing"),
    ],
)
def test_wrong_declarations_are_found(cdef: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(cffi.VerificationError, match=message):
        verify(cdef, tmp_path)


@pytest.mark.parametrize(
    "cdef", ["struct point { short x; ...; };", 'extern "Python" int callback(int);']
)
def test_what_needs_a_generated_module_is_refused(cdef: str, tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError):
        verify(cdef, tmp_path)
