"""From objects of ``cffi.model`` back to declarations in C.

Programs keep ``ffi._parser._declarations`` in a file, so as not to parse again,
and assign it to the parser of another FFI.  Such a table may come from another
version of cffi: what counts is what stands in its objects.  Attributes that
cffi.model has no place for, ``aligned`` and ``_Alignas``, are not in it.

This only writes text; ``Parser`` has it parsed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import model

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

_COMPLEX = {
    "_cffi_float_complex_t": "float _Complex",
    "_cffi_double_complex_t": "double _Complex",
}
_EXTERN = {
    "extern_python": 'extern "Python"',
    "extern_python_plus_c": 'extern "Python+C"',
    "dllexport_python": 'extern "Python"',
}


def declare(declarations: Mapping[str, tuple[Any, int]], known: Container[str] = ()) -> str:
    """The declarations of a table, by kind and name, as text for ``cdef()``.

    known: the keys of what need not be written, even if it is used.
    """
    writer = _Writer(known)
    for key, (what, quals) in declarations.items():
        kind, _, name = key.partition(" ")
        writer.entry(kind, name, what, quals)
    return "\n".join([*sorted(writer.tags), *writer.lines, ""])


def is_same(one: tuple[Any, int], other: tuple[Any, int]) -> bool:
    """Whether two entries declare the same, as far as they can be told apart."""
    return _outline(*one) == _outline(*other)


def define(constants: Mapping[str, int]) -> str:
    """Integer constants as text for ``cdef()``."""
    return "".join(f"#define {name} {value}\n" for name, value in constants.items())


class _Writer:
    """Lines in an order that C takes: a type's definition before its first use."""

    def __init__(self, known: Container[str]) -> None:
        self._known = known
        self.lines: list[str] = []
        self.tags: set[str] = set()
        self._written: set[int] = set()

    def entry(self, kind: str, name: str, what: Any, quals: int) -> None:
        if kind == "macro":
            self.lines.append(f"#define {name} {what}")
            return
        self._need(what)
        if kind == "typedef":
            if getattr(what, "forcename", None) == name and not _tag(what):
                return  # written with its members
            if isinstance(what, (model.UnknownIntegerType, model.UnknownFloatType)):
                if what.name == name:
                    return
            if isinstance(what, model.NamedPointerType) and what.name == name:
                return
            self.lines.append(f"typedef {self._spell(what, name, quals)};")
        elif kind == "function" or kind in _EXTERN:
            prefix = f"{_EXTERN[kind]} " if kind in _EXTERN else ""
            raw = what.as_raw_function()
            self.lines.append(f"{prefix}{self._spell(raw, name, 0)};")
        elif kind == "variable":
            self.lines.append(f"extern {self._spell(what, name, quals)};")
        elif kind == "constant":
            self.lines.append(f"static {self._spell(what, name, quals | model.Q_CONST)};")

    # ---- definitions

    def _need(self, type: Any) -> None:
        """Write the definitions without which a declarator of 'type' is no C."""
        if isinstance(type, model.BaseFunctionType):
            for part in (*type.args, type.result):
                self._need(part)
        elif isinstance(type, model.ArrayType):
            self._need(type.item)
        elif isinstance(type, model.NamedPointerType):
            self._once(type, self._named_pointer)
        elif isinstance(type, model.PointerType):
            target = type.totype
            if isinstance(target, model.StructOrUnion) and _tag(target):
                self._announce(target)
            else:
                self._need(target)
        elif isinstance(type, (model.UnknownIntegerType, model.UnknownFloatType)):
            self._once(type, self._unknown_number)
        elif isinstance(type, model.StructOrUnionOrEnum):
            self._once(type, self._definition)

    def _once(self, type: Any, write: Any) -> None:
        if id(type) not in self._written:
            self._written.add(id(type))
            write(type)

    def _announce(self, type: model.StructOrUnion) -> None:
        if type.name != "_IO_FILE":  # FILE is known everywhere
            self.tags.add(f"{_tag(type)};")

    def _unknown_number(self, type: Any) -> None:
        word = "float" if isinstance(type, model.UnknownFloatType) else "int"
        # Equal ones may be different objects.
        line = f"typedef {word}... {type.name};"
        if line not in self.lines and f"typedef {type.name}" not in self._known:
            self.lines.append(line)

    def _named_pointer(self, type: model.NamedPointerType) -> None:
        if f"typedef {type.name}" in self._known:
            return
        if type.totype.fldtypes is None:  # type: ignore[attr-defined]
            line = f"typedef ... *{type.name};"
        else:
            self._need_members(type.totype)
            line = f"typedef {self._body(type.totype)} *{type.name};"
        if line not in self.lines:
            self._line(line, type.totype)

    def _definition(self, type: Any) -> None:
        tag, forced = _tag(type), _forced(type)
        if (tag or f"anonymous {type.forcename}") in self._known:
            return
        is_open = not isinstance(type, model.EnumType) and type.fldtypes is None
        if tag and is_open:
            self._announce(type)
        elif is_open:
            self.lines.append(f"typedef ... {forced};")
        else:
            self._need_members(type)
            text = self._body(type)
            if tag or (isinstance(type, model.EnumType) and not forced):
                self._line(f"{text};", type)
            elif forced:
                self._line(f"typedef {text} {forced};", type)
            # Else it is a part of another and stands in there.

    def _need_members(self, type: Any) -> None:
        for member in getattr(type, "fldtypes", None) or ():
            self._need(member)

    def _body(self, type: Any) -> str:
        """``struct tag { ... }``, without the semicolon."""
        head = _tag(type) or type.kind
        if isinstance(type, model.EnumType):
            names, value = [], -1
            for name, given in zip(type.enumerators, type.enumvalues):
                value += 1
                # What an open enum leaves to the compiler may not get a value here.
                names.append(name if given in (value, None) else f"{name} = {given}")
                value = value if given is None else given
            return f"{head} {{ {', '.join(names + ['...'] * bool(type.partial))} }}"
        members = [
            self._spell(member, name, quals) + (f" : {bits}" if bits >= 0 else "") + ";"
            for name, member, bits, quals in type._members()
        ]
        body = f"{head} {{ {' '.join(members + ['...;'] * bool(type.partial))} }}"
        return f"{body} __attribute__((packed))" if type.packed == 1 else body

    def _line(self, text: str, type: Any) -> None:
        """Add a definition that has the body of 'type', with the packing of its cdef()."""
        packed = int(getattr(type, "packed", 0) or 0)
        if packed > 1:
            text = f"#pragma pack(push, {packed})\n{text}\n#pragma pack(pop)"
        self.lines.append(text)

    # ---- declarators

    def _spell(self, type: Any, inner: str, quals: int) -> str:
        """The declaration of 'inner', a name or the declarator around one."""
        if isinstance(type, model.BaseFunctionType):
            args = [self._spell(arg, "", 0) for arg in type.args] + ["..."] * bool(type.ellipsis)
            if isinstance(type, model.FunctionPtrType):
                inner = f"({f'{type.abi} ' if type.abi else ''}*{_words(quals)} {inner})"
            elif type.abi:
                inner = f"{type.abi} {inner}"
            return self._spell(type.result, f"{inner}({', '.join(args) or 'void'})", 0)
        if isinstance(type, model.ArrayType):
            length = "" if type.length is None else type.length
            return self._spell(type.item, f"{inner}[{length}]", quals)
        if isinstance(type, model.NamedPointerType):
            base = type.name
        elif isinstance(type, model.PointerType):
            inner = f"*{_words(quals)} {inner}"
            if isinstance(type.totype, (model.ArrayType, model.RawFunctionType)):
                inner = f"({inner})"
            return self._spell(type.totype, inner, type.quals)
        elif isinstance(type, model.StructOrUnionOrEnum):
            base = _tag(type) or _forced(type) or self._body(type)
        elif isinstance(type, model.VoidType):
            base = "void"
        else:
            base = _COMPLEX.get(type.name, type.name)
        return f"{_words(quals)} {base} {inner}".strip()


def _outline(what: Any, quals: int) -> tuple[Any, ...]:
    if isinstance(what, model.EnumType):
        return repr(what), quals, tuple(what.enumerators), tuple(what.enumvalues)
    if isinstance(what, model.StructOrUnion):
        members = [(name, repr(type), *others) for name, type, *others in what._members()]
        return repr(what), quals, members
    return repr(what), quals


def _tag(type: Any) -> str:
    """``struct tag``, or nothing."""
    name = getattr(type, "name", "$")
    if name.startswith("$") or not isinstance(type, model.StructOrUnionOrEnum):
        return ""
    return "FILE" if name == "_IO_FILE" else f"{type.kind} {name}"


def _forced(type: Any) -> str:
    """The typedef name that stands for a type without a tag, or nothing."""
    forced = getattr(type, "forcename", None) or ""
    return "" if forced.startswith("$") else forced


def _words(quals: int) -> str:
    words = {model.Q_CONST: "const", model.Q_VOLATILE: "volatile", model.Q_RESTRICT: "restrict"}
    return " ".join(word for bit, word in words.items() if quals & bit)
