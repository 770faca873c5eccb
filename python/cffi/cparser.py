"""The declarations of an FFI as objects of ``cffi.model``.

No parser: the extension module parses, and keeps what it parsed.  A ``Parser``
shows that to programs which look into ``ffi._parser``, under the names they
know.  It reads only, except for ``parse()`` and ``include()``, which it passes on,
and for assigning ``_declarations`` and ``_int_constants``, which declares what is in them.
"""

from __future__ import annotations

import re
from _thread import RLock
from typing import TYPE_CHECKING, Any, cast

import _cffi_backend

from . import model
from ._declare import declare, define, is_same
from .commontypes import COMMON_TYPES
from .error import CDefError as CDefError
from .error import FFIError
from .lock import allocate_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _cffi_backend import _Body, _InlineFFI

    Declared = tuple[Any, int]

CDEF_SOURCE_STRING = "<cdef source string>"

# Nothing here takes it; programs do, for purposes of their own.
lock = allocate_lock()

_INCLUDABLE = ("struct", "union", "enum", "anonymous", "typedef")


def _common_type_names(csource: str) -> set[str]:
    """The words in 'csource' that are types without a declaration."""
    return set(re.findall(r"\w+", csource)) & COMMON_TYPES.keys()


class Parser:
    """A view of the declarations that one FFI has.

    ``Parser()`` has declarations of its own.  The same declaration is always
    shown as the same object, and a struct that gets its members by a later
    ``cdef()`` gets them in that object.
    """

    def __init__(self, core: _InlineFFI | None = None, included: Iterable[Parser] = ()) -> None:
        self._core = _cffi_backend._InlineFFI() if core is None else core
        self._lock = RLock()
        self._included = list(included)
        self._options: dict[str, Any] = {}
        self._recomplete: list[model.StructOrUnion] = []
        self._table: dict[str, Declared] = {}
        self._views: dict[int, model.BaseTypeByIdentity] = {}
        self._indexes: dict[model.BaseTypeByIdentity, int] = {}
        self._function_pointers: dict[int, model.FunctionPtrType] = {}
        self._array_quals: dict[int, int] = {}
        self._bodiless: dict[int, model.StructOrUnion | model.EnumType] = {}

    # ---- declaring

    def parse(
        self,
        csource: str,
        override: bool = False,
        packed: bool = False,
        pack: int | None = None,
        dllexport: bool = False,
    ) -> None:
        """Declare what 'csource' declares, as ``ffi.cdef()`` does."""
        self._core._cdef(csource, override=override, packed=packed, pack=pack, dllexport=dllexport)
        self._options = {
            "override": override,
            "packed": 1 if packed else pack or 0,
            "dllexport": dllexport,
        }
        self._refresh()

    def include(self, other: Parser) -> None:
        """Make the types of another parser known to this one."""
        self._core._include(other._core)
        self._adopt(other)

    def _adopt(self, other: Parser) -> None:
        """Show the types that were included from 'other' as its objects."""
        with self._lock:
            self._included.append(other)

    # ---- looking

    def parse_type(self, cdecl: str) -> model.BaseTypeByIdentity:
        """The C type written in 'cdecl'."""
        return self.parse_type_and_quals(cdecl)[0]

    def parse_type_and_quals(self, cdecl: str) -> tuple[model.BaseTypeByIdentity, int]:
        """The C type written in 'cdecl', and the qualifiers on it as a
        combination of ``model.Q_CONST``, ``Q_RESTRICT`` and ``Q_VOLATILE``."""
        with self._lock:
            index, quals = self._core._parse_type(cdecl)
            self._refresh()
            return self._view(index), self._quals(index, quals)

    @property
    def _declarations(self) -> dict[str, Declared]:
        """What has been declared: (type, qualifiers) by kind and name, such as
        ``'function sin'``, ``'struct tm'`` or ``'typedef time_t'``.  A
        ``'macro X'`` has its value, or ``'...'``, in place of a type."""
        with self._lock:
            self._refresh()
            shown: set[str] = set()
            for key, what, quals in self._core._declared():
                shown.add(key)
                entry = self._declared_object(key, what, quals)
                known = self._table.get(key)
                if known is None or known[0] is not entry[0] or known[1] != entry[1]:
                    self._table[key] = entry
            for key in self._table.keys() - shown:
                del self._table[key]
            return self._table

    @_declarations.setter
    def _declarations(self, table: Mapping[str, Declared]) -> None:
        """Declare what such a table has: one that was read here, or restored
        from a file.  What is declared already stays, and has to agree."""
        with self._lock:
            shown = self._declarations
            missing = {key: entry for key, entry in table.items() if key not in shown}
            for key in table.keys() - missing.keys():
                if not is_same(table[key], shown[key]):
                    raise FFIError(f"multiple declarations of {key}")
            if missing:
                self._restore(declare(missing, shown.keys()))

    def _declared_object(self, key: str, what: int | str | None, quals: int) -> Declared:
        kind, _, _ = key.partition(" ")
        if kind == "macro" or not isinstance(what, int):
            return "..." if what is None else what, quals
        view = self._view(what)
        if isinstance(view, model.RawFunctionType) and kind != "typedef":
            view = self._function_pointer(what, view)
        return view, self._quals(what, quals)

    @property
    def _int_constants(self) -> dict[str, int]:
        """The values of ``#define``s and enumerators."""
        return dict(self._core._int_constants())

    @_int_constants.setter
    def _int_constants(self, constants: Mapping[str, int]) -> None:
        """Define those that are not there yet."""
        shown = self._int_constants
        missing = {name: value for name, value in constants.items() if shown.get(name) != value}
        if missing:
            self._restore(define(missing))

    def _restore(self, csource: str) -> None:
        # An FFI keeps the text, too: modules are named after it.
        cdef = getattr(self._core, "cdef", self.parse)
        cdef(csource)

    @property
    def _included_declarations(self) -> set[model.BaseTypeByIdentity]:
        """The types that come from another parser."""
        foreign: set[int] = set()
        for other in self._included:
            foreign.update(
                id(type)
                for key, (type, _) in other._declarations.items()
                if key.partition(" ")[0] in _INCLUDABLE
            )
        return {type for type, _ in self._declarations.values() if id(type) in foreign}

    # ---- from descriptions to objects

    def _native(self, type: model.BaseTypeByIdentity) -> Any:
        """The extension module's ctype for a type shown here, or None."""
        index = self._indexes.get(type)
        return None if index is None else self._core._get_ctype(index)

    def _view(self, index: int) -> model.BaseTypeByIdentity:
        view = self._views.get(index)
        if view is None:
            description = self._core._describe_type(index)
            view = _VIEWS[description[0]](self, index, *description[1:])
            view = self._views.setdefault(index, view)
            self._indexes.setdefault(view, index)
        return view

    def _pointer(
        self, index: int, target: int, quals: int, name: str | None
    ) -> model.BaseTypeByIdentity:
        totype = self._view(target)
        if name is not None:
            return model.NamedPointerType(totype, name, quals)
        if isinstance(totype, model.RawFunctionType):
            return self._function_pointer(target, totype)
        return model.PointerType(totype, self._quals(target, quals))

    def _function_pointer(
        self, target: int, function: model.RawFunctionType
    ) -> model.FunctionPtrType:
        pointer = self._function_pointers.get(target)
        if pointer is None:
            pointer = function.as_function_pointer()
            self._function_pointers[target] = pointer
        return pointer

    def _array(
        self, index: int, item: int, quals: int, length: int | str | None
    ) -> model.BaseTypeByIdentity:
        view = model.ArrayType(self._view(item), length)
        self._array_quals[index] = self._quals(item, quals)
        return view

    def _quals(self, index: int, quals: int) -> int:
        """The qualifiers of a type with those of its items, if it is an array:
        they are shown as its own, which C11 6.7.3p9 says they are not."""
        return quals | self._array_quals.get(index, 0)

    def _function(
        self,
        index: int,
        params: tuple[int, ...],
        result: int,
        variadic: bool,
        abi: str | None,
    ) -> model.BaseTypeByIdentity:
        args = tuple(self._view(param) for param in params)
        return model.RawFunctionType(args, self._view(result), variadic, abi)

    def _struct(
        self, index: int, name: str, forcename: str | None, body: _Body | None
    ) -> model.BaseTypeByIdentity:
        if name == "_IO_FILE" and body is None:
            return cast(model.BaseTypeByIdentity, COMMON_TYPES["FILE"])
        return self._record(model.StructType, index, name, forcename, body)

    def _union(
        self, index: int, name: str, forcename: str | None, body: _Body | None
    ) -> model.BaseTypeByIdentity:
        return self._record(model.UnionType, index, name, forcename, body)

    def _record(
        self,
        make: Callable[..., model.StructOrUnion],
        index: int,
        name: str,
        forcename: str | None,
        body: _Body | None,
    ) -> model.BaseTypeByIdentity:
        view = make(name, None, None, None)
        shared = self._shared(view.kind, name, forcename)
        if shared is not None:
            return shared
        view.force_the_name(forcename)
        self._views[index] = view  # before the members, which may point back
        if body is None:
            self._bodiless[index] = view
            return view
        try:
            self._set_members(view, body)
        except BaseException:
            del self._views[index]
            raise
        return view

    def _set_members(self, view: model.StructOrUnion, body: _Body) -> None:
        names, types, bitsizes, quals, packed, partial = body
        view.packed = packed
        view.partial = bool(partial)
        view.fldtypes = tuple(self._view(type) for type in types)
        view.fldbitsize = tuple(bitsizes)
        view.fldquals = tuple(map(self._quals, types, quals))
        view.fldnames = tuple(names)

    def _enum(
        self,
        index: int,
        name: str,
        forcename: str | None,
        enumerators: tuple[str, ...] | None,
        values: tuple[int | None, ...] | None,
        base: str,
        partial: bool,
    ) -> model.BaseTypeByIdentity:
        shared = self._shared("enum", name, forcename)
        if shared is not None:
            return shared
        view = model.EnumType(name, (), ())
        view.force_the_name(forcename)
        if enumerators is None:
            self._bodiless[index] = view
        else:
            self._set_enumerators(view, enumerators, values, base, partial)
        return view

    def _set_enumerators(
        self,
        view: model.EnumType,
        enumerators: tuple[str, ...],
        values: tuple[int | None, ...] | None,
        base: str,
        partial: bool,
    ) -> None:
        view.enumerators = enumerators
        view.enumvalues = values or ()
        view.partial = bool(partial)
        if enumerators and base in model.PrimitiveType.ALL_PRIMITIVE_TYPES:
            view.baseinttype = model.PrimitiveType(base)

    def _unsupported(self, index: int, spelling: str) -> model.BaseTypeByIdentity:
        raise FFIError(
            f"Unsupported type: {spelling!r}.  Please look at "
            "http://cffi.readthedocs.io/en/latest/cdef.html#ffi-cdef-limitations "
            "and file an issue if you think this type should really be supported."
        )

    def _shared(
        self, kind: str, name: str, forcename: str | None
    ) -> model.BaseTypeByIdentity | None:
        """The object that an included parser has for this struct or enum."""
        key = f"anonymous {forcename}" if name.startswith("$") else f"{kind} {name}"
        for other in self._included:
            type, _ = other._declarations.get(key, (None, 0))
            if type is not None:
                return cast(model.BaseTypeByIdentity, type)
        return None

    def _refresh(self) -> None:
        """Fill in what has been declared since the last look."""
        with self._lock:
            for index, view in list(self._bodiless.items()):
                description = self._core._describe_type(index)
                if description[3] is None:
                    continue
                del self._bodiless[index]
                if isinstance(view, model.EnumType):
                    self._set_enumerators(view, *description[3:])
                    continue
                self._set_members(view, description[3])
                if view.completed:  # an opaque struct to the backend until now
                    view.completed = 0
                    self._recomplete.append(view)


_VIEWS: dict[str, Callable[..., model.BaseTypeByIdentity]] = {
    "void": lambda parser, index: model.void_type,
    "primitive": lambda parser, index, name: model.PrimitiveType(name),
    "unknown_integer": lambda parser, index, name: model.UnknownIntegerType(name),
    "unknown_float": lambda parser, index, name: model.UnknownFloatType(name),
    "pointer": Parser._pointer,
    "array": Parser._array,
    "function": Parser._function,
    "struct": Parser._struct,
    "union": Parser._union,
    "enum": Parser._enum,
    "unsupported": Parser._unsupported,
}
