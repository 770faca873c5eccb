"""The opcodes of compiled modules, and the numbers of the primitive types.

The generator itself is in the extension module; these names are for programs
that look into ``Recompiler.cffi_types``.
"""

from __future__ import annotations

from .error import VerificationError

_OPCODES = {
    "PRIMITIVE": 1,
    "POINTER": 3,
    "ARRAY": 5,
    "OPEN_ARRAY": 7,
    "STRUCT_UNION": 9,
    "ENUM": 11,
    "FUNCTION": 13,
    "FUNCTION_END": 15,
    "NOOP": 17,
    "BITFIELD": 19,
    "TYPENAME": 21,
    "CPYTHON_BLTN_V": 23,
    "CPYTHON_BLTN_N": 25,
    "CPYTHON_BLTN_O": 27,
    "CONSTANT": 29,
    "CONSTANT_INT": 31,
    "GLOBAL_VAR": 33,
    "DLOPEN_FUNC": 35,
    "DLOPEN_CONST": 37,
    "GLOBAL_VAR_F": 39,
    "EXTERN_PYTHON": 41,
}

_FLAGS = {"UNION": 0x01, "CHECK_FIELDS": 0x02, "PACKED": 0x04, "EXTERNAL": 0x08, "OPAQUE": 0x10}

# The spellings in the order of their numbers: 0 is void, which is no value.
_PRIMITIVES = (
    ["_Bool", "char", "signed char", "unsigned char", "short", "unsigned short"]
    + ["int", "unsigned int", "long", "unsigned long", "long long", "unsigned long long"]
    + ["float", "double", "long double", "wchar_t"]
    + [f"{sign}int{bits}_t" for bits in (8, 16, 32, 64) for sign in ("", "u")]
    + ["intptr_t", "uintptr_t", "ptrdiff_t", "size_t", "ssize_t"]
    + [f"{sign}int_least{bits}_t" for bits in (8, 16, 32, 64) for sign in ("", "u")]
    + [f"{sign}int_fast{bits}_t" for bits in (8, 16, 32, 64) for sign in ("", "u")]
    + ["intmax_t", "uintmax_t", "_cffi_float_complex_t", "_cffi_double_complex_t"]
    + ["char16_t", "char32_t"]
)

PRIMITIVE_TO_INDEX = {spelling: number for number, spelling in enumerate(_PRIMITIVES, 1)}
CLASS_NAME = {number: name for name, number in _OPCODES.items()}
G_FLAGS = {f"_CFFI_F_{name}": value for name, value in _FLAGS.items()}

globals().update({f"OP_{name}": number for name, number in _OPCODES.items()})
globals().update({f"F_{name}": value for name, value in _FLAGS.items()})


def _constant_name(spelling: str) -> str:
    """'PRIM_' and so on for a type: ``unsigned char`` is ``PRIM_UCHAR``."""
    name = spelling.strip("_").removeprefix("cffi_").removesuffix("_t")
    name = name.replace("unsigned ", "u").replace("signed ", "s").replace("_complex", "complex")
    return "PRIM_" + name.replace(" ", "").upper()


PRIM_VOID = 0
globals().update({_constant_name(name): number for name, number in PRIMITIVE_TO_INDEX.items()})

# What the C compiler has to find out, and the struct behind FILE.
_UNKNOWN_PRIM = -1
_UNKNOWN_FLOAT_PRIM = -2
_UNKNOWN_LONG_DOUBLE = -3
_NUM_PRIM = len(_PRIMITIVES) + 1
_IO_FILE_STRUCT = -1


class CffiOp:
    """An opcode with its argument; without an opcode, the length of an array.

    The argument is a string where only the C compiler knows its value.
    """

    def __init__(self, op: int | None, arg: int | str) -> None:
        self.op = op
        self.arg = arg

    def as_c_expr(self) -> str:
        """The word in a C module."""
        if self.op is None:
            return f"(_cffi_opcode_t)({self.arg})"
        return f"_CFFI_OP(_CFFI_OP_{CLASS_NAME[self.op]}, {self.arg})"

    def as_python_bytes(self) -> str:
        """The word in a Python module, as it stands in a bytes literal."""
        if self.op is None and isinstance(self.arg, str) and self.arg.isdigit():
            if int(self.arg) >= 2**31:
                raise OverflowError(f"cannot emit {self.arg!r}: limited to 2**31-1")
            return format_four_bytes(int(self.arg))
        if isinstance(self.arg, str) or self.op is None:
            raise VerificationError(f"cannot emit to Python: {self.arg!r}")
        return format_four_bytes(self.arg << 8 | self.op)

    def __str__(self) -> str:
        name = None if self.op is None else CLASS_NAME.get(self.op, self.op)
        return f"({name} {self.arg})"


def format_four_bytes(num: int) -> str:
    """The lowest 32 bits as four escapes, the highest first."""
    return "".join(f"\\x{byte:02X}" for byte in (num & 0xFFFFFFFF).to_bytes(4, "big"))
