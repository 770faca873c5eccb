# ruff: noqa: E501 (the texts are as long as they are)
"""The methods of FFI, the functions of _cffi_backend and library objects, with right and
with wrong arguments.

Programs and their tests compare texts, so these are the texts that programs know.
"""

from __future__ import annotations

import copy
import gc
import re
import weakref
from typing import Any

import _cffi_backend as backend
import cffi
import pytest

CDEF = """
struct s { int a; short b; double c; char d[4]; };
struct bits { int a : 3; };
struct opaque;
typedef struct opaque opaque_t;
enum e { A, B, C = 7 };
typedef int (*function_t)(int);
#define MACRO 77
#define OPEN ...
extern char *tzname[2];
extern char *environ[];
extern long timezone;
extern int no_such_variable;
int abs(int);
int no_such_function(int);
"""

# A snippet, whose parts are separated by semicolons; below it what comes of the last part: a repr, or an
# exception with the first line of its text.

# How arguments are given to methods and decide which parameter they are for.
METHODS = r"""
ffi.new()
    TypeError: FFI.new() missing 1 required positional argument: 'cdecl'
ffi.new("int *", 1, 2)
    TypeError: FFI.new() takes from 2 to 3 positional arguments but 4 were given
ffi.new(x=3)
    TypeError: FFI.new() got an unexpected keyword argument 'x'
ffi.new("int *", cdecl="a")
    TypeError: FFI.new() got multiple values for argument 'cdecl'
ffi.new(cdecl="int *", init=3)[0]
    3
ffi.cast(0)
    TypeError: FFI.cast() missing 1 required positional argument: 'source'
ffi.cast()
    TypeError: FFI.cast() missing 2 required positional arguments: 'cdecl' and 'source'
ffi.cast("int", 5, 6)
    TypeError: FFI.cast() takes 3 positional arguments but 4 were given
ffi.typeof("int", "x")
    TypeError: FFI.typeof() takes 2 positional arguments but 3 were given
ffi.list_types(0)
    TypeError: FFI.list_types() takes 1 positional argument but 2 were given
ffi.list_types(a=0)
    TypeError: FFI.list_types() got an unexpected keyword argument 'a'
ffi.callback()
    TypeError: FFI.callback() missing 1 required positional argument: 'cdecl'
ffi.callback(1, 2, 3, 4, 5)
    TypeError: FFI.callback() takes from 2 to 5 positional arguments but 6 were given
ffi.memmove()
    TypeError: FFI.memmove() missing 3 required positional arguments: 'dest', 'src', and 'n'
ffi.memmove(1, 2)
    TypeError: FFI.memmove() missing 1 required positional argument: 'n'
ffi.gc(array)
    TypeError: FFI.gc() missing 1 required positional argument: 'destructor'
ffi.new_handle()
    TypeError: FFI.new_handle() missing 1 required positional argument: 'x'
ffi.init_once(f)
    TypeError: FFI.init_once() missing 1 required positional argument: 'tag'
ffi.unpack(5)
    TypeError: FFI.unpack() missing 1 required positional argument: 'length'
ffi.from_buffer(python_buffer=b"abc")
    TypeError: FFI.from_buffer() missing 1 required positional argument: 'cdecl'
ffi.addressof()
    TypeError: FFI.addressof() missing 1 required positional argument: 'cdata'
ffi.addressof(cdata=record[0])
    <cdata 'struct s *' 0x..>
ffi.addressof(record[0], foo=1)
    TypeError: FFI.addressof() got an unexpected keyword argument 'foo'
ffi.offsetof()
    TypeError: FFI.offsetof() missing 1 required positional argument: 'cdecl'
ffi.offsetof("struct s")
    TypeError: FFI._typeoffsetof() missing 1 required positional argument: 'field_or_index'
ffi.offsetof("struct s", "d", foo=1)
    TypeError: FFI.offsetof() got an unexpected keyword argument 'foo'
ffi.release(cdata=array)
    TypeError: FFI.release() got an unexpected keyword argument 'cdata'
ffi.release(x=array)
    None
ffi.new_allocator()()
    TypeError: FFI.new_allocator.<locals>.allocate() missing 1 required positional argument: 'cdecl'
ffi.new_allocator()("int *", 1, 2)
    TypeError: FFI.new_allocator.<locals>.allocate() takes from 1 to 2 positional arguments but 3 were given
ffi.new_allocator()("int *", foo=1)
    TypeError: FFI.new_allocator.<locals>.allocate() got an unexpected keyword argument 'foo'
ffi.new_allocator()(cdecl="int *", init=7)[0]
    7
ffi.new_allocator()(5)
    TypeError: expected a string or ctype object, got 'int'
"""

