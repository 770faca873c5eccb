"""The keyword ``cffi_modules`` of setuptools::

    setup(..., cffi_modules=["package/foo_build.py:ffibuilder"])

setuptools finds ``cffi_modules()`` by an entry point of this distribution.  Each
build script is executed at once, and its module added to the distribution: as
an Extension whose C source is generated when it is built, or as a Python module
that is generated into the build folder.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from typing import TYPE_CHECKING, Any, NoReturn

from ._build.compiler import toolchain

if TYPE_CHECKING:
    from .api import FFI

# Stands in the place of the generated source until there is one.
_PLACEHOLDER = "$PLACEHOLDER"


def cffi_modules(dist: Any, attr: str, value: Any) -> None:
    """What setuptools calls with the value of ``cffi_modules``: a string
    ``"path/build.py:name"``, or a list of these."""
    assert attr == "cffi_modules"
    for mod_spec in [value] if isinstance(value, str) else value:
        add_cffi_module(dist, mod_spec)


def add_cffi_module(dist: Any, mod_spec: str) -> None:
    """Add the module of one build script to a distribution.

    Raises DistutilsSetupError where there is no such script, or no FFI in it
    on which set_source() was called.
    """
    from .api import FFI

    if not isinstance(mod_spec, str):
        _fail(
            "argument to 'cffi_modules=...' must be a str or a list of str, "
            f"not {type(mod_spec).__name__!r}"
        )
    path, colon, name = mod_spec.partition(":")
    if not colon or ":" in name:
        # The drive of a path has a colon too.
        path, colon, name = mod_spec.rpartition(":")
    if not colon or not name or (":" in path and not os.path.exists(path)):
        _fail(f"{mod_spec!r} must be of the form 'path/build.py:ffi_variable'")
    if not os.path.exists(path):
        hint = ""
        rewritten = path.replace(".", "/") + ".py"
        if os.path.exists(rewritten):
            hint = f" (rewrite cffi_modules to ['{rewritten}:{name}'])"
        _fail(f"{path!r} does not name an existing file{hint}")

    variables: dict[str, Any] = {"__name__": "__cffi__", "__file__": path}
    execfile(path, variables)
    if name not in variables:
        _fail(f"{mod_spec!r}: object {name!r} not found in module")
    ffi = variables[name]
    if not isinstance(ffi, FFI) and callable(ffi):
        ffi = ffi()
    if not isinstance(ffi, FFI):
        _fail(f"{mod_spec!r} is not an FFI instance (got {type(ffi).__name__!r})")
    if not hasattr(ffi, "_assigned_source"):
        _fail(f"{mod_spec!r}: the set_source() method was not called")

    module_name, source, source_extension, kwds = ffi._assigned_source
    if source is None:
        _add_py_module(dist, ffi, module_name)
        return
    kwds = dict(kwds)
    if ffi._windows_unicode:
        ffi._apply_windows_unicode(kwds)
    _add_c_module(dist, ffi, module_name, source, source_extension, kwds)


def _fail(message: str) -> NoReturn:
    raise toolchain("distutils.errors", "DistutilsSetupError")(message)


def execfile(filename: str, glob: dict[str, Any]) -> None:
    """Run a script with 'glob' as its variables.

    It is not imported: that would import the packages around it, which often
    need the very module that it describes.
    """
    with open(filename, "rb") as file:
        code = compile(file.read(), filename, "exec")
    exec(code, glob)


def _set_py_limited_api(Extension: Any, kwds: dict[str, Any]) -> dict[str, Any]:
    """Decide whether a module is built for the stable ABI, which makes one
    library do for many versions of Python.

    It is, unless 'kwds' says otherwise, ``recompiler.USE_LIMITED_API`` is false,
    setuptools is too old for it, or the interpreter has none: debug builds, and
    free-threaded builds before 3.15.
    """
    from . import recompiler

    is_debug_build = hasattr(sys, "gettotalrefcount")
    if "py_limited_api" not in kwds and not is_debug_build and recompiler.USE_LIMITED_API:
        major = toolchain("setuptools", "__version__").partition(".")[0]
        # Versions that are no numbers are those of developers.
        if not major.isdigit() or int(major) >= 26:
            kwds["py_limited_api"] = True
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        if sys.version_info >= (3, 15):
            _define(kwds, "Py_TARGET_ABI3T", "0x030f0000")
        else:
            kwds["py_limited_api"] = False
    if kwds.get("py_limited_api") is False:
        # Generated code asks for the stable ABI by itself.
        _define(kwds, "_CFFI_NO_LIMITED_API", None)
    return kwds


def _define(kwds: dict[str, Any], name: str, value: str | None) -> None:
    kwds["define_macros"] = [*kwds.get("define_macros", ()), (name, value)]


def _add_c_module(
    dist: Any,
    ffi: FFI,
    module_name: str,
    source: str,
    source_extension: str,
    kwds: dict[str, Any],
) -> None:
    from . import recompiler

    Extension = toolchain("setuptools", "Extension")
    sources = [_PLACEHOLDER, *kwds.pop("sources", [])]
    extension = Extension(module_name, sources, **_set_py_limited_api(Extension, kwds))
    if dist.ext_modules is None:
        dist.ext_modules = []
    dist.ext_modules.append(extension)
    base = _command(dist, "build_ext")

    def run(self: Any) -> None:
        if extension.sources[0] == _PLACEHOLDER:
            os.makedirs(self.build_temp, exist_ok=True)
            # A method of the program's own build_ext, for changes at the last moment.
            pre_run = getattr(self, "pre_run", None)
            if pre_run is not None:
                pre_run(extension, ffi)
            c_file = os.path.join(self.build_temp, module_name + source_extension)
            self.announce(f"generating cffi module {c_file!r}", 2)
            if not recompiler.make_c_source(ffi, module_name, source, c_file):
                self.announce("already up-to-date", 2)
            extension.sources[0] = c_file
        base.run(self)

    def get_source_files(self: Any) -> list[str]:
        # For sdists: what is generated is no source.
        files: list[str] = base.get_source_files(self)
        return [file for file in files if file != _PLACEHOLDER]

    dist.cmdclass["build_ext"] = _derive(base, run, get_source_files)


def _add_py_module(dist: Any, ffi: FFI, module_name: str) -> None:
    from . import recompiler

    *packages, last = module_name.split(".")
    base_py = _command(dist, "build_py")
    base_ext = _command(dist, "build_ext")

    def generate(command: Any, folder: str) -> None:
        py_file = os.path.join(folder, f"{last}.py")
        command.announce(f"generating cffi module {py_file!r}", 2)
        os.makedirs(folder, exist_ok=True)
        if not recompiler.make_py_source(ffi, module_name, py_file):
            command.announce("already up-to-date", 2)

    def folder_in_source(command: Any) -> str:
        build_py = command.get_finalized_command("build_py")
        return str(build_py.get_package_dir(".".join(packages)))

    def run_build_py(self: Any) -> None:
        base_py.run(self)
        if getattr(self, "editable_mode", False):
            # The module is imported from where its package is.
            generate(self, folder_in_source(self))
        else:
            generate(self, os.path.join(self.build_lib, *packages))

    def get_source_files(self: Any) -> list[str]:
        # For sdists: the module is listed in py_modules, and is no source.
        listed = self.py_modules
        try:
            if listed:
                self.py_modules = [name for name in listed if name != module_name]
            files: list[str] = base_py.get_source_files(self)
            return files
        finally:
            self.py_modules = listed

    def run_build_ext(self: Any) -> None:
        base_ext.run(self)
        if self.inplace:
            generate(self, folder_in_source(self))

    dist.cmdclass["build_py"] = _derive(base_py, run_build_py, get_source_files)
    # "build_ext --inplace" makes these modules too.
    dist.cmdclass["build_ext"] = _derive(base_ext, run_build_ext)
    # Lists of installed files have it from here.
    if dist.py_modules is None:
        dist.py_modules = []
    dist.py_modules.append(module_name)


def _command(dist: Any, name: str) -> Any:
    """The program's own class for a command, or setuptools'."""
    known = dist.cmdclass.get(name)
    return toolchain(f"setuptools.command.{name}", name) if known is None else known


def _derive(base: Any, run: Any, get_source_files: Any = None) -> Any:
    """A command with another run(), and perhaps another list of sources."""
    members = {"run": run}
    if get_source_files is not None:
        members["get_source_files"] = get_source_files
    return type(base.__name__, (base,), members)
