"""``ffi.verify()``: a module that is compiled on the spot and used in-line.

The module is an ordinary one of the API mode, from the one generator.  It takes
the types of the FFI that asked for it, completes what they left open, and gives
a library object; see ``Verifier.load_library()``.  Compiled modules stay in a
folder and are found again by a name that is made of everything they depend on.

New programs use ``ffi.set_source()``.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import io
import os
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import _cffi_backend

from . import __version_verifier_modules__, ffiplatform
from ._build.files import write_if_changed
from .error import VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from .api import FFI

# What Verifier.write_source() can write to, by the name that programs import.
NativeIO = io.StringIO

# Set by programs that want what force_generic_engine=True gives them.
_FORCE_GENERIC_ENGINE = False

_TMPDIR: str | None = None

# Goes into the names of modules: another runtime's would not fit.
_KIND = "tables"


class _Engine:
    """How a module is loaded.  There is one way; programs tell two apart by
    the attributes here and of the library object, and by the modules' names."""

    _class_key: str
    _gen_python_module: bool
    _marker: str


class _PythonModule(_Engine):
    """The module is one that Python can import."""

    _class_key = "x"
    _gen_python_module = True
    _marker = "_cffi_python_module"


class _GenericModule(_Engine):
    """The program does not want to depend on that."""

    _class_key = "g"
    _gen_python_module = False
    _marker = "_cffi_generic_module"


class Verifier:
    """The steps from declarations and C source to a library object.

    ffi, preamble: the declarations, and the C code that has what they declare.
    tmpdir: the folder of the generated source and the compiled module; by
        default ``__pycache__`` beside the file of the caller.
    modulename: the module's name, in place of one that is made of everything it
        depends on.
    tag: a part of that name.
    ext_package: the package in which a module that was installed is found.
    source_extension: ``".cpp"`` for C++.
    flags: those of dlopen().
    relative_to: the path of a file: names of other files are relative to its
        folder.
    kwds: libraries, include_dirs, ... as setuptools' Extension takes them.

    ``sourcefilename`` and ``modulefilename`` say where the files are going to be;
    they can be set to other paths before the step that writes them.
    """

    def __init__(
        self,
        ffi: FFI,
        preamble: str,
        tmpdir: str | None = None,
        modulename: str | None = None,
        ext_package: str | None = None,
        tag: str = "",
        force_generic_engine: bool = False,
        source_extension: str = ".c",
        flags: int | None = None,
        relative_to: str | None = None,
        **kwds: Any,
    ) -> None:
        self.ffi = ffi
        self.preamble = preamble
        self.flags = flags
        self._engine = _locate_engine_class(ffi, force_generic_engine)
        if not modulename:
            modulename = self._derived_name(tag, kwds)
        elif tag:
            raise TypeError("can't specify both 'modulename' and 'tag'")
        self.kwds = self.make_relative_to(kwds, relative_to)
        self.tmpdir = tmpdir or _caller_dir_pycache()
        self.sourcefilename = os.path.join(self.tmpdir, modulename + source_extension)
        self.modulefilename = os.path.join(self.tmpdir, modulename + _get_so_suffixes()[0])
        self.ext_package = ext_package
        self._has_source = False
        self._has_module = False

    def _derived_name(self, tag: str, kwds: dict[str, Any]) -> str:
        parts = [
            f"{sys.version_info[0]}.{sys.version_info[1]}",
            __version_verifier_modules__,
            _KIND,
            self.preamble,
            ffiplatform.flatten(kwds),
            *self.ffi._cdefsources,
        ]
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        return f"_cffi_{tag}_{self._engine._class_key}{digest[:16]}"

    # ---- the steps

    def write_source(self, file: Any = None) -> None:
        """Write the C source to 'sourcefilename', or to an object with a
        write() method.  Raises VerificationError when called a second time."""
        with self.ffi._lock:
            if self._has_source and file is None:
                raise VerificationError("source code already written")
            self._write_source(file)

    def compile_module(self) -> None:
        """Compile the module into 'modulefilename', writing the source first if
        that was not done.  Raises VerificationError when called a second time,
        or where the compiler fails."""
        with self.ffi._lock:
            if self._has_module:
                raise VerificationError("module already compiled")
            if not self._has_source:
                self._write_source()
            self._compile_module()

    def load_library(self) -> Any:
        """The library object, with what is declared as attributes.

        The module is looked for at 'modulefilename' and where it may have been
        installed; if there is none, it is compiled first.  Raises
        VerificationError where it disagrees with a declaration.
        """
        with self.ffi._lock:
            if not self._has_module:
                self._locate_module()
            if not self._has_module:
                if not self._has_source:
                    self._write_source()
                self._compile_module()
            return self._load_library()

    def get_module_name(self) -> str:
        """The name under which the module is imported."""
        name = os.path.basename(self.modulefilename).split(".", 1)[0]
        if hasattr(sys, "gettotalrefcount"):
            name = name.removesuffix("_d")
        return name

    def get_extension(self) -> Any:
        """A setuptools Extension for the module, whose source is written if
        that was not done: for ``ext_modules`` of a setup.py."""
        if not self._has_source:
            with self.ffi._lock:
                if not self._has_source:
                    self._write_source()
        source = ffiplatform.maybe_relative_path(self.sourcefilename)
        return ffiplatform.get_extension(source, self.get_module_name(), **self.kwds)

    def generates_python_module(self) -> bool:
        """Whether the module is one that Python can import."""
        return self._engine._gen_python_module

    def make_relative_to(self, kwds: dict[str, Any], relative_to: str | None) -> dict[str, Any]:
        """'kwds' with names of files relative to the folder of 'relative_to'."""
        folder = os.path.dirname(relative_to) if relative_to else ""
        if not folder:
            return kwds
        kwds = dict(kwds)
        for key in ffiplatform.LIST_OF_FILE_NAMES:
            names = kwds.get(key)
            if names is None:
                continue
            if not isinstance(names, (list, tuple)):
                raise TypeError(f"keyword '{key}' should be a list or tuple")
            kwds[key] = [os.path.join(folder, name) for name in names]
        return kwds

    # ---- what they are made of; the FFI's lock is held

    def _write_source(self, file: Any = None) -> None:
        pieces = self.ffi._generate_c(self.get_module_name(), self.preamble, [], None, True)
        text = "".join(pieces)
        if file is not None:
            file.write(text)
            return
        _ensure_dir(self.sourcefilename)
        write_if_changed(self.sourcefilename, text)
        self._has_source = True

    def _compile_module(self) -> None:
        compiled = ffiplatform.compile(os.path.dirname(self.sourcefilename), self.get_extension())
        try:
            is_there = os.path.samefile(compiled, self.modulefilename)
        except OSError:
            is_there = False
        if not is_there:
            _ensure_dir(self.modulefilename)
            shutil.move(compiled, self.modulefilename)
        self._has_module = True

    def _locate_module(self) -> None:
        if not os.path.isfile(self.modulefilename):
            folders: Iterable[str] = sys.path
            if self.ext_package:
                try:
                    folders = importlib.import_module(self.ext_package).__path__
                except ImportError:
                    # A package may be known by another name before it is installed.
                    return
            found = _find(self.get_module_name(), folders)
            if found is None:
                return
            self.modulefilename = found
        self._has_module = True

    def _load_library(self) -> Any:
        library = self._set_up(self._import(self.modulefilename))
        if library is None:
            # An FFI that is in use already needs a module of its own.
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                copy = shutil.copy(self.modulefilename, folder)
                library = self._set_up(self._import(copy))
        return self.ffi._adopt_library(library, {self._engine._marker: True})

    def _import(self, path: str) -> ModuleType:
        from ._imp_emulation import load_dynamic

        before = None
        if self.flags is not None and hasattr(sys, "setdlopenflags"):
            before = sys.getdlopenflags()
            sys.setdlopenflags(self.flags)
        try:
            return load_dynamic(self.get_module_name(), path)
        except ImportError as error:
            raise VerificationError(f"importing {path!r}: {error}") from error
        finally:
            if before is not None:
                sys.setdlopenflags(before)

    def _set_up(self, module: ModuleType) -> Any:
        try:
            set_up = module._cffi_setup
        except AttributeError:
            raise VerificationError(
                f"{module.__file__!r} was not made by ffi.verify() of this cffi"
            ) from None
        try:
            return set_up(self.ffi, {self._engine._marker: module, "_cffi_ffi": self.ffi})
        except _cffi_backend.FFI.error as error:
            raise VerificationError(str(error)) from error


