"""Loading an extension module from a file, which the module ``imp`` did until
Python 3.12."""

from __future__ import annotations

import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING

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
