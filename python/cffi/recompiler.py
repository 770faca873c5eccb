"""From an FFI with declarations to the source of a module, and to the module.

The text itself comes from the extension module; here are the files, the call
of the C compiler, and what ``set_source()`` was told.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

from ._build.files import is_file_like, module_path, write_if_changed
from .cffi_opcode import CffiOp
from .error import VerificationError

if TYPE_CHECKING:
    from .api import FFI

# What make_c_source() and make_py_source() can write to, by the name that
# programs import.
NativeIO = io.StringIO

# Whether cffi_modules= builds modules for the stable ABI; programs set it to
# False before, where they want none.
USE_LIMITED_API = True

VERSION_BASE = 0x2601
VERSION_EMBEDDED = 0x2701
VERSION_CHAR16CHAR32 = 0x2801


class Recompiler:
    """The generator for one module, for programs that want to look at what it
    does before there is a file."""

    cffi_types: tuple[CffiOp, ...] = ()

    def __init__(self, ffi: FFI, module_name: str, target_is_python: bool = False) -> None:
        self.ffi = ffi
        self.module_name = module_name
        self.target_is_python = target_is_python

    def collect_type_table(self) -> None:
        """Set 'cffi_types': the types of the module as words."""
        words = self.ffi._type_words(self.module_name, self.target_is_python)
        self.cffi_types = tuple(CffiOp(op, arg) for op, arg in words)

    def collect_step_tables(self) -> None:
        """Nothing is left to do in this step."""

    def write_source_to_f(self, f: Any, preamble: str | None) -> None:
        """Write the module to an object with a write() method."""
        for piece in generate(self.ffi, self.module_name, preamble):
            f.write(piece)

    def write_c_source_to_f(self, f: Any, preamble: str) -> None:
        """Write a C module to an object with a write() method."""
        self.write_source_to_f(f, preamble)

    def write_py_source_to_f(self, f: Any) -> None:
        """Write a Python module to an object with a write() method."""
        self.write_source_to_f(f, None)


def generate(ffi: FFI, module_name: str, preamble: str | None) -> list[str]:
    """The source of a module, in pieces that follow one another: C with 'preamble'
    in front, Python if it is None.

    Raises VerificationError for declarations that such a module cannot have,
    VerificationMissing for those that only a C module can have.
    """
    includes = _included_modules(ffi, preamble is None)
    if preamble is None:
        return [ffi._generate_python(module_name, includes, ffi._keep_gil)]
    pieces: list[str] = ffi._generate_c(
        module_name, preamble, includes, ffi._embedding, keep_gil=ffi._keep_gil
    )
    return pieces


def _included_modules(ffi: FFI, is_python: bool) -> list[str]:
    names: list[str] = []
    for included in ffi._included_ffis:
        assigned = getattr(included, "_assigned_source", None)
        if assigned is None:
            raise VerificationError(
                f"ffi object {ffi!r} includes {included!r}, but the latter has not "
                "been prepared with set_source()"
            )
        name, source = assigned[:2]
        if is_python and source is not None:
            raise VerificationError(
                "not implemented yet: ffi.include() of a C-based ffi inside a Python-based ffi"
            )
        if not is_python and source is None:
            raise VerificationError(
                "not implemented yet: ffi.include() of a Python-based ffi inside a C-based ffi"
            )
        names.append(name)
    return names


def make_c_source(
    ffi: FFI, module_name: str, preamble: str, target_c_file: Any, verbose: object = False
) -> bool:
    """Write a C module to a path or a file object.

    Returns False where the file had this text already.
    """
    assert preamble is not None
    return _write(ffi, module_name, preamble, target_c_file, verbose)


def make_py_source(
    ffi: FFI, module_name: str, target_py_file: Any, verbose: object = False
) -> bool:
    """Write a Python module to a path or a file object.

    Returns False where the file had this text already.
    """
    return _write(ffi, module_name, None, target_py_file, verbose)


def _write(ffi: FFI, module_name: str, preamble: str | None, target: Any, verbose: object) -> bool:
    if is_file_like(target):
        for piece in generate(ffi, module_name, preamble):
            target.write(piece)
        return True
    if verbose:
        print(f"generating {target}")
    text = "".join(generate(ffi, module_name, preamble))
    return write_if_changed(target, text, verbose)


def recompile(
    ffi: FFI,
    module_name: str,
    preamble: str | None,
    tmpdir: str = ".",
    call_c_compiler: bool = True,
    c_file: Any = None,
    source_extension: str = ".c",
    extradir: str | None = None,
    compiler_verbose: int = 1,
    target: str | None = None,
    debug: bool | None = None,
    uses_ffiplatform: bool = True,
    **kwds: Any,
) -> Any:
    """Generate a module, and compile it if it is written in C.

    tmpdir: the folder below which the packages of the module begin.
    call_c_compiler: False leaves the compilation to the caller; the result is
        then a pair of the Extension and whether the source was written.
    c_file: a path or a file object for the source, instead of one in 'tmpdir'.
    extradir: put in front of the path that the Extension gets.
    target: the name of the library; '*' for setuptools' choice, 'name.*' for
        the system's ending.
    uses_ffiplatform: False gives None for the Extension, which needs no
        setuptools.
    kwds: what setuptools' Extension takes.

    Otherwise the result is the path of the library or of the Python module.
    """
    if ffi._windows_unicode:
        ffi._apply_windows_unicode(kwds)
    if preamble is None:
        if c_file is None:
            c_file, _ = module_path(tmpdir, module_name, ".py")
        updated = make_py_source(ffi, module_name, c_file, verbose=compiler_verbose)
        return c_file if call_c_compiler else (None, updated)

    if call_c_compiler and is_file_like(c_file):
        raise TypeError("Writing to file-like objects is not supported with call_c_compiler=True")
    embedding = ffi._embedding is not None
    if embedding:
        ffi._apply_embedding_fix(kwds)
    if c_file is None:
        c_file, parts = module_path(tmpdir, module_name, source_extension)
        listed_file = os.path.join(*([extradir] if extradir else []), *parts)
    else:
        listed_file = c_file
    extension = None
    if uses_ffiplatform:
        from ._build.compiler import get_extension

        extension = get_extension(listed_file, module_name, **kwds)
    updated = make_c_source(ffi, module_name, preamble, c_file, verbose=compiler_verbose)
    if not call_c_compiler:
        return extension, updated
    if target is None:
        target = f"{module_name}.*" if embedding else "*"
    return _compile_in(tmpdir, extension, compiler_verbose, debug, target, embedding)


def _compile_in(
    tmpdir: str,
    extension: Any,
    verbose: int,
    debug: bool | None,
    target: str,
    embedding: bool,
) -> str:
    """Compile in 'tmpdir', to which the paths of the Extension are relative."""
    from ._build.compiler import compile, library_name

    before = os.getcwd()
    if verbose:
        what = "the current directory is" if tmpdir == "." else "setting the current directory to"
        print(f"{what} {os.path.abspath(tmpdir)!r}")
    os.chdir(tmpdir)
    try:
        name = None if target == "*" else library_name(target)
        return compile(".", extension, verbose, debug, name, embedding)
    finally:
        os.chdir(before)
