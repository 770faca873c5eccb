"""``ffi.verify()``: what is declared and what C measures become one FFI; caching; errors."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
import weakref
from pathlib import Path
from typing import Any

import cffi
import pytest
from cffi.backend_ctypes import CTypesBackend
from cffi.verifier import Verifier

SOURCE = """
#define FIVE 5
#define TWICE(x) ((x) * 2)
static const double ratio = 0.25;
static inline int add(int a, int b) { return a + b; }
static int twice(int x) { return TWICE(x); }
int counter = 7;
struct point { int hidden; short x; double y; };
static double height(struct point p) { return p.y; }
static struct point *made(void) { static struct point it = { 1, 2, 3.5 }; return &it; }
enum color { RED = 5, GREEN };
static enum color favourite(void) { return GREEN; }
typedef int grid_t[3][4];
static int last(int (*grid)[4]) { return grid[2][3]; }
"""


def verify(cdef: str, tmp_path: Path, source: str = SOURCE, **keywords: Any) -> tuple[Any, Any]:
    ffi = cffi.FFI()
    ffi.cdef(cdef)
    return ffi, ffi.verify(source, tmpdir=str(tmp_path), **keywords)


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
            "struct point { int hidden; short x; double y; }; double height(struct point);",
            "lib.height([1, 2, 2.5])",
            2.5,
        ),
        (
            "struct point { short x; ...; };",
            "(ffi.sizeof('struct point'), ffi.offsetof('struct point', 'x'))",
            (16, 4),
        ),
        (
            "struct point { double y; ...; }; struct point *made(void);",
            "(lib.made().y, ffi.typeof(lib.made()) is ffi.typeof('struct point *'))",
            (3.5, True),
        ),
        (
            "enum color { RED, GREEN, ... }; enum color favourite(void);",
            "(lib.favourite(), ffi.string(ffi.cast('enum color', 6)))",
            (6, "GREEN"),
        ),
        ("typedef int grid_t[...][...];", "ffi.typeof('grid_t').cname", "int[3][4]"),
        (
            "typedef int grid_t[...][...]; int last(int (*)[4]);",
            "lib.last(ffi.new('grid_t', [[0] * 4, [0] * 4, [1, 2, 3, 4]]))",
            4,
        ),
    ],
)
def test_what_is_declared_can_be_used(
    cdef: str, expression: str, expected: object, tmp_path: Path
) -> None:
    ffi, lib = verify(cdef, tmp_path)
    assert eval(expression, {"ffi": ffi, "lib": lib}) == expected


def test_variables_are_written(tmp_path: Path) -> None:
    _, lib = verify("extern int counter;", tmp_path)
    lib.counter = 11
    assert lib.counter == 11


@pytest.mark.parametrize(
    ("cdef", "message"),
    [
        ("#define FIVE 6", "^FIVE has the real value 5, not 6"),
        ("enum color { RED = 5, GREEN = 7 };", "^enum color: GREEN has the real value 6, not 7"),
        (
            "struct point { int hidden; short x; float y; };",
            r"^struct point: wrong size for field 'y' \(we have 4, but C compiler says 8\)",
        ),
        (
            "struct point { int hidden; short x; };",
            r"^struct point: wrong total size \(we have 8, but C compiler says 16\)",
        ),
        (
            "struct point { short x; int hidden; double y; };",
            r"^struct point: wrong offset for field 'x' \(we have 0, but C compiler says 4\)",
        ),
        ("struct point { int x; ...; };", "^struct point: wrong size for field 'x'"),
        ("typedef int... word_t;", "only with ffi.set_source.*: 'typedef int... word_t'"),
        ("int missing(void);", "^CompileError"),
    ],
)
def test_wrong_declarations_are_found(cdef: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(cffi.VerificationError, match=message):
        verify(cdef, tmp_path, extra_compile_args=["-Werror=implicit-function-declaration"])


def test_types_made_before_are_the_module_s_types(tmp_path: Path) -> None:
    ffi = cffi.FFI()
    ffi.cdef("struct point { double y; ...; }; struct point *made(void);")
    before = ffi.typeof("struct point *")
    lib = ffi.verify(SOURCE, tmpdir=str(tmp_path))
    assert ffi.typeof(lib.made()) is before
    assert ffi.new(before, {"y": 1.5}).y == 1.5


def test_an_ffi_can_be_verified_more_than_once(tmp_path: Path) -> None:
    ffi = cffi.FFI()
    ffi.cdef("struct point { double y; ...; }; struct point *made(void);")
    first = ffi.verify(SOURCE, tmpdir=str(tmp_path))
    ffi.cdef("double height(struct point);")
    second = ffi.verify(SOURCE, tmpdir=str(tmp_path))
    assert second.height(first.made()[0]) == 3.5


def test_a_module_serves_several_ffis(tmp_path: Path) -> None:
    cdef = "struct point { double y; ...; }; struct point *made(void); extern int counter;"
    ffis = [cffi.FFI() for _ in range(3)]
    for ffi in ffis:
        ffi.cdef(cdef)
    in_use = ffis[2].typeof("struct point *")
    libs = [ffi.verify(SOURCE, tmpdir=str(tmp_path)) for ffi in ffis]
    for ffi, lib in zip(ffis, libs):
        assert ffi.typeof(lib.made()) is ffi.typeof("struct point *")
        assert lib.made().y == 3.5
    assert ffis[2].typeof(libs[2].made()) is in_use
    # One module, but for the FFI whose types were in use before.
    libs[0].counter = 21
    assert [lib.counter for lib in libs] == [21, 21, 7]


def test_modules_are_found_again(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import sys, cffi
        ffi = cffi.FFI()
        ffi.cdef("int f(void);")
        print(ffi.verify("static int f(void) { return 7; }", tmpdir=sys.argv[1]).f())
    """)
    for environment in ({}, {"CC": "/nonexistent/cc"}):
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
        )
        assert done.stdout == "7\n", done.stderr


