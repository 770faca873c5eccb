"""Values of every kind: lists of Python's, lists of C's, and classes whose objects behave oddly.

What `repr()` shows of them is the same in every process, but for addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Answers:
    """An object with one special method, whose answer (an exception: raised) is given."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def give(self) -> Any:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.answer!r})"


class HasInt(Answers):
    def __int__(self) -> Any:
        return self.give()


class HasIndex(Answers):
    def __index__(self) -> Any:
        return self.give()


class HasFloat(Answers):
    def __float__(self) -> Any:
        return self.give()


class HasComplex(Answers):
    def __complex__(self) -> Any:
        return self.give()


class HasTrunc(Answers):
    def __trunc__(self) -> Any:
        return self.give()


class HasBool(Answers):
    def __bool__(self) -> Any:
        return self.give()


class HasIntAndFloat(HasInt):
    def __float__(self) -> float:
        return 2.5


class Sequence:
    """What iter() takes, without being one of Python's own sequences."""

    def __init__(self, *items: Any) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Any:
        return self.items[index]


class Int(int):
    pass


class Float(float):
    pass


class Str(str):
    pass


class Bytes(bytes):
    pass


class List(list[Any]):
    pass


class Dict(dict[Any, Any]):
    pass


def generate(*items: Any) -> Iterator[Any]:
    yield from items


# fmt: off
INTEGERS = [
    0, 1, -1, 5, 10**30, Int(5),
    *(sign * 2**power + more
      for power in (7, 8, 15, 16, 31, 32, 63, 64)
      for sign, more in ((1, -1), (1, 0), (-1, 0), (-1, -1))),
]

FLOATS = [
    0.0, -0.0, 1.0, 1.5, -1.5, 0.1, 3e10, 1e39, 1e300, 1e-320, float("inf"), float("-inf"),
    float("nan"), Float(2.0), 1j, 1 + 2j,
]

TEXTS = [
    "", "A", "AB", "\xe9", "\u1234", "\U00012345", "\0", "\ud800", "EB", "7", Str("z"), b"", b"A",
    b"AB", b"\0", b"\xff", b"7", Bytes(b"q"), bytearray(b"7"), bytearray(b"xyz"),
    memoryview(b"7"),
]

OTHERS: list[Any] = [
    None, True, False, ..., [], [1], [b"a", "b"], (), (1,), (1, 2), {}, {"a": 1}, {"zz": 1},
    {1: 2}, set(), range(3), int, Sequence(1), List([4]), Dict(a=3), slice(1),
]

OBJECTS = [
    HasInt(5), HasInt(300), HasInt(2**70), HasInt("x"), HasInt(2.5), HasInt(KeyError("int")),
    HasIndex(5), HasIndex("x"), HasIndex(KeyError("index")), HasFloat(1.25), HasFloat(3),
    HasFloat("x"), HasFloat(KeyError("float")), HasComplex(1 + 1j), HasComplex(2.5),
    HasComplex(KeyError("complex")), HasTrunc(5), HasBool(True), HasIntAndFloat(6),
]
# fmt: on


def in_c(ffi: Any, lib: Any) -> dict[str, list[Any]]:
    """Lists of cdata."""
    return {
        "NUMBERS_IN_C": [
            ffi.cast(ctype, value)
            for ctype, value in (
                ("char", 65),
                ("signed char", -3),
                ("short", -300),
                ("int", 42),
                ("long", 2**40),
                ("unsigned long", 2**64 - 1),
                ("_Bool", 1),
                ("wchar_t", 0x41),
                ("char16_t", 0x42),
                ("char32_t", 0x43),
                ("float", 1.5),
                ("double", 2.5),
                ("long double", 3.5),
                ("enum E", 1),
                ("enum negative", -1),
                ("float _Complex", 1 + 2j),
                ("double _Complex", 3),
            )
        ],
        "POINTERS": [
            ffi.NULL,
            ffi.new("int *", 5),
            ffi.new("char *", b"c"),
            ffi.new("int[2]", [1, 2]),
            ffi.new("int[2][3]"),
            ffi.new("char[]", b"abc"),
            ffi.new("long[2]"),
            ffi.new("unsigned int[2]"),
            ffi.new("wchar_t[]", "w"),
            ffi.new("char16_t[]", "w"),
            ffi.new("double *", 1.5),
            ffi.new("struct S *"),
            ffi.new("struct S *")[0],
            ffi.new("struct S[2]"),
            ffi.new("struct one *")[0],
            ffi.new("union U *"),
            ffi.new("union U *")[0],
            ffi.new("int *[2]"),
            ffi.new("char *[2]"),
            ffi.new_handle(5),
            ffi.cast("struct opaque *", 4096),
            lib.id_int,
            lib.id_long,
            lib.sum_of,
            ffi.callback("int(int)", abs),
            ffi.typeof("int"),
            ffi.buffer(ffi.new("char[]", b"abc")),
        ],
        # These convert into each other by rules of their own.
        "BYTE_POINTERS": [
            ffi.new(ctype, 2)
            for ctype in (
                "signed char[]",
                "unsigned char[]",
                "_Bool[]",
                "int8_t[]",
                "uint8_t[]",
            )
        ],
    }