# Arguments of a wrong type.
TYPES = r"""
ffi.new(5)
    TypeError: newp() argument 1 must be _cffi_backend.CType, not int
ffi.new(None)
    TypeError: newp() argument 1 must be _cffi_backend.CType, not None
ffi.cast(5, 5)
    TypeError: cast() argument 1 must be _cffi_backend.CType, not int
ffi.typeof(5)
    TypeError: <class 'int'>
ffi.sizeof(5)
    TypeError: expected a 'cdata' or 'ctype' object
ffi.alignof(5)
    TypeError: expected a 'ctype' object
ffi.alignof(array)
    TypeError: expected a 'ctype' object
ffi.getctype(5)
    TypeError: getcname() argument 1 must be _cffi_backend.CType, not int
ffi.getctype("int", 5)
    AttributeError: 'int' object has no attribute 'strip'
ffi.getctype("int", None)
    AttributeError: 'NoneType' object has no attribute 'strip'
ffi.getctype("int", "\0")
    ValueError: embedded null character
ffi.getctype("int[3]", " * ")
    'int(*)[3]'
ffi.getctype("int", " \t x\n")
    'int x'
ffi.offsetof(5, "a")
    TypeError: typeoffsetof() argument 1 must be _cffi_backend.CType, not int
ffi.from_buffer(5, b"")
    TypeError: argument 1 must be _cffi_backend.CType, not int
ffi.from_buffer(5)
    TypeError: a bytes-like object is required, not 'int'
ffi.callback(5, f)
    TypeError: callback() argument 1 must be _cffi_backend.CType, not int
ffi.callback("int", "x")
    TypeError: the 'python_callable' argument is not callable
ffi.callback("int", f)
    TypeError: expected a function ctype, got 'int'
ffi.string(None)
    TypeError: string() argument 1 must be _cffi_backend._CDataBase, not None
ffi.string(5)
    TypeError: string() argument 1 must be _cffi_backend._CDataBase, not int
ffi.unpack(5, 5)
    TypeError: unpack() argument 1 must be _cffi_backend._CDataBase, not int
ffi.gc(None, f)
    TypeError: gc() argument 1 must be _cffi_backend._CDataBase, not None
ffi.gc(5, f, "a")
    TypeError: gc() argument 1 must be _cffi_backend._CDataBase, not int
ffi.release(5)
    TypeError: expected a 'cdata' object
ffi.addressof(5)
    TypeError: expected a 'cdata' object
ffi.from_handle(5)
    TypeError: expected a 'cdata' object
"""

# Arguments of a wrong value.
VALUES = r"""
ffi.string(array, 2**70)
    OverflowError: Python int too large to convert to C ssize_t
ffi.string(ffi.cast("int *", 0))
    RuntimeError: cannot use string() on <cdata 'int *' NULL>
ffi.string(ffi.cast("_Bool *", 0))
    TypeError: string(): unexpected cdata '_Bool *' argument
ffi.unpack(array, "a")
    TypeError: 'str' object cannot be interpreted as an integer
ffi.unpack(array, 2**70)
    OverflowError: Python int too large to convert to C ssize_t
ffi.unpack(array, Index())
    [0, 0, 0, 0, 0]
ffi.unpack(ffi.cast("int", 5), 1)
    TypeError: expected a pointer or array, got 'int'
ffi.memmove(array, array, 2**70)
    OverflowError: Python int too large to convert to C ssize_t
ffi.gc(array, f, 2**70)
    OverflowError: Python int too large to convert to C ssize_t
ffi.from_buffer(b"abc", require_writable="x")
    TypeError: 'str' object cannot be interpreted as an integer
ffi.from_buffer(b"abc", require_writable=2**63)
    OverflowError: Python int too large to convert to C long
ffi.new_allocator(f, f, "x")
    TypeError: 'str' object cannot be interpreted as an integer
ffi.new_allocator(f, f, 2**63)
    OverflowError: Python int too large to convert to C long
ffi.new("int[]", 2**62)
    OverflowError: array size would overflow a Py_ssize_t
ffi.dlopen("m", 2**40)
    OverflowError: signed integer is greater than maximum
ffi.dlopen("m", -(2**40))
    OverflowError: signed integer is less than minimum
ffi.dlopen("m", "x")
    TypeError: 'str' object cannot be interpreted as an integer
ffi.dlopen("a\0b.so")
    TypeError: load_library() argument 1 must be encoded string without null bytes, not str
del ffi.errno
    AttributeError: property 'errno' of 'FFI' object has no deleter
ffi.errno = 2**63
    OverflowError: Python int too large to convert to C long
ffi.errno = 2**31
    OverflowError: errno value too large
ffi.errno = "a"
    TypeError: 'str' object cannot be interpreted as an integer
ffi.errno = Index(); ffi.errno
    5
"""