def test_include(tmp_path: Path) -> None:
    base, base_lib = verify("struct point { double y; ...; }; struct point *made(void);", tmp_path)
    ffi = cffi.FFI()
    ffi.include(base)
    ffi.cdef("double height(struct point);")
    lib = ffi.verify(SOURCE, tmpdir=str(tmp_path))
    assert ffi.typeof("struct point") is base.typeof("struct point")
    assert lib.height(base_lib.made()[0]) == 3.5


def test_a_module_of_another_origin_is_refused(tmp_path: Path) -> None:
    made = cffi.FFI()
    made.set_source("_plain_module", "")
    made.compile(str(tmp_path))
    ffi = cffi.FFI()
    with pytest.raises(cffi.VerificationError, match="was not made by ffi"):
        ffi.verify("", tmpdir=str(tmp_path), modulename="_plain_module")
    verify("struct point { double y; ...; };", tmp_path, modulename="_verified_module")
    with pytest.raises(cffi.VerificationError, match="was made from other declarations"):
        verify("struct color;", tmp_path, modulename="_verified_module")


def test_another_backend(tmp_path: Path) -> None:
    ffi = cffi.FFI(backend=CTypesBackend())
    ffi.cdef("""
        #define FIVE 5
        int twice(int);
        extern int counter;
        struct point { int hidden; short x; double y; };
        struct point *made(void);
    """)
    lib = ffi.verify(SOURCE, tmpdir=str(tmp_path))
    assert (lib.FIVE, lib.twice(21), lib.counter, lib.made().y) == (5, 42, 7, 3.5)
    lib.counter += 1
    assert lib.counter == 8
    assert isinstance(lib.made(), ffi.CData)
    assert lib._cffi_generic_module


def test_the_library_keeps_the_ffi(tmp_path: Path) -> None:
    ffi, lib = verify("int add(int, int);", tmp_path)
    references = weakref.ref(ffi), weakref.ref(lib)
    del ffi
    gc.collect()
    assert references[0]() is not None
    assert lib.add(1, 2) == 3
    del lib
    gc.collect()
    assert references[0]() is None
    assert references[1]() is None


def test_functions_own_their_library(tmp_path: Path) -> None:
    _, lib = verify("int add(int, int); int twice(int);", tmp_path)
    counts = sys.getrefcount(lib), len(gc.get_referrers(lib))
    assert (lib.add(1, 2), lib.twice(3)) == (3, 6)
    references = sys.getrefcount(lib) - counts[0]
    assert references == len(gc.get_referrers(lib)) - counts[1] > 0


@pytest.mark.parametrize("generic", [False, True])
def test_names(generic: bool, tmp_path: Path) -> None:
    def name(cdef: str, source: str, **keywords: Any) -> str:
        ffi = cffi.FFI()
        ffi.cdef(cdef)
        verifier = Verifier(
            ffi, source, tmpdir=str(tmp_path), force_generic_engine=generic, **keywords
        )
        return verifier.get_module_name()

    names = [
        name("int f(void);", ""),
        name("long f(void);", ""),
        name("int f(void);", " "),
        name("int f(void);", "", libraries=["m"]),
        name("int f(void);", "", tag="tag"),
    ]
    assert len(set(names)) == len(names)
    assert name("int f(void);", "") == names[0]
    assert all(name.startswith("_cffi_") for name in names)
    assert names[4].startswith("_cffi_tag_")
    with pytest.raises(TypeError):
        name("int f(void);", "", modulename="m", tag="t")
