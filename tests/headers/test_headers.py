"""Whole headers of real libraries through ``ffi.cdef()``, compared with gcc.

A header that is accepted but misread shows in the sizes: every struct and union,
by tag and by typedef name, and every other named type has to be as large and as
aligned as gcc says, and those without a size have to have none in C either.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cffi
import pytest
from compiler import Header, Layout, complete_in_c, load, preprocess, wrong_layouts

HEADERS = load()
# Types that a declaration may name, but that CFFI has no values of.
UNSUPPORTED = (
    "_Float",
    "__int128",
    "__float128",
    "_Decimal",
    "__attribute__",
    "_Complex",
)


@pytest.fixture(scope="session", autouse=True)
def packages(repository: Path) -> None:
    """The -dev packages, installed where they are missing."""
    if shutil.which("dpkg-query") is None:
        pytest.skip("the table of headers is of Debian packages")
    names = sorted({header.package for header in HEADERS})
    result = subprocess.run([repository / "tools" / "apt.sh", *names, "gcc", "pkg-config"])
    assert result.returncode == 0


def test_the_table_is_large_enough() -> None:
    assert len(HEADERS) >= 60
    assert len({header.package for header in HEADERS}) >= 15


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: f"{header.package}/{header.name}")
def test_header(header: Header, ffi: cffi.FFI) -> None:
    ffi.cdef(preprocess(header))
    names = list(declared_types(ffi))
    layouts = []
    without_size = []
    for name in names:
        layout = layout_of(ffi, name)
        if layout is None:
            without_size.append(name)
        else:
            layouts.append(layout)
    assert wrong_layouts(header, layouts) == []
    assert complete_in_c(header, without_size) == []


def declared_types(ffi: cffi.FFI) -> Iterator[str]:
    """C names of the records and of the types that stand behind typedefs."""
    typedefs, structs, unions = ffi.list_types()
    for keyword, tags in (("struct", structs), ("union", unions)):
        for tag in tags:
            yield f"{keyword} {tag}"
    for name in typedefs:
        # `void` and functions have a size of 1 in GNU C and none in CFFI.
        if type_kind(ffi, name) not in ("void", "function", "unsupported"):
            yield name


def type_kind(ffi: cffi.FFI, name: str) -> str:
    try:
        return ffi.typeof(name).kind
    except (NotImplementedError, cffi.CDefError, cffi.FFIError) as error:
        if "is a function type" in str(error):
            return "function"
        if any(word in str(error) for word in UNSUPPORTED):
            return "unsupported"
        raise


def layout_of(ffi: cffi.FFI, name: str) -> Layout | None:
    """Size and alignment; None for a type that is declared and not defined."""
    try:
        size = ffi.sizeof(name)
    except ValueError:
        return None
    return Layout(name, size, ffi.alignof(name))