# addressof() and offsetof().
ADDRESSES = r"""
ffi.addressof(record)
    TypeError: addressof(pointer)
ffi.addressof(ffi.cast("int", 5))
    TypeError: expected a cdata struct/union/array/pointer object
ffi.addressof(ffi.cast("int", 5), "a")
    TypeError: with a field name argument, expected a struct or union ctype
ffi.addressof(lib.abs)
    TypeError: expected a cdata struct/union/array/pointer object
ffi.addressof(lib.abs, 0)
    TypeError: with an integer argument, expected an array ctype or a pointer to non-opaque
ffi.addressof(record, 1.5)
    TypeError: field name or array index expected
ffi.addressof(record, "nope")
    KeyError: 'nope'
ffi.addressof(record, "d", 1) == record.d + 1
    True
ffi.addressof(array, Index())
    TypeError: field name or array index expected
ffi.addressof(array, 2**70)
    TypeError: field name or array index expected
ffi.addressof(array, 2**63)
    TypeError: field name or array index expected
ffi.addressof(array, 2**62)
    OverflowError: array offset would overflow a Py_ssize_t
ffi.offsetof("struct s", None)
    TypeError: field name or array index expected
ffi.offsetof("struct s", "d", 2)
    18
ffi.offsetof("struct bits", "a")
    TypeError: not supported for bitfields
ffi.offsetof("opaque_t", "a")
    TypeError: struct/union is opaque
ffi.offsetof("int", "a")
    TypeError: with a field name argument, expected a struct or union ctype
"""

# Library objects.
LIBRARIES = r"""
ffi.addressof(lib, "tzname")
    <cdata 'char *[2]' 0x..>
ffi.addressof(lib, "environ")
    <cdata 'char * *' 0x..>
ffi.addressof(lib, "timezone")
    <cdata 'long *' 0x..>
ffi.addressof(lib, "abs")
    <cdata 'int(*)(int)' 0x..>
ffi.addressof(lib)
    TypeError: _make_ffi_library.<locals>.FFILibrary.__addressof__() missing 1 required positional argument: 'name'
ffi.addressof(lib, "timezone", "a")
    TypeError: _make_ffi_library.<locals>.FFILibrary.__addressof__() takes 2 positional arguments but 3 were given
ffi.addressof(lib, 5)
    AttributeError: 5
ffi.addressof(lib, "nope")
    AttributeError: nope
ffi.addressof(lib, "no_such_variable")
    AttributeError: function/symbol 'no_such_variable' not found in library '<None>'
lib.no_such_variable
    KeyError: "variable 'no_such_variable' not found in library '<None>'
lib.no_such_function
    AttributeError: function/symbol 'no_such_function' not found in library '<None>'
hasattr(lib, "no_such_function")
    False
ffi.dlclose(lib); lib.C, lib.MACRO
    (7, 77)
ffi.dlclose(lib); hasattr(lib, "nope"), hasattr(lib, "__wrapped__")
    (False, False)
ffi.dlclose(lib); lib.nope
    AttributeError: nope
ffi.dlclose(lib); lib.abs
    ValueError: library '<None>' has already been closed
ffi.dlclose(lib); lib.timezone
    ValueError: library '<None>' has already been closed
ffi.dlclose(lib); ffi.addressof(lib, "timezone")
    ValueError: library '<None>' has already been closed
ffi.dlclose(lib); ffi.dlclose(lib)
    None
FFI().dlclose(lib); lib.abs
    ValueError: library '<None>' has already been closed
ffi.dlclose(5)
    AttributeError: type object 'int' has no attribute '__cffi_close__'
lib.abs; del lib.abs; lib.abs(-4)
    4
lib.nope = 1
    AttributeError: nope
hasattr(lib, "OPEN"), "OPEN" in dir(lib)
    (False, False)
hasattr(lib, "a\0b"), hasattr(lib, "\ud800")
    (False, False)
"""