def _locate_engine_class(ffi: FFI, force_generic_engine: bool) -> type[_Engine]:
    generic = _FORCE_GENERIC_ENGINE or force_generic_engine or ffi._backend is not _cffi_backend
    return _GenericModule if generic else _PythonModule


def _find(name: str, folders: Iterable[str]) -> str | None:
    for folder in folders:
        for suffix in _get_so_suffixes():
            path = os.path.join(folder, name + suffix)
            if os.path.isfile(path):
                return path
    return None


def _caller_dir_pycache() -> str:
    """The folder for what the caller of the caller compiles."""
    folder = _TMPDIR or os.environ.get("CFFI_TMPDIR")
    if folder:
        return folder
    caller = sys._getframe(2).f_code.co_filename
    return os.path.abspath(os.path.join(os.path.dirname(caller), "__pycache__"))


def set_tmpdir(dirname: str | None) -> None:
    """Keep sources and modules in this folder instead of ``__pycache__``."""
    global _TMPDIR  # noqa: PLW0603 - programs have always set it in this way
    _TMPDIR = dirname


def cleanup_tmpdir(tmpdir: str | None = None, keep_so: bool = False) -> None:
    """Remove what was generated and compiled into a folder, by default the one
    that is used for the caller, and the folder ``build`` in it.

    keep_so: leave the compiled modules.
    """
    folder = tmpdir or _caller_dir_pycache()
    endings = [".c"] if keep_so else [".c", _get_so_suffixes()[0].lower()]
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        lower = name.lower()
        if lower.startswith("_cffi_") and lower.endswith(tuple(endings)):
            _unlink(os.path.join(folder, name))
    for parent, _, files in os.walk(os.path.join(folder, "build")):
        for name in files:
            _unlink(os.path.join(parent, name))


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # somebody else has it open, or was faster


def _get_so_suffixes() -> list[str]:
    return importlib.machinery.EXTENSION_SUFFIXES[:] or [
        ".pyd" if sys.platform == "win32" else ".so"
    ]


def _ensure_dir(filename: str) -> None:
    folder = os.path.dirname(filename)
    if folder:
        os.makedirs(folder, exist_ok=True)
