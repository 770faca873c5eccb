"""What a snippet can use: the fixture library, the values of values.py, and functions that try a
C type with many of them at once.

Imported by the worker in both interpreters.  Nothing here knows which implementation it runs on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import _cffi_backend
import cffi
import values

DECLARATIONS = Path(__file__).with_name("fixture.h").read_text()
# "int_p" by "int *": how the functions for a type are called.
NAMES = {
    re.sub(r"\s+", " ", text).strip(): name
    for text, name in re.findall(r"^extern ([^;]*?)global_(\w+);", DECLARATIONS, re.M)
}


def declare(text: str, **options: Any) -> cffi.FFI:
    """A new FFI with these declarations."""
    ffi = cffi.FFI()
    ffi.cdef(text, **options)
    return ffi


def outcome(function: Callable[..., Any], *arguments: Any) -> str:
    """The value as text, or the exception."""
    try:
        return repr(function(*arguments))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


class Namespace(dict[str, Any]):
    """The globals of a snippet."""

    def __init__(self, library: str) -> None:
        ffi = cffi.FFI()
        ffi.cdef(DECLARATIONS)
        self.ffi, self.lib = ffi, ffi.dlopen(library)
        super().__init__(
            {name: value for name, value in vars(values).items() if not name.startswith("_")},
            declare=declare,
            outcome=outcome,
            __name__="snippet",
            LIBRARY=library,
            FFI=cffi.FFI,
            backend=_cffi_backend,
            ffi=ffi,
            lib=self.lib,
            libc=ffi.dlopen(None),
            converting=self.converting,
            storing=self.storing,
            casting=self.casting,
            assigning=self.assigning,
            initialising=self.initialising,
            reading=self.reading,
            **values.in_c(ffi, self.lib),
        )

    def converting(self, ctype: str, tried: Iterable[Any]) -> list[str]:
        """Each value as an argument, as an item of an array, and as the result of a callback."""
        ffi = self.ffi
        identity = getattr(self.lib, f"id_{NAMES[ctype]}")
        items = ffi.new(ffi.getctype(ctype, "[2]"))
        answers: list[Any] = []
        errors: list[str] = []
        callback = ffi.callback(
            f"{ctype}(*)({ctype})",
            lambda _: answers[-1],
            onerror=lambda kind, error, _: errors.append(f"{kind.__name__}: {error}"),
        )

        def store(value: Any) -> Any:
            items[1] = value
            return items[1]

        def answer(value: Any) -> str:
            answers.append(value)
            errors.clear()
            result = outcome(callback, items[0])
            return errors[0] if errors else result

        lines = []
        for value in tried:
            passed, stored = outcome(identity, value), outcome(store, value)
            answered = answer(value)
            line = f"{value!r}: {passed}"
            if stored != passed:
                line += f", as an item {stored}"
            if answered != passed:
                line += f", as a result {answered}"
            lines.append(line)
        return lines

    def storing(self, ctype: str, tried: Iterable[Any]) -> list[str]:
        """Each value as an item only, for types that are not passed by value everywhere."""
        items = self.ffi.new(self.ffi.getctype(ctype, "[2]"))

        def store(value: Any) -> Any:
            items[1] = value
            return items[1]

        return [f"{value!r}: {outcome(store, value)}" for value in tried]

    def casting(self, ctype: str, tried: Iterable[Any]) -> list[str]:
        return [f"{value!r}: {outcome(self.ffi.cast, ctype, value)}" for value in tried]

    def initialising(self, pointer: str, tried: Iterable[Any]) -> list[str]:
        """What `ffi.new()` makes of each value, as bytes; for types without pointers in them."""

        def initialise(value: Any) -> bytes:
            made = self.ffi.new(pointer, value)
            owned = made[0] if self.ffi.typeof(made).kind == "pointer" else made
            return bytes(self.ffi.buffer(self.ffi.cast("char *", made), self.ffi.sizeof(owned)))

        return [f"{value!r}: {outcome(initialise, value)}" for value in tried]

    def reading(self, ctype: str) -> list[str]:
        """What bit patterns become: as an item, and as argument and result of a callback."""
        ffi, name = self.ffi, NAMES[ctype]
        size = ffi.sizeof(ctype)
        place = ffi.new(ffi.getctype(ctype, "[1]"))
        seen: list[Any] = []

        def identity(value: Any) -> Any:
            seen.append(value)
            return value

        # There are no complex callbacks; a _Bool other than 0 and 1 is undefined in C.
        supported = name != "bool" and "complex" not in name
        callback = ffi.callback(f"{ctype}(*)({ctype})", identity) if supported else None
        patterns = [
            bytes(size),
            b"\1" + bytes(size - 1),
            bytes(size - 1) + b"\x7f",
            bytes(size - 1) + b"\x80",
            b"\xff" * size,
            bytes(range(65, 65 + size)),
        ]
        lines = []
        for pattern in patterns:
            ffi.memmove(place, pattern, size)
            line = f"{pattern.hex()}: {outcome(lambda: place[0])}"
            if callback is not None:
                seen.clear()
                line += f", {outcome(lambda: callback(place[0]))} from {seen}"
            lines.append(line)
        return lines

    def assigning(self, ctype: str, tried: Iterable[Any]) -> list[str]:
        """Each value in a global variable."""
        name = f"global_{NAMES[ctype]}"

        def assign(value: Any) -> Any:
            setattr(self.lib, name, value)
            return getattr(self.lib, name)

        return [f"{value!r}: {outcome(assign, value)}" for value in tried]
