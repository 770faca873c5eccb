"""Parts of distutils, by the name under which programs import them from here.

They are setuptools' own, found when they are asked for: raises ImportError with what
to install where there is no setuptools.
"""

from __future__ import annotations

from typing import Any

from ._build.compiler import toolchain

_PLACES = {
    "CCompiler": "distutils.ccompiler",
    "CompileError": "distutils.errors",
    "Distribution": "distutils.core",
    "DistutilsSetupError": "distutils.errors",
    "Extension": "distutils.core",
    "LinkError": "distutils.errors",
    "build_ext": "distutils.command.build_ext",
    "mkpath": "distutils.dir_util",
}
_MODULES = ("log", "sysconfig")


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return toolchain(_PLACES[name], name)
    if name in _MODULES:
        # Before a submodule is an attribute, somebody has to import it.
        toolchain(f"distutils.{name}", "__name__")
        return toolchain("distutils", name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
