"""Helpers of the build tooling that programs import: compiling an extension
module, paths, and a stable text for keyword arguments."""

from __future__ import annotations

import os
from os.path import samefile
from typing import Any

from .error import VerificationError as VerificationError

LIST_OF_FILE_NAMES = [
    "sources",
    "include_dirs",
    "library_dirs",
    "extra_objects",
    "depends",
]


# The name of Python 2 that programs import from here.
int_or_long = int


def get_extension(srcfilename: str, modname: str, sources: Any = (), **kwds: Any) -> Any:
    """A setuptools Extension for a generated file and further 'sources'.

    Raises ImportError with what to install where there is no setuptools.
    """
    from ._build.compiler import get_extension

    return get_extension(srcfilename, modname, sources, **kwds)


def compile(
    tmpdir: str,
    ext: Any,
    compiler_verbose: int = 0,
    debug: bool | None = None,
) -> str:
    """Compile and link an Extension in 'tmpdir'; returns the absolute path of
    the library.

    Raises VerificationError where the compiler or the linker fails.
    """
    from ._build.compiler import compile

    return compile(tmpdir, ext, compiler_verbose, debug)


def maybe_relative_path(path: str) -> str:
    """'path' from the current directory, or unchanged if it is not below."""
    if not os.path.isabs(path):
        return path
    below = ""
    parent, name = os.path.split(path)
    while name:
        below = os.path.join(name, below) if below else name
        try:
            if samefile(parent, os.curdir):
                return below
        except OSError:
            pass  # does not exist: a directory above it may still
        parent, name = os.path.split(parent)
    return path


def flatten(x: object) -> str:
    """A text that is the same for equal values, whatever the order of dicts.

    Takes strings, integers, and dicts, lists and tuples of these; raises
    TypeError for anything else.
    """
    if isinstance(x, str):
        return f"{len(x)}s{x}"
    if isinstance(x, dict):
        items = (flatten(key) + flatten(x[key]) for key in sorted(x))
        return f"{len(x)}d{''.join(items)}"
    if isinstance(x, (list, tuple)):
        return f"{len(x)}l{''.join(map(flatten, x))}"
    if isinstance(x, int):
        return f"{x:d}i"
    raise TypeError(f"the keywords to verify() contains unsupported object {x!r}")
