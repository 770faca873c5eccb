"""Compiling a C file into a library, by way of setuptools."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

from ..error import VerificationError


def toolchain(module: str, name: str) -> Any:
    """Something of distutils, which setuptools brings along.

    Raises ImportError with what to install where there is neither.
    """
    try:
        # First, so that what follows finds the distutils in it.
        import_module("setuptools")
    except ImportError as error:
        if sys.version_info >= (3, 12):
            raise ImportError(
                "compiling a module needs setuptools, which is not installed: "
                "'pip install setuptools'"
            ) from error
    try:
        return getattr(import_module(module), name)
    except ImportError as error:
        raise ImportError(
            f"compiling a module needs {module}, which is not installed: 'pip install setuptools'"
        ) from error


def get_extension(srcfilename: str, modname: str, sources: Any = (), **kwds: Any) -> Any:
    """The Extension object for a generated file and the 'sources' beside it."""
    extension = toolchain("distutils.core", "Extension")
    all_sources = [os.fspath(srcfilename), *map(os.path.normpath, sources)]
    return extension(name=modname, sources=all_sources, **kwds)


def compile(
    tmpdir: str,
    ext: Any,
    compiler_verbose: int = 0,
    debug: bool | None = None,
    target: str | None = None,
    embedding: bool = False,
) -> str:
    """Compile and link an Extension; returns the absolute path of the library.

    tmpdir: where the object files and the library go.
    target: the library's file name; by default what setuptools chooses.
    embedding: make a library that programs are linked with.

    Raises VerificationError where the compiler or the linker fails.
    """
    # setuptools appends to variables such as CFLAGS each time.
    environment = dict(os.environ)
    try:
        return os.path.abspath(_build(tmpdir, ext, compiler_verbose, debug, target, embedding))
    finally:
        os.environ.update(
            {key: value for key, value in environment.items() if os.environ.get(key) != value}
        )


def _build(
    tmpdir: str,
    ext: Any,
    verbose: int,
    debug: bool | None,
    target: str | None,
    embedding: bool,
) -> str:
    distribution = toolchain("distutils.core", "Distribution")({"ext_modules": [ext]})
    distribution.parse_config_files()
    distribution.cmdclass["build_ext"] = _command(target, embedding)
    options = distribution.get_option_dict("build_ext")
    settings = {
        "debug": bool(sys.flags.debug) if debug is None else debug,
        "force": True,
        "build_lib": tmpdir,
        "build_temp": tmpdir,
    }
    for name, value in settings.items():
        options[name] = ("cffi", value)
    set_threshold = toolchain("distutils.log", "set_threshold")
    failures = (
        toolchain("distutils.errors", "CompileError"),
        toolchain("distutils.errors", "LinkError"),
    )
    before = set_threshold(0)
    try:
        toolchain("distutils.log", "set_verbosity")(verbose)
        distribution.run_command("build_ext")
        [path] = distribution.get_command_obj("build_ext").get_outputs()
    except failures as error:
        raise VerificationError(f"{type(error).__name__}: {error}") from error
    finally:
        set_threshold(before or 0)
    return str(path)


def _command(target: str | None, embedding: bool) -> Any:
    """A build_ext that names the library, and links one for programs."""
    base: Any = toolchain("distutils.command.build_ext", "build_ext")

    def get_ext_filename(self: Any, ext_name: str) -> str:
        return str(base.get_ext_filename(self, ext_name) if target is None else target)

    def build_extensions(self: Any) -> None:
        linker = getattr(self.compiler, "linker_so", [])
        if embedding and sys.platform == "darwin" and "-bundle" in linker:
            # Nothing can be linked with a bundle.
            self.compiler.linker_so = [
                "-dynamiclib" if word == "-bundle" else word for word in linker
            ]
        base.build_extensions(self)

    return type(
        "build_ext",
        (base,),
        {"get_ext_filename": get_ext_filename, "build_extensions": build_extensions},
    )


def library_name(target: str) -> str:
    """A target with '.*' replaced by the system's ending for libraries."""
    if not target.endswith(".*"):
        return target
    ending = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
    return target[:-2] + ending
