"""What a statement comes to, in words that can be compared between libraries.

Numbers, text and what is made of them are compared between all of them.  Objects of
a library are compared between the two cffis, by their repr(), and with nobody else.
"""

from __future__ import annotations

import ast
import ctypes
import re
from typing import Any

from cases.case import Code
from namespaces import Namespace

NUMBER_OR_TEXT = (int, float, str, type(None))
FIELDS = ("x", "y", "left", "top", "right", "bottom")


def value_of(code: Code, variables: Namespace) -> Any:
    """Runs the statement once, and says what it came to."""
    local = dict(variables)
    exec(code.setup, local)
    expression = code.result
    if expression is None:
        match ast.parse(code.statement).body:
            case [ast.Expr()]:
                return plain(eval(code.statement, local))
            case [ast.Assign(targets=[target])]:
                expression = ast.unparse(target)
            case _:
                expression = "None"
    exec(code.statement, local)
    return plain(eval(expression, local))


def plain(value: Any) -> Any:
    """As JSON has it; `opaque` in front of what belongs to one library."""
    if isinstance(value, NUMBER_OR_TEXT):
        return value
    if isinstance(value, (bytes, bytearray)):
        return ["bytes", value.decode("latin-1")]
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (ctypes.Array, ctypes._SimpleCData)):
        return plain(getattr(value, "value", None) if not is_array(value) else list(value))
    fields = {name: plain(getattr(value, name)) for name in FIELDS if hasattr(value, name)}
    return fields or ["opaque", without_addresses(repr(value))]


def is_array(value: Any) -> bool:
    return isinstance(value, ctypes.Array)


def without_addresses(text: str) -> str:
    return re.sub(r"0x[0-9a-fA-F]+", "0x", text)


def is_opaque(value: Any) -> bool:
    """Whether there is nothing in it to compare between libraries."""
    if isinstance(value, list):
        return value[:1] == ["opaque"] or any(map(is_opaque, value))
    return isinstance(value, dict) and any(map(is_opaque, value.values()))