# FFI objects and types that are theirs.
OBJECTS = r"""
hasattr(ffi, "error"), hasattr(FFI, "error")
    (False, False)
ffi.error
    AttributeError: 'FFI' object has no attribute 'error'
copy.copy(ffi).sizeof("struct s")
    24
ffi.typeof("FILE") is FFI().typeof("FILE"), ffi.typeof("FILE *") is FFI().typeof("FILE *")
    (True, True)
ffi.cdef("typedef FILE t;"); ffi.typeof("t"), ffi.typeof("t") is FFI().typeof("FILE")
    (<ctype 'FILE'>, True)
ffi.cdef("int fflush(FILE *);extern FILE *stdout;"); ffi.dlopen(None).fflush(ffi.dlopen(None).stdout)
    0
ffi.cdef("struct _IO_FILE { int a; };"); ffi.sizeof("struct _IO_FILE")
    SyntaxError: unterminated string literal (detected at line 1) (<string>, line 1)
ffi.typeof("FILE *"); ffi.cdef("struct _IO_FILE { int a; };"); ffi.sizeof("struct _IO_FILE")
    SyntaxError: unterminated string literal (detected at line 2) (<string>, line 2)
ffi.cdef("typedef int... t;"); ffi.new("t *")
    NotImplementedError: integer type 't' can only be used after compilation
ffi.cdef("typedef float... t;"); ffi.new("t *")
    NotImplementedError: float type 't' can only be used after compilation
ffi.cdef("struct t { int a; };", pack=2, packed=True)
    SyntaxError: unterminated string literal (detected at line 1) (<string>, line 1)
"""

