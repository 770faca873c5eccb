"""Finding modules, and loading an extension module from a file: what the
module ``imp`` did until Python 3.12."""

from __future__ import annotations

import os
import sys
import tokenize
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    BuiltinImporter,
    ExtensionFileLoader,
    FrozenImporter,
    PathFinder,
)
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType


def load_dynamic(name: str, path: str, file: object = None) -> ModuleType:
    """Import the extension module in the file 'path' as 'name'.

    Returns the module, which is in ``sys.modules`` then; 'file' is ignored.
    """
    spec = spec_from_file_location(name, path, loader=ExtensionFileLoader(name, path))
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path!r}", name=name, path=path)
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


# The kinds of modules that find_module() tells apart.
PY_SOURCE = 1
PY_COMPILED = 2
C_EXTENSION = 3
PKG_DIRECTORY = 5
C_BUILTIN = 6
PY_FROZEN = 7


def find_module(
    name: str, path: list[str] | None = None
) -> tuple[Any, str | None, tuple[str, str, int]]:
    """Where a module is, without importing it: (file, path, (suffix, mode,
    kind)).  The file is open for reading, or None for packages and for modules
    that are in no file.

    path: the folders to look in; by default where ``import`` would.
    Raises ImportError if there is no such module.
    """
    if path is None:
        if BuiltinImporter.find_spec(name) is not None:
            return None, None, ("", "", C_BUILTIN)
        if FrozenImporter.find_spec(name) is not None:
            return None, None, ("", "", PY_FROZEN)
    spec = PathFinder.find_spec(name, path)
    if spec is None or spec.origin is None:
        raise ImportError(f"No module named {name!r}", name=name)
    if spec.submodule_search_locations is not None:
        return None, os.path.dirname(spec.origin), ("", "", PKG_DIRECTORY)
    for suffix in EXTENSION_SUFFIXES:
        if spec.origin.endswith(suffix):
            return open(spec.origin, "rb"), spec.origin, (suffix, "rb", C_EXTENSION)
    if spec.origin.endswith(".py"):
        return tokenize.open(spec.origin), spec.origin, (".py", "r", PY_SOURCE)
    return open(spec.origin, "rb"), spec.origin, (".pyc", "rb", PY_COMPILED)
