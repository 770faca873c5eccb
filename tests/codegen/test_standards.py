"""Generated C compiles without warnings, whatever the compiler and its standard."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from compilers import INCLUDE, WARNINGS, check, needed, run

# One compiler sees every standard, the other one the first and the last.
C = [*itertools.product(["gcc"], ["c99", "c11", "c17", "c2x"]), ("clang", "c99"), ("clang", "c2x")]
CXX = [
    *itertools.product(["g++"], ["c++11", "c++14", "c++17", "c++20"]),
    ("clang++", "c++11"),
    ("clang++", "c++20"),
]

# From C++17 on the standard library's headers take longer than all else: they are compiled once.
LONG_HEADERS = ["c++17", "c++20"]
HEADERS = "".join(f"#include <{name}>\n" for name in ("cmath", "cstdlib", "cstdio", "cwchar"))


@pytest.mark.parametrize("compiler, standard", C)
def test_c(modules: list[Path], compiler: str, standard: str) -> None:
    command = [needed(compiler), f"-std={standard}", *WARNINGS, "-fsyntax-only", f"-I{INCLUDE}"]
    assert check(command, modules) == ""


@pytest.mark.parametrize("compiler, standard", CXX)
def test_cxx(modules: list[Path], compiler: str, standard: str, tmp_path: Path) -> None:
    command = [needed(compiler), "-x", "c++", f"-std={standard}", *WARNINGS]
    if standard in LONG_HEADERS:
        header = tmp_path / "headers.h"
        header.write_text(HEADERS)
        compiled = f"{header}.{'gch' if compiler == 'g++' else 'pch'}"
        header_command = [compiler, "-x", "c++-header", f"-std={standard}", *WARNINGS]
        assert run([*header_command, "-o", compiled, str(header)]) == ""
        command += ["-include", str(header)]
    assert check([*command, "-fsyntax-only", f"-I{INCLUDE}"], modules) == ""


@pytest.mark.parametrize("options", [["-D_CFFI_NO_LIMITED_API"], ["-funsigned-char"]])
def test_variants(modules: list[Path], options: list[str]) -> None:
    """Without the stable ABI; where char is unsigned."""
    command = [needed("gcc"), *options, *WARNINGS, "-fsyntax-only", f"-I{INCLUDE}"]
    assert check(command, modules) == ""


def test_optimised(modules: list[Path]) -> None:
    """Some warnings, such as those of uninitialised variables, need the optimiser."""
    command = [needed("gcc"), "-O2", *WARNINGS, "-S", "-o", "/dev/null", f"-I{INCLUDE}"]
    large = [file for file in modules if file.stem in ("_functions", "_extern_python", "_embedded")]
    assert len(large) == 3
    for file in large:
        assert check(command, [file]) == ""