# The functions of the module.
FUNCTIONS = r"""
backend.cast(1)
    TypeError: cast() takes exactly 2 arguments (1 given)
backend.cast(1, 2)
    TypeError: cast() argument 1 must be _cffi_backend.CType, not int
backend.cast(None, 0)
    TypeError: cast() argument 1 must be _cffi_backend.CType, not None
backend.typeof(5, 0)
    TypeError: _cffi_backend.typeof() takes exactly one argument (2 given)
backend.typeof()
    TypeError: _cffi_backend.typeof() takes exactly one argument (0 given)
backend.typeof("x")
    TypeError: expected a 'cdata' object
backend.typeof(cdata=array)
    TypeError: _cffi_backend.typeof() takes no keyword arguments
backend.get_errno(1)
    TypeError: _cffi_backend.get_errno() takes no arguments (1 given)
backend.get_errno(a=1)
    TypeError: _cffi_backend.get_errno() takes no keyword arguments
backend.set_errno("a")
    TypeError: 'str' object cannot be interpreted as an integer
backend.set_errno(2**31)
    OverflowError: errno value too large
backend.callback(1)
    TypeError: callback() takes at least 2 arguments (1 given)
backend.callback(1, 2, 3, 4, 5)
    TypeError: callback() takes at most 4 arguments (5 given)
backend.alignof("x")
    TypeError: expected a 'ctype' object
backend.sizeof("x")
    TypeError: expected a 'cdata' or 'ctype' object
backend.newp_handle("q", "r")
    TypeError: argument 1 must be _cffi_backend.CType, not str
backend.newp_handle("q")
    TypeError: function takes exactly 2 arguments (1 given)
backend.from_buffer(1, 2)
    TypeError: argument 1 must be _cffi_backend.CType, not int
backend.from_buffer(1)
    TypeError: function takes at least 2 arguments (1 given)
backend.gcp("")
    TypeError: gc() argument 1 must be _cffi_backend._CDataBase, not str
backend.gcp(array)
    TypeError: gc() missing required argument 'destructor' (pos 2)
backend.gcp(array, f, 1, 2)
    TypeError: gc() takes at most 3 arguments (4 given)
backend.gcp(array, f, cdata=1)
    TypeError: argument for gc() given by name ('cdata') and position (1)
backend.unpack(5)
    TypeError: unpack() argument 1 must be _cffi_backend._CDataBase, not int
backend.unpack(array)
    TypeError: unpack() missing required argument 'length' (pos 2)
backend.unpack(array, length=2)
    [0, 0]
backend.string(array, foo=1)
    TypeError: 'foo' is an invalid keyword argument for string()
backend.memmove(array)
    TypeError: function missing required argument 'src' (pos 2)
backend.memmove(array, array, 1, 2)
    TypeError: function takes at most 3 arguments (4 given)
backend.rawaddressof(5, 0)
    TypeError: rawaddressof() takes exactly 3 arguments (2 given)
backend.rawaddressof(5, 0, 1)
    TypeError: rawaddressof() argument 1 must be _cffi_backend.CType, not int
backend.rawaddressof(int_p, 5, 1)
    TypeError: rawaddressof() argument 2 must be _cffi_backend._CDataBase, not int
backend.rawaddressof(int_, array, 4)
    TypeError: expected a pointer ctype
backend.typeoffsetof(int_, int_)
    TypeError: field name or array index expected
backend.typeoffsetof(int_p, 5, "a")
    TypeError: 'str' object cannot be interpreted as an integer
backend.getcname(int_, 1)
    TypeError: getcname() argument 2 must be str, not int
backend.getcname(int_, "a\0")
    ValueError: embedded null character
backend.new_struct_type(1)
    TypeError: new_struct_type() argument 1 must be str, not int
backend.new_struct_type(None)
    TypeError: new_struct_type() argument 1 must be str, not None
backend.new_struct_type("a\0b")
    ValueError: embedded null character
backend.new_struct_type(name="x")
    TypeError: new_struct_type() takes no keyword arguments
backend.new_array_type(int_p, "a")
    TypeError: 'str' object cannot be interpreted as an integer
backend.new_array_type(int_p, 2**70)
    OverflowError: cannot fit 'int' into an index-sized integer
backend.new_function_type(5, 5)
    TypeError: new_function_type() argument 1 must be tuple, not int
backend.new_function_type((), 5)
    TypeError: new_function_type() argument 2 must be _cffi_backend.CType, not int
backend.new_function_type((5,), int_)
    TypeError: expected a tuple of ctypes
backend.new_function_type((int_,), int_, "a")
    TypeError: 'str' object cannot be interpreted as an integer
backend.new_function_type((int_,), int_, False, 99)
    SystemError: libffi failed to build this function type
backend.new_enum_type("foo", (), (5,), int_p)
    ValueError: tuple args must have the same size
backend.new_enum_type("foo", (), (), int_p)
    TypeError: expected a primitive signed or unsigned base type
backend.new_enum_type("foo", (1,), (5,), int_)
    TypeError: enumerators must be a list of strings
backend.new_enum_type("foo", ("A",), (1,), backend.new_primitive_type("_Bool")).elements
    {1: 'A'}
backend.load_library(1)
    TypeError: load_library() argument 1 must be str, bytes or bytearray, not int
backend.load_library(None, flags=2)
    TypeError: load_library() takes no keyword arguments
backend.load_library("a\0b")
    TypeError: load_library() argument 1 must be encoded string without null bytes, not str
library.close_lib(1)
    TypeError: CLibrary.close_lib() takes no arguments (1 given)
library.load_function(1, "a")
    TypeError: load_function() argument 1 must be _cffi_backend.CType, not int
library.load_function(int_, 1)
    TypeError: load_function() argument 2 must be str, not int
library.load_function(int_, "abs")
    TypeError: function or pointer or array cdata expected, got 'int'
library.load_function(int_p, "a\0b")
    ValueError: embedded null character
library.load_function(backend.new_array_type(int_p, 4), "tzname")
    <cdata 'int[4]' 0x..>
library.load_function(backend.new_array_type(int_p, None), "tzname")
    <cdata 'int *' 0x..>
library.read_variable(void, "tzname")
    TypeError: cdata 'void' is opaque
library.read_variable(struct, "tzname")
    <cdata 'foo &' 0x..>
"""

