"""What is counted: statements over `ffi`, `lib` (in-line) and `api` (a compiled module)."""

from __future__ import annotations

from typing import NamedTuple


class Operation(NamedTuple):
    """A statement that is run many times."""

    name: str
    statement: str
    setup: str = ""


OPERATIONS = [
    Operation("call without arguments", "f()", "f = lib.noargs"),
    Operation("call of two ints", "f(3, 4)", "f = lib.add"),
    Operation("call of two ints, GIL kept", "f(3, 4)", "f = kept.add"),
    Operation("call of three doubles", "f(1.5, 2.5, 3.5)", "f = lib.fma3"),
    Operation("call of six longs", "f(1, 2, 3, 4, 5, 6)", "f = lib.six"),
    Operation("call with bytes", "f(b'hello')", "f = lib.length"),
    Operation("call that returns a struct", "f(1, 2)", "f = lib.make_point"),
    Operation("call of a compiled module", "f(3, 4)", "f = api.add"),
    Operation(
        "callback", "f(callback, 5)", "f = lib.apply; callback = ffi.callback('int(int)', int)"
    ),
    Operation("new of an int", "new(INT, 5)", "new = ffi.new; INT = ffi.typeof('int *')"),
    Operation("new by a type string", "new('int *')", "new = ffi.new"),
    Operation("cast", "cast(INT, 5)", "cast = ffi.cast; INT = ffi.typeof('int')"),
    Operation("read of a field", "item.tag", "item = ffi.new('item_t *')"),
    Operation("write of a field", "item.tag = 5", "item = ffi.new('item_t *')"),
    Operation("read of a bit-field", "item.rest", "item = ffi.new('item_t *')"),
    Operation("read of an index", "array[3]", "array = ffi.new('int[10]')"),
    Operation("write of an index", "array[3] = 5", "array = ffi.new('int[10]')"),
    Operation("string", "string(text)", "string = ffi.string; text = ffi.new('char[]', b'abc')"),
    Operation("typeof of a known string", "typeof('item_t *')", "typeof = ffi.typeof"),
    Operation("attribute of a library", "lib.add"),
]


class Growth(NamedTuple):
    """A statement over a size, the setup of which is not counted."""

    name: str
    setup: str
    statement: str
    per_unit: bool
    """Whether the work is proportional to the size; otherwise it must not depend on it."""


DECLARATIONS = """
def text(size):
    return "".join(
        f"typedef struct s{i} {{ int a; double b[{i + 1}]; struct s{i} *next; }} t{i};"
        f"t{i} *f{i}(t{i} *, int); enum e{i} {{ A{i}, B{i} = {i} }};\\n"
        for i in range(size)
    )
"""
GROWTHS = [
    Growth("cdef", "ffi = FFI(); source = text(size)", "ffi.cdef(source)", True),
    Growth(
        "a cdef after others",
        "ffi = FFI(); ffi.cdef(text(size)); source = text(size + 50)[len(text(size)):]",
        "ffi.cdef(source)",
        False,
    ),
    Growth(
        "typeof of new strings",
        "ffi = FFI(); ffi.cdef(text(size)); ffi.typeof('t0 *[9]')",
        "for i in range(50): ffi.typeof(f't{i} *[{i}]')",
        False,
    ),
    Growth(
        "first use of all structs",
        "ffi = FFI(); ffi.cdef(text(size))",
        "for i in range(size): ffi.new(f't{i} *')",
        True,
    ),
    Growth(
        "C code",
        "ffi = FFI(); ffi.cdef(text(size)); ffi.set_source('m', ''); out = StringIO()",
        "ffi.emit_c_code(out)",
        True,
    ),
    Growth(
        "Python code",
        "ffi = FFI(); ffi.cdef(text(size)); ffi.set_source('m', None); out = StringIO()",
        "ffi.emit_python_code(out)",
        True,
    ),
]
SIZES = [250, 1000]
