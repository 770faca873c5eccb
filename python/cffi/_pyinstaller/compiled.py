"""The imports of compiled modules, which no analysis of Python code can find.

A module in API mode imports ``_cffi_backend`` when it is loaded, and the modules
that its builder included; both in C.  PyInstaller would leave them out.

Not here: the in-line mode and Python modules, whose imports are in Python code.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any

from PyInstaller import isolated
from PyInstaller.log import getLogger

if TYPE_CHECKING:
    from collections.abc import Iterable

BACKEND = "_cffi_backend"

# The name as C has it: every version of CFFI generates this string.
_MARK = BACKEND.encode() + b"\0"


def hook(api: Any) -> None:
    """Add what the extension modules that PyInstaller has found need of cffi."""
    compiled = {
        str(node.identifier): str(node.filename)
        for node in api.module_graph.iter_graph()
        if type(node).__name__ in ("Extension", "ExtensionPackage")
        # Some packages bring a backend of their own along.
        and str(node.identifier).rpartition(".")[2] != BACKEND
        and uses_backend(str(node.filename))
    }
    if compiled:
        api.add_imports(BACKEND, *included(compiled, api.module_graph.path))


def uses_backend(filename: str) -> bool:
    """Whether an extension module is one that imports the backend."""
    try:
        with open(filename, "rb") as file:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return content.find(_MARK) >= 0
    except (OSError, ValueError):
        return False  # unreadable, or empty


def included(compiled: dict[str, str], path: Iterable[str]) -> list[str]:
    """The compiled modules that these import when they are loaded.

    They are loaded in another process, without the packages they are in.
    """
    found: set[str] = set()
    for name, filename in compiled.items():
        try:
            found.update(isolated.call(_load, name, filename, list(path)))
        except Exception as error:
            # It may need what only the program sets up.
            getLogger(__name__).warning("cannot load %s to see its imports: %s", filename, error)
    return sorted(found - compiled.keys())


def _load(name: str, filename: str, path: list[str]) -> list[str]:
    # Sent to the other process as it is: it needs imports of its own.
    import sys
    from importlib.machinery import ExtensionFileLoader
    from importlib.util import module_from_spec, spec_from_file_location
    from types import ModuleType

    sys.path[:] = path
    spec = spec_from_file_location(name, filename, loader=ExtensionFileLoader(name, filename))
    if spec is None or spec.loader is None:
        return []
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return [
        other
        for other, value in list(sys.modules.items())
        if other != name
        and type(value) is ModuleType
        and hasattr(value, "ffi")
        and hasattr(value, "lib")
        # There are modules that are in no file, but in another module.
        and getattr(value, "__file__", None)
    ]
