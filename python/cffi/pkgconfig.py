"""Compiler and linker options from ``pkg-config``."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from .error import PkgConfigError


def merge_flags(cfg1: dict[str, Any], cfg2: dict[str, Any]) -> dict[str, Any]:
    """Append the lists of 'cfg2' to those of 'cfg1', which is returned.

    >>> merge_flags({"libraries": ["one"]}, {"libraries": ["two"]})
    {'libraries': ['one', 'two']}
    """
    for key, value in cfg2.items():
        if key not in cfg1:
            cfg1[key] = value
            continue
        for name, values in (("cfg1", cfg1[key]), ("cfg2", value)):
            if not isinstance(values, list):
                raise TypeError(f"{name}[{key!r}] should be a list of strings")
        cfg1[key].extend(value)
    return cfg1


def call(libname: str, flag: str, encoding: str | None = None) -> str:
    """What ``pkg-config FLAG LIBNAME`` prints.

    Raises PkgConfigError if it cannot be run, fails, or prints what cannot be
    understood.
    """
    command = ["pkg-config", "--print-errors", flag, libname]
    encoding = encoding or sys.getfilesystemencoding()
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise PkgConfigError(f"cannot run pkg-config: {str(error).strip()}") from error
    printed: bytes
    complaint: bytes | str
    printed, complaint = process.communicate()
    if process.returncode != 0:
        if isinstance(complaint, bytes):
            complaint = complaint.decode(encoding, "replace")
        raise PkgConfigError(complaint.strip())
    try:
        output = printed.decode(encoding)
    except UnicodeDecodeError as error:
        raise PkgConfigError(
            f"pkg-config {flag} {libname} returned bytes that cannot be decoded "
            f"with encoding {encoding!r}:\n{printed!r}"
        ) from error
    if os.altsep != "\\" and "\\" in output:
        raise PkgConfigError(
            f"pkg-config {flag} {libname} returned an unsupported backslash-escaped "
            f"output:\n{output!r}"
        )
    return output


def flags_from_pkgconfig(libs: list[str]) -> dict[str, Any]:
    """The keywords of an Extension for packages such as ``"libfoo >= 1.8.3"``.

    Raises PkgConfigError if one of them is not known.
    """
    result: dict[str, Any] = {}
    for libname in libs:
        compiler = call(libname, "--cflags").split()
        linker = call(libname, "--libs").split()
        flags: dict[str, Any] = {
            "include_dirs": [word[2:] for word in compiler if word.startswith("-I")],
            "library_dirs": [word[2:] for word in linker if word.startswith("-L")],
            "libraries": [word[2:] for word in linker if word.startswith("-l")],
            "define_macros": [_macro(word[2:]) for word in compiler if word.startswith("-D")],
            "extra_compile_args": [w for w in compiler if not w.startswith(("-I", "-D"))],
            "extra_link_args": [w for w in linker if not w.startswith(("-L", "-l"))],
        }
        merge_flags(result, flags)
    return result


def _macro(definition: str) -> tuple[str, str | None]:
    name, equals, value = definition.partition("=")
    return name, value if equals else None
