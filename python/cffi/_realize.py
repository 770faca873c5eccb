"""From the types of ``cffi.model`` to the ctypes of a backend.

This is the whole way of the data for an FFI with a backend of its own, and for
the extension module only the answer to ``ffi._get_cached_btype(a model type)``:
there, types that its own declarations contain are looked up, not built.

A struct is announced to the backend first and given its members later, so that
a pointer to it can exist in between; ``named`` is the first step, ``complete``
is both.
"""

from __future__ import annotations

from _thread import RLock
from typing import TYPE_CHECKING, Any
from warnings import warn

import _cffi_backend

from . import model
from .error import CDefError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .api import FFI

    Build = Callable[["Realizer", Any], Any]

# One for all FFIs: they share ctypes, and the members of an included struct
# are given to the backend by whichever FFI needs them first.
_lock = RLock()

_IN_PROGRESS = 1
_COMPLETED = 2
_SF_PACKED = 8


def realize(ffi: FFI, type: model.BaseTypeByIdentity) -> Any:
    """The ctype for 'type' in 'ffi', with its members if it has any."""
    with _lock:
        realizer = Realizer(ffi)
        btype = realizer.complete(type)
        realizer.finish()
        return btype


class Realizer:
    """One request for a ctype, with the structs that it left to be finished."""

    def __init__(self, ffi: FFI) -> None:
        self._backend = ffi._backend
        self._known = ffi._cached_btypes
        self._native = ffi._parser._native if self._backend is _cffi_backend else None
        self._unfinished: list[model.StructOrUnion] = []

    def named(self, type: model.BaseTypeByIdentity) -> Any:
        """The ctype for 'type'; a struct may still be without its members."""
        btype = self._known.get(type)
        if btype is None:
            btype = self._native(type) if self._native else None
            if btype is None:
                btype = self._build(type)
            btype = self._known.setdefault(type, btype)
        return btype

    def complete(self, type: model.BaseTypeByIdentity) -> Any:
        """The ctype for 'type', whose size is known if it has one."""
        btype = self.named(type)
        if isinstance(type, model.StructOrUnion) and not self._is_native(type):
            self._give_members(type, btype)
        return btype

    def finish(self) -> None:
        """Give their members to all structs that were met on the way."""
        while self._unfinished:
            self.complete(self._unfinished.pop())

    def _is_native(self, type: model.BaseTypeByIdentity) -> bool:
        return self._native is not None and self._native(type) is not None

    def _build(self, type: model.BaseTypeByIdentity) -> Any:
        for base in type.__class__.__mro__:
            if base in _BUILDERS:
                return _BUILDERS[base](self, type)
        raise TypeError(f"{type!r} is not a type of cffi.model")

    def _call(
        self, type: model.BaseTypeByIdentity, method: str, *args: Any, key: Any = None
    ) -> Any:
        return model.cached_call(type, self._backend, method, *args, key=key)

    # ---- one method per kind of type

    def _void(self, type: model.VoidType) -> Any:
        return self._call(type, "new_void_type")

    def _primitive(self, type: model.PrimitiveType) -> Any:
        return self._call(type, "new_primitive_type", type.name)

    def _unknown_integer(self, type: model.UnknownIntegerType) -> Any:
        raise NotImplementedError(f"integer type '{type.name}' can only be used after compilation")

    def _unknown_float(self, type: model.UnknownFloatType) -> Any:
        raise NotImplementedError(f"float type '{type.name}' can only be used after compilation")

    def _function(self, type: model.RawFunctionType) -> Any:
        raise CDefError(
            f"cannot render the type {type!r}: it is a function type, not a "
            "pointer-to-function type"
        )

    def _function_pointer(self, type: model.FunctionPtrType) -> Any:
        result = self._passed(type.result)
        args = tuple(self._passed(arg) for arg in type.args)
        convention: tuple[Any, ...] = ()
        if type.abi == "__stdcall" and not type.ellipsis:
            # Only 32-bit Windows tells this convention from the usual one.
            if hasattr(self._backend, "FFI_STDCALL"):
                convention = (self._backend.FFI_STDCALL,)
        return self._call(type, "new_function_type", args, result, type.ellipsis, *convention)

    def _passed(self, type: model.BaseTypeByIdentity) -> Any:
        """The type of a parameter or a result.  A struct may have a member
        that points to a function of this very struct."""
        if getattr(type, "completed", None) == _IN_PROGRESS:
            return self.named(type)
        return self.complete(type)

    def _pointer(self, type: model.PointerType) -> Any:
        return self._call(type, "new_pointer_type", self.named(type.totype))

    def _array(self, type: model.ArrayType) -> Any:
        if type.length_is_unknown():
            raise CDefError(f"cannot render the type {type!r}: unknown length")
        self.complete(type.item)
        pointer = self.named(model.PointerType(type.item))
        return self._call(type, "new_array_type", pointer, type.length)

    def _record(self, type: model.StructOrUnion) -> Any:
        type.check_not_partial()
        self._unfinished.append(type)
        method = f"new_{type.kind}_type"
        return self._call(type, method, type.get_official_name(), key=type)

    def _enum(self, type: model.EnumType) -> Any:
        type.check_not_partial()
        base = type.baseinttype
        if base is None:
            base = self._integer_for(type)
        return self._call(
            type,
            "new_enum_type",
            type.get_official_name(),
            tuple(type.enumerators),
            tuple(type.enumvalues),
            self.complete(base),
            key=type,
        )

    def _integer_for(self, type: model.EnumType) -> model.PrimitiveType:
        """The first of int and long, unsigned without a negative value, that
        holds all values of an enum, which C11 6.7.2.2p4 leaves open."""
        values = [value for value in type.enumvalues if value is not None] or [0]
        if not type.enumvalues:
            warn(
                f"{type._get_c_name()!r} has no values explicitly defined; "
                "guessing that it is equivalent to 'unsigned int'",
                stacklevel=2,
            )
        signed = min(values) < 0
        for name in ("int", "long"):
            candidate = model.PrimitiveType(name if signed else f"unsigned {name}")
            bits = 8 * self._backend.sizeof(self.named(candidate))
            low, high = (-1 << bits - 1, 1 << bits - 1) if signed else (0, 1 << bits)
            if low <= min(values) and max(values) < high:
                return candidate
        raise CDefError(
            f"{type._get_c_name()} values don't all fit into either 'long' or 'unsigned long'"
        )

    def _give_members(self, type: model.StructOrUnion, btype: Any) -> None:
        if type.completed == _IN_PROGRESS:
            raise NotImplementedError(f"recursive structure declaration for '{type.name}'")
        if type.completed:
            return
        type.completed = _IN_PROGRESS
        try:
            if type.fldtypes is not None:
                members = [
                    (name, self.complete(member), bits) for name, member, bits, _ in type._members()
                ]
                packing: tuple[int, ...] = ()
                if type.packed:
                    packing = (_SF_PACKED,) if type.packed == 1 else (0, type.packed)
                self._backend.complete_struct_or_union(btype, members, type, -1, -1, *packing)
        except BaseException:
            type.completed = 0
            raise
        type.completed = _COMPLETED


_BUILDERS: dict[type, Build] = {
    model.VoidType: Realizer._void,
    model.PrimitiveType: Realizer._primitive,
    model.UnknownIntegerType: Realizer._unknown_integer,
    model.UnknownFloatType: Realizer._unknown_float,
    model.RawFunctionType: Realizer._function,
    model.FunctionPtrType: Realizer._function_pointer,
    model.PointerType: Realizer._pointer,
    model.ArrayType: Realizer._array,
    model.StructOrUnion: Realizer._record,
    model.EnumType: Realizer._enum,
}
