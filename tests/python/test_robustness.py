"""Wrong arguments to every operation: an exception or a value, never a crash."""

from __future__ import annotations

import copy
import gc
import operator
import pickle
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import cffi
import pytest

CDEF = """
struct s { int a; struct s *next; char name[8]; int flags : 3; };
union u { int i; double d; };
struct flexible { int n; int data[]; };
struct opaque;
struct recursive { void (*f)(struct recursive); };
enum e { A, B, C = 100 };
typedef int (*function_t)(int);
int abs(int);
size_t strlen(const char *);
"""
TYPES = [
    "int", "int *", "int[3]", "int[]", "struct s", "struct s *", "union u *", "struct flexible *",
    "function_t", "enum e", "char", "char *", "char[]", "wchar_t *", "wchar_t[]", "void", "void *",
    "struct opaque", "struct opaque *", "long double", "double _Complex", "_Bool", "float",
    "int(int)", "int(*)(int, ...)", "struct recursive *", "unknown", "", "int(", "struct",
    "int[-1]",
    "int[99999999999999999999]", "int[9223372036854775807]", "struct s[1000000000000]",
    "int" + "*" * 3000, "(" * 5000, "int" + "[1]" * 300, "\0", "int\0", "...", "int...",
]  # fmt: skip


def attempt(action: Callable[..., object], *arguments: object) -> object:
    try:
        return action(*arguments)
    except Exception as error:
        return error


@pytest.fixture
def ffi() -> cffi.FFI:
    ffi = cffi.FFI()
    ffi.cdef(CDEF)
    return ffi


@pytest.fixture
def values(ffi: cffi.FFI) -> list[Any]:
    record = ffi.new("struct s *")
    return [
        None, True, 1, -1, 2**70, 1.5, float("nan"), float("inf"), 1j, "a", "abc", b"a", b"abc",
        bytearray(b"xx"), memoryview(b"xx"), [], [1], [[1]], (1, 2), {}, {"a": 1}, {"zz": 1},
        object(), slice(0, 2), ffi, ffi.typeof("int"), ffi.NULL, ffi.new("int *"),
        ffi.new("int[3]"), record, record[0], ffi.cast("int", 5), ffi.cast("char", 5),
        ffi.cast("float", 2.5), ffi.cast("long double", 2), ffi.cast("enum e", 1),
        ffi.new_handle(5), ffi.callback("int(int)", lambda x: x),
    ]  # fmt: skip


@pytest.mark.parametrize("name", TYPES, ids=lambda name: ascii(name[:12]))
def test_any_value_for_any_type(name: str, ffi: cffi.FFI, values: list[Any]) -> None:
    for action in (ffi.typeof, ffi.sizeof, ffi.alignof, ffi.new):
        attempt(action, name)
    for value in values:
        attempt(ffi.new, name, value)
        attempt(ffi.from_buffer, name, value)
        attempt(ffi.offsetof, name, value)
        made = attempt(ffi.cast, name, value)
        if isinstance(made, ffi.CData):
            for action in (repr, bool, hash, int, float, complex):
                attempt(action, made)
            attempt(operator.eq, made, value)
            attempt(operator.lt, made, value)
    # The declarations are as they were.
    assert ffi.list_types() == (["function_t"], ["flexible", "opaque", "recursive", "s"], ["u"])


@pytest.mark.parametrize(
    "make", ["int *", "int[3]", "struct s *", "struct flexible *", "char[]", "int[]"]
)
def test_any_operand_for_any_operation(make: str, ffi: cffi.FFI, values: list[Any]) -> None:
    init = {"struct flexible *": [1, [1, 2, 3]], "char[]": b"abc", "int[]": 4}.get(make)
    cdata: Any = ffi.new(make, init)
    for value in values:
        for action in (
            lambda v: cdata[v],
            lambda v: cdata.__setitem__(v, v),
            cdata.__delitem__,
            lambda v: cdata + v,
            lambda v: cdata - v,
            lambda v: v - cdata,
            cdata,
            lambda v: ffi.string(cdata, v),
            lambda v: ffi.addressof(cdata, v),
            ffi.from_handle,
            ffi.release,
            lambda v: setattr(cdata, "a", v),
            lambda v: setattr(cdata, "next", v),
            lambda v: setattr(cdata, "name", v),
            lambda v: setattr(cdata, "flags", v),
            lambda v: setattr(cdata, "data", v),
        ):
            attempt(action, value)
    for action in (pickle.dumps, copy.copy, iter, dir, len):
        attempt(action, cdata)
    attempt(delattr, cdata, "a")


