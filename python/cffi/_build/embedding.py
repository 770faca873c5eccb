"""What a library that embeds Python needs beyond an extension module."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from typing import Any


def clean_init_code(source: str) -> str:
    """Python code without empty lines in front and without common indentation.

    Raises SyntaxError if it is not valid.
    """
    first = re.match(r"\s*\n", source)
    if first:
        source = source[first.end() :]
    lines = source.splitlines() or [""]
    indents = [re.match(r"\s*", line) for line in lines if line.strip()]
    margin = os.path.commonprefix([indent.group() for indent in indents if indent])
    code = "".join(f"{line[len(margin) :]}\n" for line in lines)
    compile(code, "cffi_init", "exec")
    return code


def link_with_python(kwds: dict[str, Any]) -> None:
    """Add the library of the running interpreter to the keywords of an
    Extension."""

    def ensure(key: str, value: str) -> None:
        values = kwds.setdefault(key, [])
        if value not in values:
            values.append(value)

    major, minor = sys.version_info[:2]
    if sys.implementation.name == "pypy":
        if sys.platform == "win32":
            library = f"python{major}{minor}"
            ensure("library_dirs", os.path.join(sys.prefix, "libs"))
        else:
            library = f"pypy{major}-c"
            ensure("library_dirs", os.path.join(sys.prefix, "bin"))
    elif sys.platform == "win32":
        library = f"python{major}{minor}" + ("_d" if hasattr(sys, "gettotalrefcount") else "")
    else:
        library = f"python{major}.{minor}{sysconfig.get_config_var('DEBUG_EXT') or ''}"
        library += getattr(sys, "abiflags", "")
    ensure("libraries", library)
    if sys.platform == "win32":
        ensure("extra_link_args", "/MANIFEST")
