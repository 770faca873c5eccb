"""The type names that every cdef() knows without declaring them.

A view: the extension module has the list, and resolves the names itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import _cffi_backend

from . import model

if TYPE_CHECKING:
    from .cparser import Parser


def _common_types() -> dict[str, str | model.BaseTypeByIdentity]:
    common: dict[str, str | model.BaseTypeByIdentity] = {}
    names: dict[str, str] = {}
    _cffi_backend._get_common_types(names)
    common.update(names)
    common["FILE"] = model.unknown_type("FILE", "_IO_FILE")
    common["bool"] = "_Bool"
    common["float _Complex"] = "_cffi_float_complex_t"
    common["double _Complex"] = "_cffi_double_complex_t"
    for name in model.PrimitiveType.ALL_PRIMITIVE_TYPES:
        if name.endswith("_t"):
            common[name] = name
    return common


# What each name stands for: the text of a C type, or a type.
COMMON_TYPES = _common_types()


def resolve_common_type(parser: Parser, commontype: str) -> tuple[model.BaseTypeByIdentity, int]:
    """The type that 'commontype' names where 'parser' declares no other one,
    and the qualifiers on it.  Raises FFIError or CDefError if there is none."""
    meaning = COMMON_TYPES.get(commontype, commontype)
    if isinstance(meaning, model.BaseTypeByIdentity):
        return meaning, 0
    if meaning in model.PrimitiveType.ALL_PRIMITIVE_TYPES:
        return model.PrimitiveType(meaning), 0
    return parser.parse_type_and_quals(meaning)