def test_a_bogus_handle_raises(ffi: cffi.FFI) -> None:
    with pytest.raises(SystemError, match="dead or bogus handle"):
        ffi.from_handle(ffi.cast("void *", 12345))
    handle = ffi.new_handle([1])
    address = int(ffi.cast("intptr_t", handle))
    del handle
    with pytest.raises(SystemError, match="dead or bogus handle"):
        ffi.from_handle(ffi.cast("void *", address))


def test_a_function_that_takes_its_own_struct(ffi: cffi.FFI) -> None:
    assert ffi.sizeof("struct recursive") == ffi.sizeof("void *")
    assert not ffi.new("struct recursive *").f


@pytest.mark.parametrize("kind", ["handle", "callback", "gc"])
def test_cycles_through_cdata_are_collected(kind: str, ffi: cffi.FFI) -> None:
    class Node:
        link: object

    node = Node()
    if kind == "handle":
        node.link = ffi.new_handle(node)
    elif kind == "callback":
        node.link = ffi.callback("int(int)", lambda _, node=node: id(node))
    else:
        node.link = ffi.gc(ffi.new("int *"), lambda _, node=node: None)
    reference = weakref.ref(node)
    del node
    gc.collect()
    assert reference() is None


def test_an_ffi_with_recursive_structs_is_collected() -> None:
    ffi = cffi.FFI()
    ffi.cdef("struct node { struct node *next; };")
    assert ffi.new("struct node *").next == ffi.NULL
    references = [weakref.ref(ffi), weakref.ref(ffi.typeof("struct node"))]
    del ffi
    gc.collect()
    assert [reference() for reference in references] == [None, None]


MAKERS: dict[str, Callable[[Any], object]] = {
    "FFI": lambda _: cffi.FFI(),
    "declared FFI": lambda _: declared(),
    "library": lambda ffi: ffi.dlopen(None),
    "function of a library": lambda ffi: (ffi.dlopen(None), ffi.dlopen(None).abs),
    "types": lambda _: declared().typeof("struct s *[3]").item.item.fields,
    "new": lambda ffi: ffi.new("struct s *", [1]),
    "new array": lambda ffi: ffi.new("struct s[]", 3)[0:2],
    "iterator": lambda ffi: iter(ffi.new("int[3]")),
    "buffer": lambda ffi: ffi.buffer(ffi.new("int[3]")),
    "from_buffer": lambda ffi: ffi.from_buffer(bytearray(8)),
    "handle": lambda ffi: ffi.new_handle([]),
    "callback": lambda ffi: ffi.callback("int(int)", [].append),
    "gc": lambda ffi: ffi.gc(ffi.new("int *"), [].append),
    "allocator": lambda ffi: ffi.new_allocator(lambda size: ffi.new("char[]", size))("int *"),
}


def declared() -> Any:
    ffi = cffi.FFI()
    ffi.cdef(CDEF)
    return ffi


@pytest.mark.parametrize("kind", MAKERS)
def test_the_collector_may_run_at_any_allocation(kind: str) -> None:
    """What the collector sees is complete. Up to 3.11 it runs inside of allocations."""
    ffi, kept = declared(), []
    thresholds = gc.get_threshold()
    before = collections()
    gc.set_threshold(1, 1_000_000, 1_000_000)
    try:
        # More than the interpreter's free lists hold, so that all memory is really allocated.
        for _ in range(200):
            kept.append(MAKERS[kind](ffi))
    finally:
        gc.set_threshold(*thresholds)
    # Without any, nothing was tested; objects that the collector does not track start none.
    assert collections() > before or not gc.is_tracked(kept[0])


def collections() -> int:
    return sum(generation["collections"] for generation in gc.get_stats())


def test_cdata_types_cannot_be_made_or_derived_from(ffi: cffi.FFI) -> None:
    for action in (ffi.CData, ffi.CType, lambda: type("X", (ffi.CData,), {})):
        with pytest.raises(TypeError):
            action()


def test_warnings_as_errors_leave_the_ffi_usable() -> None:
    ffi = cffi.FFI()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        attempt(ffi.cdef, "int without_storage_class;")
    ffi.cdef("typedef int still_works_t;")
    assert ffi.sizeof("still_works_t") == 4
