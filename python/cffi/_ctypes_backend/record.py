"""Structs and unions.

ctypes lays them out, from fields whose order and sizes are C's.
"""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar, NamedTuple

from .address import Array
from .data import CTypesData, new_type


class Member(NamedTuple):
    """A member: 'bits' is its width, or -1 if it is no bit-field."""

    type: Any
    bits: int
    offset: int


class Record(CTypesData):
    """A struct or union in memory: ``_value`` is the ctypes structure."""

    __slots__ = ()
    _layout: ClassVar[Any]
    _members: ClassVar[dict[str, Member]] = {}

    @classmethod
    def _receive(cls, raw: Any, keep: Any = None) -> Any:
        return cls._make(raw, keep)

    @classmethod
    def _load(cls, address: int, keep: Any) -> Any:
        return cls._make(cls._sized().from_address(address), keep)

    @classmethod
    def _store(cls, address: int, value: Any) -> None:
        memory = cls._sized().from_address(address)
        if isinstance(value, cls):
            ctypes.memmove(address, value._number(), ctypes.sizeof(memory))
            return
        if isinstance(value, (list, tuple)):
            limit = 1 if cls._kind == "union" else len(cls._members)
            if len(value) > limit:
                raise ValueError(
                    f"too many values for '{cls.cname}' initializer "
                    f"(got {len(value)}, at most {limit} possible)"
                )
            value = dict(zip(cls._members, value, strict=False))
        if not isinstance(value, dict):
            raise TypeError(
                f"initializer for ctype '{cls.cname}' must be a list or tuple or "
                f"dict or struct-cdata, not {type(value).__name__}"
            )
        for name, item in value.items():
            cls._set(memory, name, cls._members[name], item)

    @classmethod
    def _set(cls, memory: Any, name: str, member: Member, value: Any) -> None:
        type, bits, offset = member
        if bits < 0:
            type._store(ctypes.addressof(memory) + offset, value)
            return
        number = type._convert(value)
        low = -(1 << bits - 1) if type._low < 0 else 0
        if not low <= number < low + (1 << bits):
            raise OverflowError(
                f"value {number} outside the range allowed by the bit field width: "
                f"{low} <= x <= {low + (1 << bits) - 1}"
            )
        setattr(memory, name, number)

    @classmethod
    def _pass(cls, value: Any) -> Any:
        if isinstance(value, cls):
            return value._value
        memory = cls._sized()()
        cls._store(ctypes.addressof(memory), value)
        return memory

    def _number(self) -> int:
        return ctypes.addressof(self._value)

    def _shown_type(self) -> str:
        return self._marker.replace("&", " &")

    def __getattr__(self, name: str) -> Any:
        member = self._members.get(name)
        if member is None:
            raise AttributeError(f"cdata '{type(self).cname}' has no field '{name}'")
        if member.bits >= 0:
            return member.type._receive(getattr(self._value, name))
        return member.type._load(self._number() + member.offset, self._keep)

    def __setattr__(self, name: str, value: Any) -> None:
        member = self._members.get(name)
        if member is None:
            raise AttributeError(f"cdata '{type(self).cname}' has no field '{name}'")
        self._set(self._value, name, member, value)


def new_record(kind: str, name: str) -> Any:
    """The ctype of a struct or union whose members are not known yet."""
    layout = ctypes.Structure if kind == "struct" else ctypes.Union
    return new_type(Record, name + "&", _kind=kind, _layout=layout)


def complete_record(btype: Any, fields: Any, pack: int) -> None:
    """Give the struct or union 'btype' its members: (name, ctype, width of a
    bit-field or -1).  'pack' limits their alignment unless it is 0."""
    layout = []
    for name, type, bits in fields:
        if not name:
            raise NotImplementedError("nested anonymous structs/unions")
        if any(name in vars(base) for base in btype.__mro__):
            raise ValueError(f"the field name {name!r} conflicts in the ctypes backend")
        storage = type._storage
        if storage is None and issubclass(type, Array):
            storage = type._item._sized() * 0
        width = (bits,) if bits >= 0 else ()
        layout.append((name, storage or type._sized(), *width))
    body: dict[str, Any] = {"_fields_": layout}
    if pack:
        # Packing is what 'ms' stands for here; newer Pythons want it said.
        body = {"_pack_": pack, "_layout_": "ms", **body}
    btype._storage = type_ = type_of_layout(btype, body)
    btype._members = {
        name: Member(type, bits, getattr(type_, name).offset) for name, type, bits in fields
    }


def type_of_layout(btype: Any, body: dict[str, Any]) -> Any:
    """The ctypes structure with the fields in 'body'."""
    return type(btype._layout)(btype.cname, (btype._layout,), body)
