"""What a cdata becomes and is compared with: numbers, text, bytes, buffers, addresses."""

from __future__ import annotations

from cases.case import Code, Section

_value = Section("data", "values, text, buffers")
_INTS = "p = ffi.new('int[]', 10)"
_BUFFER = "b = ffi.buffer(ffi.new('char[]', 100))"

CASES = [
    _value.case("int(cdata)", "int(c)", "c = ffi.cast('int', 7)"),
    _value.case("float(cdata)", "float(c)", "c = ffi.cast('double', 2.5)"),
    _value.case("bool(p)", "bool(p)", "p = ffi.new('int *')"),
    _value.case("hash(p)", "hash(p)", "p = ffi.new('int *')", result="hash(p) == hash(p + 0)"),
    _value.case("repr(p)", "repr(p)", "p = ffi.new('int *')"),
    _value.case("p + 1", "p + 1", _INTS),
    _value.case("q - p", "q - p", f"{_INTS}; q = p + 3"),
    _value.case("p == q", "p == q", f"{_INTS}; q = p + 1"),
    _value.case("p < q", "p < q", f"{_INTS}; q = p + 1"),
    _value.case("p == NULL", "p == null", f"{_INTS}; null = ffi.NULL"),
    _value.case(
        "addressof(p, 'weight')",
        "f(p, 'weight')",
        "f = ffi.addressof; p = ffi.new('item_t *')",
        target=0.15,
    ),
    _value.case(
        "addressof(struct)",
        "f(s)",
        "f = ffi.addressof; p = ffi.new('item_t *'); s = p[0]",
        target=0.15,
        ctypes=Code("f(s)", "f = ctypes.byref; s = item_t()"),
    ),
    _value.case("addressof(a, 5)", "f(p, 5)", f"f = ffi.addressof; {_INTS}", target=0.15),
    _value.case("addressof(lib, 'add')", "f(lib, 'add')", "f = ffi.addressof"),
    _value.case(
        "unpack(100 ints)",
        "unpack(a, 100)",
        "unpack = ffi.unpack; a = ffi.new('int[]', 100)",
        target=0.8,
        ctypes=Code("a[:]", "a = (ctypes.c_int * 100)()"),
    ),
    _value.case(
        "unpack(100 doubles)",
        "unpack(a, 100)",
        "unpack = ffi.unpack; a = ffi.new('double[]', 100)",
        ctypes=Code("a[:]", "a = (ctypes.c_double * 100)()"),
    ),
    _value.case(
        "unpack(100 chars)",
        "unpack(a, 100)",
        "unpack = ffi.unpack; a = ffi.new('char[]', 100)",
        ctypes=Code("a[:]", "a = (ctypes.c_char * 100)()"),
    ),
    _value.case(
        "string(char[])",
        "string(s)",
        "string = ffi.string; s = ffi.new('char[]', b'hello')",
        ctypes=Code("s.value", "s = ctypes.create_string_buffer(b'hello')"),
    ),
    _value.case(
        "string(wchar_t[])",
        "string(s)",
        "string = ffi.string; s = ffi.new('wchar_t[]', 'hello')",
        ctypes=Code("s.value", "s = ctypes.create_unicode_buffer('hello')"),
    ),
    _value.case(
        "string(char16_t[])",
        "string(s)",
        "string = ffi.string; s = ffi.new('char16_t[]', 'hello')",
    ),
    _value.case("string(enum)", "string(c)", "string = ffi.string; c = ffi.cast('enum color', 1)"),
    _value.case("buffer(p)", "buffer(p)", "buffer = ffi.buffer; p = ffi.new('char[]', 100)"),
    _value.case("buffer(p)[:]", "buffer(p)[:]", "buffer = ffi.buffer; p = ffi.new('char[]', 100)"),
    _value.case("buffer[i] read", "b[5]", _BUFFER),
    _value.case("buffer[i] write", "b[5] = b'x'", _BUFFER),
    _value.case("buffer[i:j] read", "b[2:5]", _BUFFER),
    _value.case("buffer[i:j] write", "b[2:5] = b'xyz'", _BUFFER),
    _value.case("buffer == bytes", "b == c", f"{_BUFFER}; c = bytes(100)"),
    _value.case(
        "from_buffer(bytearray)",
        "f(b)",
        "f = ffi.from_buffer; b = bytearray(100)",
        ctypes=Code("t.from_buffer(b)", "t = ctypes.c_char * 100; b = bytearray(100)"),
    ),
    _value.case(
        "from_buffer('int[]', bytearray)",
        "f('int[]', b)",
        "f = ffi.from_buffer; b = bytearray(100)",
        ctypes=Code("t.from_buffer(b)", "t = ctypes.c_int * 25; b = bytearray(100)"),
    ),
    _value.case(
        "memmove(cdata, bytes, 100)",
        "f(p, b, 100)",
        "f = ffi.memmove; b = bytes(range(100)); p = ffi.new('char[]', 100)",
        result="ffi.buffer(p)[:]",
        ctypes=Code(
            "f(p, b, 100)",
            "f = ctypes.memmove; b = bytes(range(100)); p = (ctypes.c_char * 100)()",
            "p.raw",
        ),
    ),
    _value.case(
        "memmove(bytearray, cdata, 100)",
        "f(b, p, 100)",
        "f = ffi.memmove; b = bytearray(100); p = ffi.new('char[]', bytes(range(1, 100)))",
        result="b",
    ),
]
