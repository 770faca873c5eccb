"""What gcc makes of a header: its preprocessed text, and the sizes that it sees.

Nothing here runs a compiled program: sizes are asserted in C and only the
compiler's front end runs.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).with_name("headers.toml")


@dataclass(frozen=True)
class Header:
    """A header, and how it is included."""

    package: str
    name: str
    first: tuple[str, ...] = ()
    pkg_config: str | None = None

    @property
    def includes(self) -> str:
        return "".join(f"#include <{name}>\n" for name in (*self.first, self.name))


@dataclass(frozen=True)
class Layout:
    """A type by its C name, with what we think of it."""

    name: str
    size: int
    alignment: int


def load() -> list[Header]:
    """Every header of the table."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return [
        Header(package, name, tuple(entry.get("first", ())), entry.get("pkg_config"))
        for package, entry in table.items()
        for name in entry["headers"]
    ]


@lru_cache
def flags_of(package: str) -> list[str]:
    result = subprocess.run(
        ["pkg-config", "--cflags", package], capture_output=True, text=True, check=True
    )
    return result.stdout.split()


def gcc(header: Header, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    flags = flags_of(header.pkg_config) if header.pkg_config else []
    command = ["gcc", "-std=gnu11", "-w", "-x", "c", *options, *flags, "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True)


def preprocess(header: Header) -> str:
    """The text behind ``#include``, line markers included."""
    result = gcc(header, header.includes, "-E")
    assert result.returncode == 0, result.stderr
    return result.stdout


def wrong_layouts(header: Header, layouts: Iterable[Layout]) -> list[str]:
    """gcc's objections to what we computed."""
    asserts = [
        f"_Static_assert(sizeof({it.name}) == {it.size}"
        f' && _Alignof({it.name}) == {it.alignment}, "");'
        for it in layouts
    ]
    errors = errors_by_line(header, asserts)
    return [f"{asserts[line]} {error}" for line, error in errors.items()]


def complete_in_c(header: Header, names: Iterable[str]) -> list[str]:
    """Those of the types that gcc knows the size of."""
    names = list(names)
    arrays = [f"char sized_{i}[sizeof({name})];" for i, name in enumerate(names)]
    errors = errors_by_line(header, arrays)
    return [name for line, name in enumerate(names) if line not in errors]


def errors_by_line(header: Header, lines: list[str]) -> dict[int, str]:
    """Compile lines behind the header; the errors by the index of the line."""
    source = f'{header.includes}# 1 "<checks>"\n' + "\n".join(lines) + "\n"
    result = gcc(header, source, "-fsyntax-only", "-fmax-errors=0", "-fdiagnostics-color=never")
    found = re.findall(r"^<checks>:(\d+):\d+: error: (.*)$", result.stderr, re.M)
    assert found or result.returncode == 0, result.stderr
    return {int(line) - 1: error for line, error in found}