# complete_struct_or_union().
BY_HAND = r"""
complete(struct)
    TypeError: complete_struct_or_union() takes at least 2 arguments (1 given)
complete(struct, None)
    TypeError: complete_struct_or_union() argument 2 must be list, not None
complete(int_p, 1)
    TypeError: complete_struct_or_union() argument 2 must be list, not int
complete(int_p, [])
    TypeError: first arg must be a non-initialized struct or union ctype
complete(struct, [()])
    TypeError: list item() takes at least 2 arguments (0 given)
complete(struct, [("a", 5)])
    TypeError: list item() argument 2 must be _cffi_backend.CType, not int
complete(struct, [(5, int_)])
    TypeError: list item() argument 1 must be str, not int
complete(struct, [("a", int_, -1, 0, 0)])
    TypeError: list item() takes at most 4 arguments (5 given)
complete(struct, [("a", int_, 2**40)])
    OverflowError: signed integer is greater than maximum
complete(struct, [("a", int_, "x")])
    TypeError: 'str' object cannot be interpreted as an integer
complete(struct, [("a", int_, 3, 0)])
    TypeError: field 'foo.a' is a bitfield, but a fixed offset is specified
complete(struct, [("a", int_, 0)])
    TypeError: field 'foo.a' is declared with :0
complete(struct, [("a", int_, 33)])
    TypeError: bit field 'foo.a' is declared 'int:33', which exceeds the width of the type
complete(struct, [("a", ffi.typeof("char[9223372036854775807]"), 70)])
    TypeError: field 'foo.a' declared as 'char[9223372036854775807]' cannot be a bit field
complete(struct, [("a", ffi.typeof("int[]")), ("b", int_)])
    TypeError: field 'foo.a' has ctype 'int[]' of unknown size
complete(union, [("a", ffi.typeof("int[]")), ("b", int_)])
    TypeError: field 'foo.a' has ctype 'int[]' of unknown size
complete(struct, [("a", ffi.typeof("int[]"), -1, 0), ("b", int_)]); ffi.sizeof(struct)
    4
complete(struct, [("a", backend.new_primitive_type("_Bool"), 2)]); ffi.sizeof(struct)
    1
complete(struct, [("a", int_, -1, 8), ("b", int_)]); fields(struct), ffi.sizeof(struct)
    ([('a', 8, -1, -1), ('b', 12, -1, -1)], 16)
complete(struct, [("a", int_, 3), ("b", int_, 31)], None, -1, -1, 8)
    NotImplementedError: with 'packed', gcc would compile field 'foo.b' to reuse some bits in the previous field
complete(struct, [("a", int_, 3), ("b", int_, 5)], None, -1, -1, 8); fields(struct), ffi.sizeof(struct)
    ([('a', 0, 0, 3), ('b', 0, 3, 5)], 1)
complete(union, [("a", int_, 3), ("b", int_, 31)], None, -1, -1, 8); fields(union), ffi.sizeof(union)
    ([('a', 0, 0, 3), ('b', 0, 0, 31)], 4)
complete(struct, [("a", char), ("", int_, 0), ("b", char)], None, 3, 4)
    TypeError: foo cannot be of size 3: there are fields at least up to 5
complete(struct, [("a", int_), ("b", int_, -1, 9)], None, -1, -1, 0x80)
    error: foo: wrong offset for field 'b' (cdef says 4, but C compiler says 9). fix it or use "...;" as the last field in the cdef for foo to make it flexible
complete(struct, [("a", int_)], None, 8, -1, 0x80)
    error: foo: wrong total size (cdef says 4, but C compiler says 8). fix it or use "...;" as the last field in the cdef for foo to make it flexible
complete(struct, [("a", int_)], None, 2)
    TypeError: foo cannot be of size 2: there are fields at least up to 4
complete(struct, []); ffi.sizeof(struct)
    1
complete(ffi.typeof("struct s"), [("z", int_)])
    TypeError: first arg must be a non-initialized struct or union ctype
"""

