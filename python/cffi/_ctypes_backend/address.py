"""Pointers and arrays."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, ClassVar

from .data import CTypesData, cast_number, new_type
from .primitive import Character, Integer, Void

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADDRESS_MASK = (1 << 8 * ctypes.sizeof(ctypes.c_void_p)) - 1


class Address(CTypesData):
    """An address, of data or of a function."""

    __slots__ = ()
    _storage = ctypes.c_void_p

    @classmethod
    def _convert(cls, value: Any) -> int:
        if isinstance(value, Array):
            source = type(value)._pointer
        else:
            source = type(value)
        if not issubclass(source, Address):
            what = f"cdata '{source.cname}'" if issubclass(source, CTypesData) else None
            raise TypeError(
                f"initializer for ctype '{cls.cname}' must be a cdata pointer, "
                f"not {what or source.__name__}"
            )
        if source is not cls and not (cls._accepts_any or source._accepts_any):
            raise TypeError(
                f"initializer for ctype '{cls.cname}' must be a pointer to same "
                f"type, not cdata '{type(value).cname}'"
            )
        address: int = value._number()
        return address

    @classmethod
    def _receive(cls, raw: Any, keep: Any = None) -> Any:
        return cls._make(raw or 0)

    @classmethod
    def _cast(cls, source: Any) -> Any:
        number = cast_number(cls, source)
        if not isinstance(number, int):
            raise TypeError(f"cannot cast to ctype '{cls.cname}' from float")
        return cls._make(number & _ADDRESS_MASK)

    def _number(self) -> Any:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)


class Pointer(Address):
    """A pointer to data.  A pointer to a struct has the struct's members."""

    __slots__ = ()
    _kind = "pointer"
    _item: ClassVar[Any]
    _is_text: ClassVar[bool]

    @classmethod
    def _new(cls, init: Any) -> Any:
        size = cls._item._size()
        # ffi.string() of a single character must find an end behind it.
        count = 2 if issubclass(cls._item, Character) else 1
        memory = (cls._item._sized() * count)()
        address = ctypes.addressof(memory)
        if init is not None:
            cls._item._store(address, init)
        return cls._make(address, memory, size)

    @classmethod
    def _pass(cls, value: Any) -> Any:
        if isinstance(value, bytes) and cls._accepts_any:
            return value  # which ctypes passes as the address of its first byte
        return super()._pass(value)

    def _at(self, index: Any) -> int:
        if not isinstance(index, int):
            raise TypeError("the ctypes backend supports only integer indexes")
        if self._owned is not None and index != 0:
            raise IndexError(f"cdata '{type(self).cname}' can only be indexed by 0")
        offset: int = index * self._item._size()
        if not self._value:
            raise RuntimeError(f"cannot dereference null pointer from cdata '{type(self).cname}'")
        address: int = self._value + offset
        return address

    def __getitem__(self, index: Any) -> Any:
        return self._item._load(self._at(index), self._keep)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._item._store(self._at(index), value)

    # Or else indexing would make iter() believe that this is a sequence.
    __iter__ = None

    def __add__(self, count: Any) -> Any:
        if not isinstance(count, int):
            return NotImplemented
        return self._make(self._value + count * self._item._size(), self._keep)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, int):
            return self + -other
        if isinstance(other, Array):
            other = other + 0
        if type(other) is not type(self):
            return NotImplemented
        return (self._value - other._value) // self._item._size()

    def __getattr__(self, name: str) -> Any:
        if name in getattr(self._item, "_members", ()):
            return getattr(self[0], name)
        raise AttributeError(f"cdata '{type(self).cname}' has no field '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in getattr(self._item, "_members", ()):
            raise AttributeError(f"cdata '{type(self).cname}' has no field '{name}'")
        setattr(self[0], name, value)

    def _text(self, maxlen: int) -> Any:
        if not self._is_text:
            return super()._text(maxlen)
        return read_text(self._at(0), maxlen)


class Array(CTypesData):
    """An array.  ``_value`` is the ctypes array, also for an open length."""

    __slots__ = ()
    _kind = "array"
    _item: ClassVar[Any]
    _length: ClassVar[int | None]
    _pointer: ClassVar[Any]

    @classmethod
    def _alignment(cls) -> int:
        alignment: int = cls._item._alignment()
        return alignment

    @classmethod
    def _new(cls, init: Any) -> Any:
        length = cls._length
        if length is None:
            if isinstance(init, int):
                length, init = init, None
            elif isinstance(init, bytes):
                length = len(init) + 1
            else:
                init = init if isinstance(init, Array) else tuple(init)
                length = len(init)
        if length < 0:
            raise ValueError("negative array length")
        memory = (cls._item._sized() * length)()
        if init is not None:
            cls._fill(memory, init)
        return cls._make(memory, memory, ctypes.sizeof(memory))

    @classmethod
    def _fill(cls, memory: Any, init: Any) -> None:
        length = len(memory)
        address = ctypes.addressof(memory)
        if isinstance(init, Array):
            if not isinstance(init, cls) or len(init) != length:
                raise TypeError(
                    f"initializer for ctype '{cls.cname}' must be an array of the "
                    f"same type and length, not {init!r}"
                )
            ctypes.memmove(address, init._number(), ctypes.sizeof(memory))
            return
        if isinstance(init, bytes):
            init = [init[i : i + 1] for i in range(len(init))]
        items = tuple(init)
        if len(items) > length:
            raise IndexError(f"too many initializers for '{cls.cname}' (got {len(items)})")
        size = cls._item._size()
        for i, value in enumerate(items):
            cls._item._store(address + i * size, value)

    @classmethod
    def _load(cls, address: int, keep: Any) -> Any:
        if not cls._length:  # at the end of a struct: as long as one takes it
            return cls._pointer._make(address, keep)
        return cls._make(cls._sized().from_address(address), keep)

    @classmethod
    def _store(cls, address: int, value: Any) -> None:
        cls._fill(cls._sized().from_address(address), value)

    @classmethod
    def _cast(cls, source: Any) -> Any:
        return cls._make(cls._sized().from_address(cls._pointer._cast(source)._value))

    def _number(self) -> int:
        return ctypes.addressof(self._value)

    def _extent(self) -> int:
        return ctypes.sizeof(self._value)

    def _at(self, index: Any) -> int:
        if not isinstance(index, int):
            raise TypeError("the ctypes backend supports only integer indexes")
        if not 0 <= index < len(self._value):
            raise IndexError(
                f"index {index} out of bounds for cdata '{type(self).cname}' "
                f"of length {len(self._value)}"
            )
        address: int = self._number() + index * self._item._size()
        return address

    def __len__(self) -> int:
        return len(self._value)

    def __getitem__(self, index: Any) -> Any:
        return self._item._load(self._at(index), self._keep)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._item._store(self._at(index), value)

    def __iter__(self) -> Iterator[Any]:
        for index in range(len(self._value)):
            yield self[index]

    def __add__(self, count: Any) -> Any:
        return self._pointer._make(self._number(), self._keep) + count

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + 0 - other

    def _text(self, maxlen: int) -> Any:
        if not self._pointer._is_text:
            return super()._text(maxlen)
        length = len(self._value)
        return read_text(self._number(), length if maxlen < 0 else min(maxlen, length))


def read_text(address: int, maxlen: int) -> bytes:
    """The bytes up to the first zero, at most 'maxlen' unless that is
    negative, reading none beyond."""
    if maxlen < 0:
        return ctypes.string_at(address)
    length = 0
    while length < maxlen and ctypes.string_at(address + length, 1) != b"\0":
        length += 1
    return ctypes.string_at(address, length)


def new_pointer(item: Any) -> Any:
    """The ctype of a pointer to 'item'."""
    declarator = "(*&)" if issubclass(item, Array) else " *&"
    return new_type(
        Pointer,
        item._marker.replace("&", declarator),
        _item=item,
        _accepts_any=issubclass(item, (Void, Character)),
        _is_text=issubclass(item, Character) or (issubclass(item, Integer) and item._is_byte),
    )


def new_array(pointer: Any, length: int | None) -> Any:
    """The ctype of an array of what 'pointer' points to."""
    item = pointer._item
    storage = item._sized()
    brackets = "&[]" if length is None else f"&[{length}]"
    return new_type(
        Array,
        item._marker.replace("&", brackets),
        _item=item,
        _length=length,
        _pointer=pointer,
        _storage=None if length is None else storage * length,
    )
