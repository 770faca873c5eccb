"""``ffi.verify()``: compile C source, and use what it defines in-line.

The C file that is compiled has the given source first, then for each declared
name one exported function that uses the name: a wrapper that calls a function,
one that gives a constant, one that gives the address of a variable, one that
measures a struct.  So macros and ``static inline`` functions work, and a
declaration that the compiler disagrees with is found.

What only generated extension modules can do is refused by name: ``...`` in
structs, and ``extern "Python"``.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import _cffi_backend

from . import model
from .error import VerificationError

if TYPE_CHECKING:
    from .api import FFI

_PROLOGUE = """\
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
"""

# The options of setuptools' Extension that are lists of words for the compiler.
_LISTS = {
    "include_dirs": "-I",
    "library_dirs": "-L",
    "libraries": "-l",
    "extra_compile_args": "",
    "extra_link_args": "",
    "sources": "",
    "extra_objects": "",
}


def verify(ffi: FFI, source: str, tmpdir: str, keywords: dict[str, Any]) -> Any:
    """Compile 'source' with what is declared in 'ffi', and return the library.

    Raises VerificationError where the compiler refuses it or finds another
    value or layout than was declared, NotImplementedError for declarations
    that need a generated extension module.
    """
    pieces = [*_pieces(ffi)]
    code = "\n".join([_PROLOGUE, '#line 1 "verify()"', source, '#line 1 "cffi"'])
    code += "\n".join(["", *(piece.code for piece in pieces), ""])
    path = _compile(code, tmpdir, keywords)
    try:
        library = _cffi_backend.load_library(path, _cffi_backend.RTLD_NOW)
    except OSError as error:
        # Something is declared and used, and defined nowhere.
        os.unlink(path)
        raise VerificationError(str(error)) from error
    found: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    for piece in pieces:
        piece.load(library, found, variables)
    return _make_library(path, library, found, variables)


class _Piece:
    """A stretch of C, and what is done with its symbol."""

    def __init__(
        self, code: str, load: Callable[[Any, dict[str, Any], dict[str, Any]], None]
    ) -> None:
        self.code = code
        self.load = load


def _pieces(ffi: FFI) -> Iterator[_Piece]:
    for key, (what, _) in ffi._parser._declarations.items():
        kind, name = key.split(" ", 1)
        if kind == "function":
            yield _function(ffi, name, what)
        elif kind == "variable":
            yield _variable(ffi, name, what)
        elif kind == "constant":
            is_integer = isinstance(what, model.PrimitiveType) and what.is_integer_type()
            yield _integer(ffi, name, None) if is_integer else _constant(ffi, name, what)
        elif kind == "macro":
            yield _integer(ffi, name, what if isinstance(what, int) else None)
        elif kind in ("struct", "union") or (
            kind == "anonymous" and isinstance(what, model.StructOrUnion)
        ):
            if what.partial:
                raise NotImplementedError(f"verify() of the partial type {what.get_c_name()!r}")
            if what.fldnames is not None:
                yield _layout(ffi, what)
        elif kind.startswith("extern_python"):
            raise NotImplementedError(f'verify() with extern "Python" {name}')
    for name, value in ffi._parser._int_constants.items():
        if f"macro {name}" not in ffi._parser._declarations:
            yield _integer(ffi, name, value)


def _load(library: Any, ffi: FFI, cdecl: str, symbol: str) -> Any:
    return library.load_function(ffi.typeof(cdecl), symbol)


def _function(ffi: FFI, name: str, type: Any) -> _Piece:
    symbol = f"_cffi_f_{name}"
    ctype = ffi._get_cached_btype(type)
    if type.ellipsis:
        # A variadic call cannot be passed on: give the function itself.
        code = f"void *{symbol}(void) {{ return (void *)&{name}; }}"

        def load(library: Any, found: dict[str, Any], _: dict[str, Any]) -> None:
            address = _load(library, ffi, "void *(*)(void)", symbol)()
            found[name] = ffi.cast(ctype, address)

        return _Piece(code, load)
    parameters = ", ".join(arg.get_c_name(f"a{i}") for i, arg in enumerate(type.args)) or "void"
    call = f"{name}({', '.join(f'a{i}' for i in range(len(type.args)))})"
    statement = f"{call};" if isinstance(type.result, model.VoidType) else f"return {call};"
    declarator = type.result.get_c_name(f"{symbol}({parameters})")

    def load_wrapper(library: Any, found: dict[str, Any], _: dict[str, Any]) -> None:
        found[name] = library.load_function(ctype, symbol)

    return _Piece(f"{declarator} {{ {statement} }}", load_wrapper)


def _variable(ffi: FFI, name: str, type: Any) -> _Piece:
    symbol = f"_cffi_p_{name}"
    ctype = ffi._get_cached_btype(model.PointerType(type))

    def load(library: Any, _: dict[str, Any], variables: dict[str, Any]) -> None:
        variables[name] = ffi.cast(ctype, _load(library, ffi, "void *(*)(void)", symbol)())

    return _Piece(f"void *{symbol}(void) {{ return (void *)&{name}; }}", load)


def _integer(ffi: FFI, name: str, expected: int | None) -> _Piece:
    symbol = f"_cffi_c_{name}"
    code = (
        f"unsigned long long {symbol}(int *negative)"
        f" {{ *negative = ({name}) <= 0; return (unsigned long long)({name}); }}"
    )

    def load(library: Any, found: dict[str, Any], _: dict[str, Any]) -> None:
        negative = ffi.new("int *")
        value = _load(library, ffi, "unsigned long long(*)(int *)", symbol)(negative)
        if negative[0]:
            value = int(ffi.cast("long long", value))
        if expected is not None and value != expected:
            raise VerificationError(f"{name} is {value} in C, but {expected} in the cdef")
        found[name] = value

    return _Piece(code, load)


def _constant(ffi: FFI, name: str, type: Any) -> _Piece:
    symbol = f"_cffi_v_{name}"
    function = ffi._get_cached_btype(model.FunctionPtrType([], type, False))

    def load(library: Any, found: dict[str, Any], _: dict[str, Any]) -> None:
        found[name] = library.load_function(function, symbol)()

    return _Piece(f"{type.get_c_name(f'{symbol}(void)')} {{ return {name}; }}", load)


def _layout(ffi: FFI, type: Any) -> _Piece:
    cname = type.get_c_name()
    symbol = "_cffi_s_" + "".join(c if c.isalnum() else "_" for c in cname)
    ctype = ffi._get_cached_btype(type)
    fields = [
        (field, entry)
        for field, entry in (ctype.fields or [])
        if entry.bitsize < 0 and entry.bitshift == -1
    ]
    values = [f"sizeof({cname})", f"offsetof(struct {{ char c; {cname} x; }}, x)"]
    expected = [("size", ffi.sizeof(ctype)), ("alignment", ffi.alignof(ctype))]
    for field, entry in fields:
        values += [f"offsetof({cname}, {field})", f"sizeof((({cname} *)0)->{field})"]
        expected.append((f"offset of {field!r}", entry.offset))
        expected.append((f"size of {field!r}", ffi.sizeof(entry.type)))
    stores = " ".join(f"out[{i}] = {value};" for i, value in enumerate(values))

    def load(library: Any, _: dict[str, Any], __: dict[str, Any]) -> None:
        out = ffi.new("size_t[]", len(expected))
        _load(library, ffi, "void(*)(size_t *)", symbol)(out)
        for (what, declared), actual in zip(expected, out, strict=True):
            if declared != actual:
                raise VerificationError(
                    f"{cname}: the {what} is {actual} bytes in C, but {declared} in the cdef"
                )

    return _Piece(f"void {symbol}(size_t *out) {{ {stores} }}", load)


def _make_library(path: str, opened: Any, found: dict[str, Any], variables: dict[str, Any]) -> Any:
    def accessor(pointer: Any) -> property:
        def store(_self: object, value: object) -> None:
            pointer[0] = value

        return property(lambda _self: pointer[0], store)

    names = sorted([*found, *variables])
    namespace: dict[str, Any] = {name: accessor(pointer) for name, pointer in variables.items()}
    # Functions and variables are valid as long as this is open.
    namespace["_opened"] = opened
    namespace["__dir__"] = lambda _self: names
    namespace["__repr__"] = lambda _self: f"<verified library {path!r}>"
    library = type("VerifiedLibrary", (), namespace)()
    library.__dict__.update(found)
    return library


def _compile(code: str, tmpdir: str, keywords: dict[str, Any]) -> str:
    """The path of the library for this code: a known one, or a new one."""
    before, after = _arguments(keywords)
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    command = [*compiler, "-shared", "-fPIC", "-Werror=implicit-function-declaration", *before]
    state = "\0".join([code, *command, *after, sys.version])
    digest = hashlib.sha256(state.encode()).hexdigest()[:20]
    path = os.path.join(tmpdir, f"_cffi_verify_{digest}.so")
    if os.path.exists(path):
        return path
    os.makedirs(tmpdir, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tmpdir) as folder:
        c_file = os.path.join(folder, "verify.c")
        with open(c_file, "w", encoding="utf-8") as file:
            file.write(code)
        output = os.path.join(folder, "verify.so")
        try:
            result = subprocess.run(
                [*command, c_file, "-o", output, *after], capture_output=True, text=True
            )
        except OSError as error:
            raise VerificationError(f"cannot run {compiler[0]!r}: {error}") from error
        if result.returncode != 0:
            raise VerificationError(f"{' '.join(command)} failed:\n{result.stderr}")
        # Appears at once and whole, whatever other processes do.
        os.replace(output, path)
    return path


def _arguments(keywords: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Words in front of and behind the name of the C file."""
    before: list[str] = []
    after: list[str] = []
    for name, values in keywords.items():
        if name == "define_macros":
            before += [f"-D{key}" if value is None else f"-D{key}={value}" for key, value in values]
        elif name in ("include_dirs", "extra_compile_args"):
            before += [_LISTS[name] + value for value in values]
        elif name in _LISTS:
            after += [_LISTS[name] + value for value in values]
        else:
            raise NotImplementedError(f"verify() with the keyword {name!r}")
    return before, after
