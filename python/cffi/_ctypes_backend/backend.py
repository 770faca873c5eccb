"""The object for ``FFI(backend=...)``: every operation, by the kind of type."""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from .address import Address, Array, Pointer, new_array, new_pointer
from .data import CTypesData, CTypesType, new_type
from .function import FunctionPointer, new_function
from .primitive import Void, new_enum, new_primitive
from .record import Record, complete_record, new_record

if TYPE_CHECKING:
    from collections.abc import Callable

_SF_PACKED = 8


class CTypesBackend:
    """Makes types and data with the ``ctypes`` module."""

    def __init__(self) -> None:
        # ctypes resolves all symbols at once, whatever it is told.
        self.RTLD_LAZY = 0
        self.RTLD_NOW = 0
        self.RTLD_GLOBAL = ctypes.RTLD_GLOBAL
        self.RTLD_LOCAL = ctypes.RTLD_LOCAL

    def _get_types(self) -> tuple[type[CTypesData], type[CTypesType]]:
        return CTypesData, CTypesType

    def load_library(self, name: Any, flags: int = 0) -> CTypesLibrary:
        if isinstance(name, CTypesData):
            return CTypesLibrary(ctypes.CDLL(None, flags, handle=name._number()))
        return CTypesLibrary(ctypes.CDLL(name, flags))

    # ---- types

    def new_void_type(self) -> Any:
        return new_type(Void, "void&")

    new_primitive_type = staticmethod(new_primitive)
    new_enum_type = staticmethod(new_enum)
    new_pointer_type = staticmethod(new_pointer)
    new_array_type = staticmethod(new_array)
    new_function_type = staticmethod(new_function)

    def new_struct_type(self, name: str) -> Any:
        return new_record("struct", name)

    def new_union_type(self, name: str) -> Any:
        return new_record("union", name)

    def complete_struct_or_union(
        self,
        btype: Any,
        fields: Any,
        model_type: object = None,
        totalsize: int = -1,
        totalalignment: int = -1,
        sflags: int = 0,
        pack: int = 0,
    ) -> None:
        if totalsize >= 0 or totalalignment >= 0:
            raise NotImplementedError(
                "the ctypes backend lays structs out itself; it cannot take a "
                "size or an alignment that a C compiler reported"
            )
        complete_record(btype, fields, 1 if sflags & _SF_PACKED else pack)

    def typeof(self, cdata: Any) -> Any:
        if not isinstance(cdata, CTypesData):
            raise TypeError(f"expected a cdata, got {type(cdata).__name__}")
        return type(cdata)

    def getcname(self, btype: Any, replace_with: str) -> str:
        marker: str = btype._marker
        return marker.replace("&", replace_with)

    def sizeof(self, cdata_or_btype: Any) -> int:
        if isinstance(cdata_or_btype, CTypesData):
            return cdata_or_btype._extent()
        size: int = _ctype(cdata_or_btype)._size()
        return size

    def alignof(self, btype: Any) -> int:
        alignment: int = _ctype(btype)._alignment()
        return alignment

    def typeoffsetof(
        self, btype: Any, field_or_index: str | int, following: int = 0
    ) -> tuple[Any, int]:
        """The type and offset of a field or item of 'btype'; 'following' is 1
        where the step is not the first, and must not go through a pointer."""
        if isinstance(field_or_index, str):
            if not following and issubclass(btype, Pointer):
                btype = btype._item
            if not issubclass(btype, Record):
                raise TypeError("with a field name argument, expected a struct or union ctype")
            member = btype._members[field_or_index]
            if member.bits >= 0:
                raise TypeError("not supported for bitfields")
            return member.type, member.offset
        if not isinstance(field_or_index, int):
            raise TypeError(f"field name or array index expected, got {field_or_index!r}")
        if not issubclass(btype, (Pointer, Array)):
            raise TypeError("with an integer argument, expected an array ctype or a pointer")
        offset: int = btype._item._size() * field_or_index
        if abs(offset) > sys.maxsize:
            raise OverflowError("array offset would overflow a Py_ssize_t")
        return btype._item, offset

    # ---- data

    def newp(self, btype: Any, init: Any = None) -> Any:
        return _ctype(btype)._new(init)

    def cast(self, btype: Any, source: Any) -> Any:
        return _ctype(btype)._cast(source)

    def string(self, cdata: Any, maxlen: int = -1) -> Any:
        self.typeof(cdata)
        return cdata._text(maxlen)

    def buffer(self, cdata: Any, size: int = -1) -> NoReturn:
        raise NotImplementedError("buffer() with ctypes backend")

    def callback(
        self,
        btype: Any,
        function: Callable[..., Any],
        error: Any = None,
        onerror: Callable[..., Any] | None = None,
    ) -> Any:
        if not issubclass(_ctype(btype), FunctionPointer):
            raise TypeError(f"expected a function ctype, got '{btype.cname}'")
        return btype._callback(function, error, onerror)

    def rawaddressof(self, pointer: Any, cdata: Any, offset: int = 0) -> Any:
        if not isinstance(cdata, (Record, Array, Pointer)):
            raise TypeError("expected a cdata struct/union/array/pointer object")
        return pointer._make(cdata._number() + offset, cdata._keep)

    def gcp(self, cdata: Any, destructor: Callable[[Any], Any] | None, size: int = 0) -> Any:
        """A copy of the pointer 'cdata' that calls 'destructor' with the
        original when it goes away; None takes the destructor away again."""
        if destructor is not None:
            if not isinstance(cdata, (Address, Array)):
                raise TypeError("gc() needs a cdata pointer or array")
            copy = type(cdata)._make(cdata._value, cdata._keep)
            object.__setattr__(copy, "_guard", Guard(cdata, destructor))
            return copy
        guard = getattr(cdata, "_guard", None)
        if not isinstance(guard, Guard) or guard.destructor is None:
            raise TypeError(
                "Can remove destructor only on a object previously returned by ffi.gc()"
            )
        guard.destructor = None
        return None

    get_errno = staticmethod(ctypes.get_errno)
    set_errno = staticmethod(ctypes.set_errno)


