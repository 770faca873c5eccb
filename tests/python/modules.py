"""Modules for tests: compiled quickly, imported under names of their own."""

from __future__ import annotations

import importlib.util
import itertools
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

import cffi

INCLUDE = sysconfig.get_paths()["include"]
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
_numbers = itertools.count()


def new_name() -> str:
    """The name of a module that nobody else has."""
    return f"_test_module_{os.getpid()}_{next(_numbers)}"


def compile_module(
    folder: Path,
    cdef: str,
    source: str,
    *,
    include: cffi.FFI | None = None,
    options: dict[str, Any] | None = None,
) -> tuple[str, cffi.FFI]:
    """Compiles a module into `folder`; its name, and the FFI that it was made of. The options
    are for set_source().
    """
    name = new_name()
    builder = cffi.FFI()
    if include is not None:
        builder.include(include)
    builder.cdef(cdef)
    builder.set_source(name, source, **(options or {}))
    text = folder / f"{name}.c"
    builder.emit_c_code(str(text))
    library = folder / f"{name}{SUFFIX}"
    command = ["cc", "-O0", "-w", "-shared", "-fPIC", "-pthread", f"-I{INCLUDE}"]
    subprocess.run([*command, "-o", library, text], check=True)
    return name, builder


def import_module(folder: Path, name: str) -> ModuleType:
    """Imports a compiled module."""
    return load(name, folder / f"{name}{SUFFIX}")


def python_module(
    folder: Path,
    cdef: str,
    *,
    include: cffi.FFI | None = None,
    options: dict[str, Any] | None = None,
) -> tuple[ModuleType, cffi.FFI]:
    """Writes and imports a Python module. The options are for set_source()."""
    name = new_name()
    builder = cffi.FFI()
    if include is not None:
        builder.include(include)
    builder.cdef(cdef)
    builder.set_source(name, None, **(options or {}))
    path = folder / f"{name}.py"
    builder.emit_python_code(str(path))
    return load(name, path), builder


def load(name: str, path: Path) -> ModuleType:
    """Imports a file under a name."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    # Compiled modules bring their own object.
    return sys.modules[name]
