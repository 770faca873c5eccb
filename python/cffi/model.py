"""C types as Python objects, to look at.

``ffi._parser`` hands these out for what ``cdef()`` declared, and programs may
make their own.  They are a view: the extension module keeps its own types and
does not read these; only an FFI with another backend builds its types from
them (see ``_realize``).

A type knows its C name as a text with one ``&`` where a variable's name would
stand.  Two types are equal when they are written the same way, except structs,
unions and enums, which are equal only to themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary

from .error import VerificationError, VerificationMissing
from .lock import allocate_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence

Q_CONST = 0x01
Q_RESTRICT = 0x02
Q_VOLATILE = 0x04

_QUALIFIERS = (
    (Q_CONST, "const"),
    (Q_VOLATILE, "volatile"),
    (Q_RESTRICT, "__restrict"),
)


def qualify(quals: int, replace_with: str) -> str:
    """Put the qualifiers in 'quals' in front of a declarator."""
    for bit, word in _QUALIFIERS:
        if quals & bit:
            replace_with = f" {word} {replace_with.lstrip()}"
    return replace_with


class BaseTypeByIdentity:
    """Any C type.  Equal to itself only."""

    _attrs_: ClassVar[tuple[str, ...]] = ()
    is_array_type: ClassVar[bool] = False
    is_raw_function: ClassVar[bool] = False
    c_name_with_marker: str

    def get_c_name(self, replace_with: str = "", context: str = "a C file", quals: int = 0) -> str:
        """The C declaration of 'replace_with', a name or a declarator such as
        ``*x`` or ``[5]``, with this type.

        Raises VerificationError if the type has no name in C; 'context' says
        in that text where the name was wanted.
        """
        declarator = replace_with.strip()
        if declarator.startswith("*") and "&[" in self.c_name_with_marker:
            declarator = f"({declarator})"
        elif declarator and declarator[0] not in "[(":
            declarator = " " + declarator
        result = self.c_name_with_marker.replace("&", qualify(quals, declarator))
        if "$" in result:
            raise VerificationError(
                f"cannot generate '{self._get_c_name()}' in {context}: unknown type name"
            )
        return result

    def _get_c_name(self) -> str:
        return self.c_name_with_marker.replace("&", "")

    def has_c_name(self) -> bool:
        """False if C code has no way to mention the type."""
        return "$" not in self.c_name_with_marker

    def is_integer_type(self) -> bool:
        return False

    def get_cached_btype(self, ffi: Any, finishlist: object = None, can_delay: bool = False) -> Any:
        """The ctype of this type in 'ffi'; the other arguments are ignored."""
        return ffi._get_cached_btype(self)

    def build_backend_type(self, ffi: Any, finishlist: object = None, *args: object) -> Any:
        """The same by another name."""
        return ffi._get_cached_btype(self)

    def _get_items(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self._attrs_]

    def __repr__(self) -> str:
        return f"<{self._get_c_name()}>"


class BaseType(BaseTypeByIdentity):
    """A type that is equal to every other of the same structure."""

    _hash: int | None = None

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, BaseType)
            and self.__class__ is other.__class__
            and self._key() == other._key()
        )

    def __hash__(self) -> int:
        # Kept, because types that are built of shared parts would otherwise
        # be walked once per path through them.
        if self._hash is None:
            self._hash = hash((self.__class__, self._key()))
        return self._hash

    def _key(self) -> tuple[Any, ...]:
        values = (getattr(self, name) for name in self._attrs_)
        return tuple(tuple(v) if isinstance(v, list) else v for v in values)


class VoidType(BaseType):
    """``void``."""

    c_name_with_marker = "void&"


void_type = VoidType()


class BasePrimitiveType(BaseType):
    """An arithmetic type, known or left open."""

    _attrs_ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
        self.c_name_with_marker = name + "&"

    def is_complex_type(self) -> bool:
        return False


def _primitive_kinds() -> dict[str, str]:
    """Every arithmetic type that has a name: c for characters, i for
    integers, f for floating point, j for complex numbers."""
    plain = ["short", "int", "long", "long long"]
    kinds = dict.fromkeys([*plain, "signed char", "unsigned char", "_Bool"], "i")
    kinds |= {f"unsigned {name}": "i" for name in plain}
    for bits in (8, 16, 32, 64):
        for width in (f"int{bits}_t", f"int_least{bits}_t", f"int_fast{bits}_t"):
            kinds |= {width: "i", "u" + width: "i"}
    for name in ("intptr_t", "uintptr_t", "intmax_t", "uintmax_t"):
        kinds[name] = "i"
    kinds |= dict.fromkeys(("ptrdiff_t", "size_t", "ssize_t"), "i")
    kinds |= dict.fromkeys(("char", "wchar_t", "char16_t", "char32_t"), "c")
    kinds |= dict.fromkeys(("float", "double", "long double"), "f")
    # Generated C code defines these two names: no single word in C does.
    kinds |= {"_cffi_float_complex_t": "j", "_cffi_double_complex_t": "j"}
    return kinds


class PrimitiveType(BasePrimitiveType):
    """An arithmetic type by its name, such as ``unsigned int``."""

    ALL_PRIMITIVE_TYPES: ClassVar[dict[str, str]] = _primitive_kinds()

    def __init__(self, name: str) -> None:
        assert name in self.ALL_PRIMITIVE_TYPES, name
        super().__init__(name)

    def is_char_type(self) -> bool:
        return self.ALL_PRIMITIVE_TYPES[self.name] == "c"

    def is_integer_type(self) -> bool:
        return self.ALL_PRIMITIVE_TYPES[self.name] == "i"

    def is_float_type(self) -> bool:
        return self.ALL_PRIMITIVE_TYPES[self.name] == "f"

    def is_complex_type(self) -> bool:
        return self.ALL_PRIMITIVE_TYPES[self.name] == "j"


class UnknownIntegerType(BasePrimitiveType):
    """``typedef int... name;``"""

    def is_integer_type(self) -> bool:
        return True


class UnknownFloatType(BasePrimitiveType):
    """``typedef float... name;``"""


class BaseFunctionType(BaseType):
    """A function, or a pointer to one.

    args: the types of the parameters.
    result: the type of the result.
    ellipsis: whether the parameters end in ``...``.
    abi: None, or ``"__stdcall"``.
    """

    _attrs_ = ("args", "result", "ellipsis", "abi")
    _declarator: ClassVar[str]

    def __init__(
        self,
        args: Sequence[BaseTypeByIdentity],
        result: BaseTypeByIdentity,
        ellipsis: bool,
        abi: str | None = None,
    ) -> None:
        self.args = args
        self.result = result
        self.ellipsis = ellipsis
        self.abi = abi
        names = [arg._get_c_name() for arg in args] + ["..."] * bool(ellipsis)
        convention = f"{abi} " if abi is not None else ""
        declarator = f"({convention}{self._declarator})({', '.join(names) or 'void'})"
        self.c_name_with_marker = result.c_name_with_marker.replace("&", declarator)


class RawFunctionType(BaseFunctionType):
    """A function type, ``int(int)``, as opposed to a pointer to one.

    It can be declared and pointed to, but nothing can have it as its type.
    """

    _declarator = "&"
    is_raw_function = True

    def as_function_pointer(self) -> FunctionPtrType:
        return FunctionPtrType(self.args, self.result, self.ellipsis, self.abi)


class FunctionPtrType(BaseFunctionType):
    """A pointer to a function, ``int(*)(int)``."""

    _declarator = "*&"

    def as_raw_function(self) -> RawFunctionType:
        return RawFunctionType(self.args, self.result, self.ellipsis, self.abi)


class PointerType(BaseType):
    """A pointer.  'quals' are the qualifiers of what it points to."""

    _attrs_ = ("totype", "quals")

    def __init__(self, totype: BaseTypeByIdentity, quals: int = 0) -> None:
        self.totype = totype
        self.quals = quals
        declarator = qualify(quals, "(*&)" if totype.is_array_type else " *&")
        self.c_name_with_marker = totype.c_name_with_marker.replace("&", declarator)


def ConstPointerType(totype: BaseTypeByIdentity) -> PointerType:
    """A pointer to a constant."""
    return PointerType(totype, Q_CONST)


voidp_type = PointerType(void_type)
const_voidp_type = ConstPointerType(void_type)


class NamedPointerType(PointerType):
    """A typedef name for a pointer to a struct that has no name itself."""

    _attrs_ = ("totype", "name")

    def __init__(self, totype: BaseTypeByIdentity, name: str, quals: int = 0) -> None:
        super().__init__(totype, quals)
        self.name = name
        self.c_name_with_marker = name + "&"


class ArrayType(BaseType):
    """An array.  'length' is None for ``[]`` and the text ``...`` for a length
    that a C compiler is going to find out."""

    _attrs_ = ("item", "length")
    is_array_type = True

    def __init__(self, item: BaseTypeByIdentity, length: int | str | None) -> None:
        self.item = item
        self.length = length
        inside = "" if length is None else "/*...*/" if length == "..." else length
        self.c_name_with_marker = item.c_name_with_marker.replace("&", f"&[{inside}]")

    def length_is_unknown(self) -> bool:
        return isinstance(self.length, str)

    def resolve_length(self, newlength: int | None) -> ArrayType:
        return ArrayType(self.item, newlength)


char_array_type = ArrayType(PrimitiveType("char"), None)


class StructOrUnionOrEnum(BaseTypeByIdentity):
    """A type with a tag.

    name: the tag, or ``$`` and something where C gives no tag.
    forcename: the typedef name by which a type without a tag is known.
    """

    _attrs_ = ("name",)
    kind: ClassVar[str]
    name: str
    forcename: str | None = None
    partial = False

    def build_c_name_with_marker(self) -> None:
        self.c_name_with_marker = f"{self.forcename or f'{self.kind} {self.name}'}&"

    def force_the_name(self, forcename: str | None) -> None:
        self.forcename = forcename
        self.build_c_name_with_marker()

    def get_official_name(self) -> str:
        return self.c_name_with_marker[:-1]


class StructOrUnion(StructOrUnionOrEnum):
    """A struct or a union.

    The four sequences run in parallel, one entry per member, and are None
    while no member list has been declared; a bit size of -1 means that the
    member is no bit-field, and an anonymous member has the name ''.

    packed: 0; 1 for no padding; a larger number for the alignment given with
        ``cdef(pack=...)``.
    partial: whether a C compiler has to complete it (``...;``).
    completed: 0, or 2 once a backend has been given the members; 1 in between.
    """

    fixedlayout: Any = None
    completed = 0
    packed = 0

    def __init__(
        self,
        name: str,
        fldnames: Sequence[str] | None,
        fldtypes: Sequence[BaseTypeByIdentity] | None,
        fldbitsize: Sequence[int] | None,
        fldquals: Sequence[int] | None = None,
    ) -> None:
        self.name = name
        self.fldnames = fldnames
        self.fldtypes = fldtypes
        self.fldbitsize = fldbitsize
        self.fldquals = fldquals
        self.build_c_name_with_marker()

    def _members(self) -> list[tuple[str, BaseTypeByIdentity, int, int]]:
        if self.fldnames is None or self.fldtypes is None or self.fldbitsize is None:
            return []
        quals = self.fldquals or (0,) * len(self.fldnames)
        return list(zip(self.fldnames, self.fldtypes, self.fldbitsize, quals, strict=True))

    def anonymous_struct_fields(self) -> Iterator[StructOrUnion]:
        """The types of the anonymous members."""
        for name, type, _, _ in self._members():
            if name == "" and isinstance(type, StructOrUnion):
                yield type

    def enumfields(
        self, expand_anonymous_struct_union: bool = True
    ) -> Iterator[tuple[str, BaseTypeByIdentity, int, int]]:
        """(name, type, bit size, qualifiers) of each member; by default the
        members of an anonymous member come in its place."""
        for member in self._members():
            name, type, _, _ = member
            expand = expand_anonymous_struct_union and name == ""
            if expand and isinstance(type, StructOrUnion):
                yield from type.enumfields()
            else:
                yield member

    def force_flatten(self) -> None:
        """Replace anonymous members by their own members, for good."""
        members = list(self.enumfields())
        self.fldnames = tuple(member[0] for member in members)
        self.fldtypes = tuple(member[1] for member in members)
        self.fldbitsize = tuple(member[2] for member in members)
        self.fldquals = tuple(member[3] for member in members)

    def check_not_partial(self) -> None:
        """Raise VerificationMissing if a C compiler is still to be asked."""
        if self.partial and self.fixedlayout is None:
            raise VerificationMissing(self._get_c_name())


class StructType(StructOrUnion):
    kind = "struct"


class UnionType(StructOrUnion):
    kind = "union"


class EnumType(StructOrUnionOrEnum):
    """An enum.

    enumerators, enumvalues: names and values in the order of declaration.
    baseinttype: the integer type that it is compatible with, or None where
        that follows from the values.
    """

    kind = "enum"
    partial_resolved = False

    def __init__(
        self,
        name: str,
        enumerators: Sequence[str],
        enumvalues: Sequence[int | None],
        baseinttype: BaseTypeByIdentity | None = None,
    ) -> None:
        self.name = name
        self.enumerators = enumerators
        self.enumvalues = enumvalues
        self.baseinttype = baseinttype
        self.build_c_name_with_marker()

    def force_the_name(self, forcename: str | None) -> None:
        super().force_the_name(forcename)
        if self.forcename is None:
            self.forcename = "$" + self.get_official_name().replace(" ", "_")

    def check_not_partial(self) -> None:
        """Raise VerificationMissing if a C compiler is still to be asked."""
        if self.partial and not self.partial_resolved:
            raise VerificationMissing(self._get_c_name())


def unknown_type(name: str, structname: str | None = None) -> StructType:
    """``typedef ... name;``: a struct about which nothing is known."""
    type = StructType(f"${name}" if structname is None else structname, None, None, None)
    type.force_the_name(name)
    return type


def unknown_ptr_type(name: str, structname: str | None = None) -> NamedPointerType:
    """``typedef ... *name;``: a pointer about whose target nothing is known."""
    tag = f"$${name}" if structname is None else structname
    return NamedPointerType(StructType(tag, None, None, None), name)


# ---- ctypes that all FFIs over one backend share

global_lock = allocate_lock()
_typecaches: dict[type | None, WeakValueDictionary[Any, Any]] = {}


def get_typecache(backend: object) -> MutableMapping[Any, Any]:
    """The ctypes made by backends of this class so far, for as long as they
    live.  Modules count as one class: there is one extension module."""
    from types import ModuleType

    owner = None if isinstance(backend, ModuleType) else type(backend)
    with global_lock:
        return _typecaches.setdefault(owner, WeakValueDictionary())


def global_cache(srctype: object, ffi: Any, funcname: str, *args: Any, key: Any = None) -> Any:
    """Call 'funcname' of the backend of 'ffi', once per set of arguments.

    'key' stands for the arguments where these alone do not tell types apart.
    'srctype' is named in the text of a NotImplementedError.
    """
    return cached_call(srctype, ffi._backend, funcname, *args, key=key)


def cached_call(srctype: object, backend: Any, funcname: str, *args: Any, key: Any = None) -> Any:
    """global_cache() by the backend alone."""
    key = (funcname, args) if key is None else key
    cache = get_typecache(backend)
    known = cache.get(key)
    if known is not None:
        return known
    try:
        made = getattr(backend, funcname)(*args)
    except NotImplementedError as error:
        raise NotImplementedError(f"{funcname}: {srctype!r}: {error}") from None
    # Two threads may get here; the lock makes them agree on one object, which
    # the setdefault() of a weak dictionary alone does not promise.
    with global_lock:
        return cache.setdefault(key, made)


def pointer_cache(ffi: Any, BType: Any) -> Any:
    """The ctype of a pointer to 'BType'."""
    return global_cache("?", ffi, "new_pointer_type", BType)


def attach_exception_info(e: BaseException, name: str) -> None:
    """Put 'name' in front of the text of an exception."""
    if e.args and type(e.args[0]) is str:
        e.args = (f"{name}: {e.args[0]}", *e.args[1:])