# Where we do something else, as docs/differences.md says.
OURS = r"""
ffi.new("char[]", 2**63 - 1)
    MemoryError: an array of 9223372036854775807 bytes
ffi.unpack(ffi.cast("wchar_t *", 8), 2**62)
    MemoryError: 4611686018427387904 characters
ffi.unpack(ffi.cast("char16_t *", 8), 2**45)
    MemoryError: 35184372088832 characters
ffi.offsetof("int **", 1, 1)
    TypeError: with an integer argument, expected an array ctype or a pointer to non-opaque
ffi.addressof(ffi.new("char *[2]"), 1, 2)
    TypeError: with an integer argument, expected an array ctype or a pointer to non-opaque
ffi.addressof(lib, "C")
    AttributeError: cannot take the address of the constant 'C'
copy.copy(ffi) is ffi
    True
ffi.gc(array, f)[4]
    0
ffi.memmove(bytearray(2), b"abcd", 4)
    ValueError: cannot copy 4 bytes: 'bytearray' object has 2 bytes
complete(struct, [1])
    TypeError: fields must be tuples (name, ctype[, bitsize[, offset]])
complete(struct, [("a", int_, -1, 2**63 - 1)])
    OverflowError: foo: larger than any object can be
complete(struct, [("a", int_)], None, -1, 3)
    SystemError: found for ctype 'foo' bogus alignment '3'
ffi.cdef("struct t {...;};"); ffi.new("struct t *")
    VerificationMissing: struct t
ffi.cdef("enum t { X, ... };"); ffi.new("enum t *")
    VerificationMissing: enum t
ffi.cdef("enum t { X, Y = ... };"); lib.Y
    VerificationMissing: enum t
lib.OPEN
    AttributeError: OPEN
"""


class Index:
    """What slices take as an integer."""

    def __index__(self) -> int:
        return 5


def names() -> dict[str, Any]:
    """What snippets can use. Nothing is shared between them."""
    ffi = cffi.FFI()
    ffi.cdef(CDEF)
    int_ = backend.new_primitive_type("int")
    return {
        "FFI": cffi.FFI,
        "Index": Index,
        "array": ffi.new("int[5]"),
        "backend": backend,
        "char": backend.new_primitive_type("char"),
        "complete": backend.complete_struct_or_union,
        "copy": copy,
        "f": lambda *arguments: 0,
        "ffi": ffi,
        "fields": lambda ctype: [(n, f.offset, f.bitshift, f.bitsize) for n, f in ctype.fields],
        "int_": int_,
        "int_p": backend.new_pointer_type(int_),
        "lib": ffi.dlopen(None),
        "library": backend.load_library(None),
        "record": ffi.new("struct s *"),
        "struct": backend.new_struct_type("foo"),
        "union": backend.new_union_type("foo"),
        "void": backend.new_void_type(),
    }


def outcome(snippet: str) -> str:
    scope = names()
    *steps, last = snippet.split("; ")
    try:
        exec("\n".join(steps), scope)
        if last.startswith("del ") or re.match(r"[\w.]+ = ", last):
            exec(last, scope)
            return "done"
        shown = repr(eval(last, scope))
    except Exception as error:
        # What the loader says about a symbol or file is not ours.
        return re.sub(
            r": (/|\S+: undefined symbol).*", "", f"{type(error).__name__}: {error}", flags=re.S
        )
    return re.sub("0x[0-9a-f]+", "0x..", shown)


def check(table: str) -> None:
    lines = table.strip().splitlines()
    wrong = [
        f"{snippet}\n  expected {expected.strip()}\n  got      {got}"
        for snippet, expected in zip(lines[::2], lines[1::2])
        if (got := outcome(snippet).partition("\n")[0]) != expected.strip()
    ]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    "table",
    [METHODS, TYPES, VALUES, ADDRESSES, LIBRARIES, OBJECTS, FUNCTIONS, BY_HAND],
    ids=["methods", "types", "values", "addresses", "libraries", "objects", "functions", "by_hand"],
)
def test_as_programs_know_it(table: str) -> None:
    check(table)


def test_deliberate_differences() -> None:
    check(OURS)


def test_the_class_of_errors() -> None:
    """`FFI.error` is as a class that Python code makes: subclasses, attributes, weak references."""
    base: Any = backend.FFI.error
    assert (base.__mro__[1:], base.__doc__) == (Exception.__mro__, None)
    assert (base.__module__, base.__qualname__, repr(base)) == (
        "ffi",
        "error",
        "<class 'ffi.error'>",
    )

    class Derived(base):
        pass

    for error in (base, Derived):
        instance = error("text", 1)
        instance.me = instance
        assert (str(instance), instance.args) == ("('text', 1)", ("text", 1))
        assert copy.copy(instance).args == instance.args
        weakly = weakref.ref(instance)
        assert weakly() is instance
        del instance
        gc.collect()
        assert weakly() is None
    base.attribute = 1
    assert Derived.attribute == 1
    del base.attribute