class Guard:
    """Calls a destructor when it goes away, which it does with its cdata."""

    __slots__ = ("destructor", "origin")

    def __init__(self, origin: Any, destructor: Callable[[Any], Any]) -> None:
        self.origin = origin
        self.destructor: Callable[[Any], Any] | None = destructor

    def __del__(self) -> None:
        if self.destructor is not None:
            self.destructor(self.origin)


class CTypesLibrary:
    """An open library: its functions and variables by name."""

    def __init__(self, cdll: ctypes.CDLL) -> None:
        self.cdll = cdll

    def load_function(self, btype: Any, name: str) -> Any:
        """The function 'name', or with the type of a pointer or an array, the
        address of the variable."""
        if issubclass(btype, FunctionPointer):
            return btype._find(self.cdll, name)
        if issubclass(btype, Array):
            return btype._load(self._address(name), self)
        return btype._make(self._address(name), self)

    def read_variable(self, btype: Any, name: str) -> Any:
        return btype._load(self._address(name), self)

    def write_variable(self, btype: Any, name: str, value: Any) -> None:
        btype._store(self._address(name), value)

    def close_lib(self) -> NoReturn:
        raise NotImplementedError("dlclose() with ctypes backend")

    def _address(self, name: str) -> int:
        # Looked up as a function, as ctypes has no name for a mere symbol.
        return ctypes.cast(self.cdll[name], ctypes.c_void_p).value or 0


def _ctype(btype: Any) -> Any:
    if not isinstance(btype, CTypesType):
        raise TypeError(f"expected a ctype, got {type(btype).__name__}")
    return btype
