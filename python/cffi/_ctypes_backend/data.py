"""What all ctypes and cdata of the ctypes backend have in common.

The kinds of types override the methods with an underscore; the names without
one are what users of cdata see.
"""

from __future__ import annotations

import ctypes
import operator
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


class CTypesType(type):
    """A ctype.  Being a metaclass, it has attributes that its cdata, whose
    attributes are C's, have not."""

    _marker: str
    _kind: str
    _item: CTypesType
    _length: int | None

    def __call__(cls, *args: object, **kwds: object) -> NoReturn:
        raise TypeError(f"cannot instantiate ctype '{cls.cname}': use ffi.new()")

    @property
    def cname(cls) -> str:
        """The name of the type in C."""
        return cls._marker.replace("&", "")

    @property
    def kind(cls) -> str:
        """'primitive', 'enum', 'pointer', 'function', 'array', 'struct',
        'union' or 'void'."""
        return cls._kind

    @property
    def item(cls) -> CTypesType:
        """What a pointer points to, or an array consists of."""
        return cls._item

    @property
    def length(cls) -> int | None:
        """The length of an array, None for ``[]``."""
        return cls._length


def new_type(base: type[CTypesData], marker: str, **attributes: Any) -> Any:
    """A new ctype of the kind 'base'.  'marker' is its name in C with ``&``
    where the name of a variable would stand."""
    name = f"CData<{marker.replace('&', '')}>"
    attributes |= {"_marker": marker, "__slots__": ()}
    attributes |= {"__module__": "ffi", "__qualname__": name}
    return CTypesType(name, (base,), attributes)


def _comparison(operation: Callable[[Any, Any], bool]) -> Callable[..., Any]:
    def compare(self: CTypesData, other: object) -> Any:
        is_address, mine = self._position()
        theirs = (False, other)
        if isinstance(other, CTypesData):
            theirs = other._position()
        if is_address is not theirs[0]:
            return NotImplemented
        return operation(mine, theirs[1])

    return compare


class CTypesData(metaclass=CTypesType):
    """A piece of C data.

    _value: a Python number or byte for a primitive, an address for a pointer, a
        ctypes object for everything that lies in memory.
    _keep: keeps that memory alive, if this backend allocated it.
    _owned: the number of bytes that ffi.new() allocated for this object.
    _guard: calls the destructor that was given to ffi.gc().
    """

    __slots__ = ("__weakref__", "_guard", "_keep", "_owned", "_value")

    _value: Any
    _keep: Any
    _owned: int | None
    _guard: Any

    _marker: ClassVar[str] = "&"
    _kind: ClassVar[str] = ""
    _storage: ClassVar[Any] = None
    _accepts_any: ClassVar[bool] = False

    @classmethod
    def _make(cls, value: Any, keep: Any = None, owned: int | None = None) -> Any:
        self = object.__new__(cls)
        set_slot = object.__setattr__
        set_slot(self, "_value", value)
        set_slot(self, "_keep", keep)
        set_slot(self, "_owned", owned)
        set_slot(self, "_guard", None)
        return self

    # ---- of a type: these serve all types that ctypes calls simple

    @classmethod
    def _sized(cls) -> Any:
        """The ctypes type of the memory, for a type that has a size."""
        if cls._storage is None:
            raise TypeError(f"ctype '{cls.cname}' is of unknown size")
        return cls._storage

    @classmethod
    def _size(cls) -> int:
        return ctypes.sizeof(cls._sized())

    @classmethod
    def _alignment(cls) -> int:
        return ctypes.alignment(cls._sized())

    @classmethod
    def _convert(cls, value: Any) -> Any:
        """The value for ctypes to store, as an initializer is converted."""
        raise TypeError(f"cannot convert to ctype '{cls.cname}'")

    @classmethod
    def _receive(cls, raw: Any, keep: Any = None) -> Any:
        """The Python object for a value that ctypes delivered."""
        return raw

    @classmethod
    def _load(cls, address: int, keep: Any) -> Any:
        return cls._receive(cls._sized().from_address(address).value, keep)

    @classmethod
    def _store(cls, address: int, value: Any) -> None:
        cls._sized().from_address(address).value = cls._convert(value)

    @classmethod
    def _pass(cls, value: Any) -> Any:
        """The ctypes object for 'value' as an argument of a call."""
        return cls._sized()(cls._convert(value))

    @classmethod
    def _new(cls, init: Any) -> Any:
        raise TypeError(f"expected a pointer or array ctype, got '{cls.cname}'")

    @classmethod
    def _cast(cls, source: Any) -> Any:
        raise TypeError(f"cannot cast to ctype '{cls.cname}'")

    # ---- of a cdata

    def _number(self) -> Any:
        """The number that a cast to another type starts from."""
        raise TypeError(f"cannot cast cdata '{type(self).cname}' to a number")

    def _position(self) -> tuple[bool, Any]:
        """What comparisons look at: whether it is an address, and which."""
        return True, self._number()

    def _extent(self) -> int:
        return type(self)._size()

    def _text(self, maxlen: int) -> Any:
        raise TypeError(f"string(): unexpected cdata type '{type(self).cname}'")

    def _show(self) -> str:
        """What repr() says after the type."""
        if self._owned is not None:
            return f"owning {self._owned} bytes"
        address = self._number()
        return hex(address) if address else "NULL"

    def _shown_type(self) -> str:
        return type(self).cname

    def __repr__(self) -> str:
        return f"<cdata '{self._shown_type()}' {self._show()}>"

    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    def __hash__(self) -> int:
        return hash(self._position()[1])


def cast_number(target: CTypesType, source: Any) -> Any:
    """The number that 'source' stands for in a cast to 'target'."""
    if isinstance(source, (int, float)):
        return source
    if isinstance(source, CTypesData):
        return source._number()
    if isinstance(source, (bytes, str)) and len(source) == 1:
        return ord(source)
    raise TypeError(f"cannot cast to ctype '{target.cname}' from {type(source).__name__}")
