"""The library object of an FFI with a backend of its own.

Its attributes are the names that the FFI declares.  Functions and constants
are kept on the object once they have been used; variables are read and written
anew each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from _cffi_backend import _InlineFFI

from . import model

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._foreign import ForeignFFI


class _Symbols:
    """What a library object knows, kept apart from the attributes that C
    names may ask for."""

    def __init__(self, ffi: ForeignFFI, opened: Any, name: object) -> None:
        self.ffi = ffi
        self.opened = opened
        self.name = name
        self.closed = False
        self._version: object = self
        self._declared: dict[str, tuple[str, Any]] = {}

    def declared(self) -> dict[str, tuple[str, Any]]:
        """Kind and type by name; the kind 'integer' has a function that
        returns the value in place of a type."""
        if self._version is not self.ffi._cdef_version:
            self._version = self.ffi._cdef_version
            parser = self.ffi._parser
            found: dict[str, tuple[str, Any]] = {}
            for key, (type, _) in parser._declarations.items():
                kind, _, name = key.partition(" ")
                if kind in ("function", "variable", "constant"):
                    found[name] = kind, type
                elif isinstance(type, model.EnumType):
                    for enumerator, value in zip(type.enumerators, type.enumvalues, strict=True):
                        found[enumerator] = "integer", _enumerator(type, value)
            for name, number in parser._int_constants.items():
                found.setdefault(name, ("integer", lambda number=number: number))
            self._declared = found
        return self._declared

    def find(self, name: str) -> tuple[str, Any]:
        if self.closed:
            raise ValueError(f"library '{self.name}' has already been closed")
        found = self.declared().get(name)
        if found is None:
            raise AttributeError(name)
        return found

    def btype(self, type: model.BaseTypeByIdentity) -> Any:
        return self.ffi._get_cached_btype(type)


class ForeignLibrary:
    """A library opened by ``ffi.dlopen()``."""

    __slots__ = ("__cffi_symbols", "__dict__", "__weakref__")

    def __init__(self, ffi: ForeignFFI, opened: Any, name: object) -> None:
        object.__setattr__(self, "_ForeignLibrary__cffi_symbols", _Symbols(ffi, opened, name))

    def __getattr__(self, name: str) -> Any:
        symbols: _Symbols = self.__cffi_symbols
        kind, what = symbols.find(name)
        if kind == "variable":
            return symbols.opened.read_variable(symbols.btype(what), name)
        if kind == "constant":
            raise NotImplementedError(
                f"non-integer constant '{name}' cannot be accessed from a dlopen() library"
            )
        if kind == "integer":
            value = what()
        else:
            value = symbols.opened.load_function(symbols.btype(what), name)
        return vars(self).setdefault(name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        symbols: _Symbols = self.__cffi_symbols
        kind, what = symbols.find(name)
        if kind != "variable":
            raise AttributeError(f"cannot write to function or constant '{name}'")
        symbols.opened.write_variable(symbols.btype(what), name, value)

    def __dir__(self) -> list[str]:
        return list(self.__cffi_symbols.declared())

    def __repr__(self) -> str:
        return f"<Lib object for {self.__cffi_symbols.name!r}>"

    def __addressof__(self, name: str) -> Any:
        symbols: _Symbols = self.__cffi_symbols
        kind, what = symbols.declared().get(name, ("", None))
        if kind == "function":
            return getattr(self, name)
        if kind != "variable":
            raise AttributeError(f"cffi library has no function or global variable named '{name}'")
        btype = symbols.btype(what)
        if not what.is_array_type:
            btype = model.pointer_cache(symbols.ffi, btype)
        return symbols.opened.load_function(btype, name)

    def __cffi_close__(self) -> None:
        symbols: _Symbols = self.__cffi_symbols
        symbols.opened.close_lib()
        symbols.closed = True
        vars(self).clear()


def _enumerator(type: model.EnumType, value: int | None) -> Callable[[], int | None]:
    def get() -> int | None:
        type.check_not_partial()
        return value

    return get


class LoadedModule:
    """What a ForeignLibrary asks for, in a module that the extension module
    has loaded: by address, so that every value is the backend's own."""

    def __init__(self, ffi: ForeignFFI, library: Any) -> None:
        self._ffi = ffi
        self._library = library

    def _at(self, btype: Any, name: str) -> Any:
        """A pointer of this type to a function or variable."""
        pointer = _InlineFFI.addressof(self._ffi, self._library, name)
        address = int(_InlineFFI.cast(self._ffi, "intptr_t", pointer))
        return self._ffi._backend.cast(btype, address)

    def load_function(self, btype: Any, name: str) -> Any:
        return self._at(btype, name)

    def read_variable(self, btype: Any, name: str) -> Any:
        return self._at(model.pointer_cache(self._ffi, btype), name)[0]

    def write_variable(self, btype: Any, name: str, value: Any) -> None:
        self._at(model.pointer_cache(self._ffi, btype), name)[0] = value
