"""void, and the arithmetic types: integers, characters, floating point, enums."""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar

from .data import CTypesData, cast_number, new_type


class Void(CTypesData):
    """``void``: no values, only what a function returns and pointers point to."""

    __slots__ = ()
    _kind = "void"

    @classmethod
    def _convert(cls, value: Any) -> None:
        if value is not None:
            raise TypeError(f"None expected, got {type(value).__name__} object")

    @classmethod
    def _receive(cls, raw: Any, keep: Any = None) -> None:
        return None


class Primitive(CTypesData):
    """A number.  ``_value`` is the Python object that reading one gives."""

    __slots__ = ()
    _kind = "primitive"

    def _number(self) -> Any:
        return self._value

    def _position(self) -> tuple[bool, Any]:
        return False, self._value

    def _show(self) -> str:
        return repr(self._value)

    def __bool__(self) -> bool:
        return bool(self._number())

    def __int__(self) -> int:
        return int(self._number())


class Integer(Primitive):
    """An integer type, from ``_low`` to ``_high``."""

    __slots__ = ()
    _low: ClassVar[int]
    _high: ClassVar[int]
    _is_byte: ClassVar[bool] = False

    @classmethod
    def _convert(cls, value: Any) -> Any:
        if isinstance(value, (Integer, Character)):
            value = int(value)
        if not isinstance(value, int):
            raise TypeError(f"integer expected, got {type(value).__name__}")
        if not cls._low <= value <= cls._high:
            raise OverflowError(f"integer {value} does not fit '{cls.cname}'")
        return value

    @classmethod
    def _cast(cls, source: Any) -> Any:
        number = int(cast_number(cls, source))
        return cls._make(cls._sized()(number).value)

    def _text(self, maxlen: int) -> Any:
        if self._is_byte:
            return bytes([self._value & 0xFF])
        return super()._text(maxlen)


class Bool(Integer):
    """``_Bool``."""

    __slots__ = ()

    @classmethod
    def _cast(cls, source: Any) -> Any:
        return cls._make(bool(cast_number(cls, source)))


class Enum(Integer):
    """An enum: an integer that knows names for some of its values."""

    __slots__ = ()
    _kind = "enum"
    _names: ClassVar[dict[int, str]]

    def _show(self) -> str:
        name = self._names.get(self._value)
        return str(self._value) if name is None else f"{self._value}: {name}"

    def _text(self, maxlen: int) -> str:
        return self._names.get(self._value, str(self._value))


class Character(Primitive):
    """``char``: a byte, as a bytes object of length 1."""

    __slots__ = ()

    @classmethod
    def _convert(cls, value: Any) -> bytes:
        if isinstance(value, Character):
            value = value._value
        if isinstance(value, bytes) and len(value) == 1:
            return value
        raise TypeError(
            f"initializer for ctype '{cls.cname}' must be a bytes of length 1, "
            f"not {type(value).__name__}"
        )

    @classmethod
    def _cast(cls, source: Any) -> Any:
        return cls._make(bytes([int(cast_number(cls, source)) & 0xFF]))

    def _number(self) -> int:
        return ord(self._value)

    def _text(self, maxlen: int) -> bytes:
        value: bytes = self._value
        return value


class Float(Primitive):
    """A floating point type."""

    __slots__ = ()

    @classmethod
    def _convert(cls, value: Any) -> Any:
        if isinstance(value, Primitive):
            value = value._number()
        if not isinstance(value, (int, float)):
            raise TypeError(f"float expected, got {type(value).__name__}")
        return value

    @classmethod
    def _cast(cls, source: Any) -> Any:
        # Through storage, to lose the digits that the type has no room for.
        return cls._make(cls._sized()(cast_number(cls, source)).value)

    def __float__(self) -> float:
        return float(self._value)


_INTEGERS = {
    "signed char": ctypes.c_byte,
    "short": ctypes.c_short,
    "int": ctypes.c_int,
    "long": ctypes.c_long,
    "long long": ctypes.c_longlong,
    "unsigned char": ctypes.c_ubyte,
    "unsigned short": ctypes.c_ushort,
    "unsigned int": ctypes.c_uint,
    "unsigned long": ctypes.c_ulong,
    "unsigned long long": ctypes.c_ulonglong,
    "intptr_t": ctypes.c_ssize_t,
    "uintptr_t": ctypes.c_size_t,
    "ptrdiff_t": ctypes.c_ssize_t,
    "ssize_t": ctypes.c_ssize_t,
    "size_t": ctypes.c_size_t,
    "intmax_t": ctypes.c_longlong,
    "uintmax_t": ctypes.c_ulonglong,
}
for _bits in (8, 16, 32, 64):
    for _prefix in ("int", "uint"):
        _fixed = getattr(ctypes, f"c_{_prefix}{_bits}")
        _INTEGERS[f"{_prefix}{_bits}_t"] = _fixed
        _INTEGERS[f"{_prefix}_least{_bits}_t"] = _fixed

_FLOATS = {
    "float": ctypes.c_float,
    "double": ctypes.c_double,
    "long double": ctypes.c_longdouble,
}


def new_primitive(name: str) -> Any:
    """The ctype of the arithmetic type 'name'."""
    if name == "char":
        return new_type(Character, "char&", _storage=ctypes.c_char)
    if name == "_Bool":
        return new_type(Bool, "_Bool&", _storage=ctypes.c_bool, _low=0, _high=1)
    if name in _FLOATS:
        return new_type(Float, name + "&", _storage=_FLOATS[name])
    if name not in _INTEGERS:
        raise NotImplementedError(name)
    storage: Any = _INTEGERS[name]
    bits = 8 * ctypes.sizeof(storage)
    signed = storage(-1).value < 0
    return new_type(
        Integer,
        name + "&",
        _storage=storage,
        _low=-(1 << bits - 1) if signed else 0,
        _high=(1 << bits - signed) - 1,
        _is_byte=name in ("signed char", "unsigned char"),
    )


def new_enum(name: str, enumerators: tuple[str, ...], values: tuple[int, ...], base: Any) -> Any:
    """The ctype of an enum that is compatible with the integer type 'base'."""
    names: dict[int, str] = {}
    for enumerator, value in zip(enumerators, values, strict=True):
        names.setdefault(value, enumerator)
    return new_type(
        Enum,
        name + "&",
        _storage=base._storage,
        _low=base._low,
        _high=base._high,
        _names=names,
    )
