"""No leak in many rounds of each kind of call, callback, new, gc, conversion and failure.

A kind is a statement that runs again and again, first to warm up and then under watch: memory in
RAM, blocks of Python's allocator, objects that the collector knows, and references of everything
the statement can name. 16 bytes for each round are seen.

| rounds    | kinds                                                                       |
| --------- | --------------------------------------------------------------------------- |
| 1,000,000 | most calls, callbacks, new, reads and writes                                |
| 400,000   | where a round makes Python objects: failures, destructors, new callbacks    |
| 100,000   | where it parses, loads a library, calls the collector, or has 1,000 items   |
| 50,000    | failing typeof()                                                            |

CFFI_LEAK_ROUNDS=1000000 sets another number for all of them.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import gc
import itertools
import os
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _cffi_backend
import cffi
import pytest
from support import DECLARATIONS, compile_library, resident_bytes, run_child

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/statm")

MANY, FEWER, FEW = 1_000_000, 400_000, 100_000
BYTES_PER_ROUND = 8
"""What a round may leave behind at most: less than the smallest object, 16 bytes."""

CALLS = {
    "int": (MANY, "lib.add(3, -4)"),
    "large_int": (MANY, "lib.add(2**31 - 1, -2**31)"),
    "double": (MANY, "lib.add_doubles(1.25, 5)"),
    "text": (MANY, "lib.length(b'some text')"),
    "char_array": (MANY, "lib.length(array)"),
    "list": (MANY, "lib.sum([1, 2, 3], 3)"),
    "long_list": (FEW, "lib.sum(thousand, 1000)"),
    "pointer": (MANY, "lib.sum(numbers, 3)"),
    "null": (MANY, "lib.length(ffi.NULL)"),
    "struct": (MANY, "lib.sum_pair(pair)"),
    "struct_from_list": (MANY, "lib.sum_pair([1, 2.5])"),
    "struct_from_dict": (MANY, "lib.sum_pair({'x': 1, 'y': 2.5})"),
    "struct_returned": (MANY, "lib.make_pair(1, 2.5)"),
    "large_struct": (MANY, "lib.sum_large(large)"),
    "large_struct_returned": (MANY, "lib.make_large(5)"),
    "variadic": (MANY, "lib.variadic(2, one, one)"),
    "variadic_types": (FEWER, "lib.variadic(2, ffi.cast('short', 3), ffi.cast('int', 4))"),
    "pointer_to_function": (MANY, "pointer(1, 2)"),
    "lookup": (MANY, "lib.add"),
    "errno": (MANY, "lib.set_errno(5); ffi.errno; ffi.errno = 0"),
}
FAILING_CALLS = {
    "too_few": (MANY, "lib.add(1)"),
    "keyword": (MANY, "lib.add(1, b=2)"),
    "wrong_type": (MANY, "lib.add(1, 'x')"),
    "overflow": (FEWER, "lib.add(1, 2**31)"),
    "float_for_int": (MANY, "lib.add(1.5, 2)"),
    "text_for_double": (MANY, "lib.add_doubles(1.5, 'x')"),
    "list_item": (FEWER, "lib.sum([1, 2, 'x'], 3)"),
    "long_list_item": (FEW, "lib.sum(thousand_wrong, 3)"),
    "str_for_bytes": (FEWER, "lib.length('text')"),
    "wrong_pointer": (FEWER, "lib.sum(pair_pointer, 3)"),
    "struct_item": (FEWER, "lib.sum_pair([1, 'x'])"),
    "struct_key": (FEWER, "lib.sum_pair({'x': 1, 'z': 2})"),
    "variadic": (FEWER, "lib.variadic(1, 5)"),
    "null_function": (FEWER, "null_function(1, 2)"),
    "undeclared": (FEWER, "lib.undeclared"),
    "conversion_raises": (FEWER, "lib.add(Raises(), 2)"),
    "raises_after_text": (FEWER, "lib.sum_pair([{}, []])"),
    "closed": (FEWER, "closed.add"),
}
CALLBACKS = {
    "int": (MANY, "lib.call(returns, 1)"),
    "double": (MANY, "lib.call_double(doubles, 1.5)"),
    "struct": (FEWER, "lib.call_pair(pairs, pair)"),
    "pointer": (MANY, "lib.call_text(texts, array)"),
    "void": (MANY, "lib.call_void(nothing, numbers)"),
    "handle": (MANY, "lib.call_void(from_handle, handle)"),
    "from_python": (MANY, "returns(1)"),
    "raises": (FEWER, "lib.call(raises, 1)"),
    "wrong_result": (FEWER, "lib.call(wrong, 1)"),
    "wrong_struct": (FEW, "lib.call_pair(wrong_pairs, pair)"),
    "onerror": (FEWER, "lib.call(told, 1)"),
    "onerror_raises": (FEWER, "lib.call(told_wrongly, 1)"),
    "made": (FEWER, "ffi.callback('int(int)', function)"),
    "made_and_called": (FEWER, "lib.call(ffi.callback('int(int)', function, 5), 1)"),
    "decorated": (FEWER, "ffi.callback('int(int)')(function)"),
    "function_of_library": (MANY, "lib.call(lib.set_errno, 0)"),
}
VALUES = {
    "int": (MANY, "ffi.new('int *')"),
    "int_value": (MANY, "ffi.new('int *', 5)"),
    "struct": (MANY, "ffi.new('struct pair *')"),
    "struct_list": (MANY, "ffi.new('struct pair *', [1, 2.5])"),
    "struct_dict": (MANY, "ffi.new('struct pair *', {'x': 1, 'y': 2.5})"),
    "struct_copy": (MANY, "ffi.new('struct pair *', pair)"),
    "array": (MANY, "ffi.new('int[10]')"),
    "array_length": (MANY, "ffi.new('int[]', 10)"),
    "array_list": (MANY, "ffi.new('int[]', [1, 2, 3])"),
    "large_array": (FEWER, "ffi.new('char[]', 10000)"),
    "text": (MANY, "ffi.new('char[]', b'some text')"),
    "wide_text": (MANY, "ffi.new('wchar_t[]', 'some text')"),
    "flexible": (FEWER, "ffi.new('struct flexible *', [3, [1, 2, 3]])"),
    "field_of_new": (MANY, "ffi.new('struct pair *')[0].x"),
    "nested": (FEWER, "ffi.new('struct nested[2]', [{'p': [1, 2], 'a': [1, 2]}, [[3, 4]]])"),
    "allocator": (FEWER, "allocator('int[5]')"),
    "allocator_of_c": (FEWER, "malloc('int[5]')"),
    "gc": (FEWER, "ffi.gc(pair_pointer, nothing_at_all)"),
    "gc_function": (FEWER, "ffi.gc(ffi.new('int *'), lib.destroy)"),
    "gc_raises": (FEWER, "ffi.gc(numbers, function_that_raises)"),
    "gc_not_callable": (FEWER, "ffi.gc(numbers, 5)"),
    "gc_size": (FEWER, "ffi.gc(numbers, nothing_at_all, 10)"),
    "gc_cancelled": (FEWER, "ffi.gc(ffi.gc(numbers, nothing_at_all), None)"),
    "gc_released": (FEWER, "ffi.release(ffi.gc(numbers, nothing_at_all))"),
    "gc_with": (FEWER, "with ffi.gc(numbers, nothing_at_all): pass"),
    "released": (MANY, "ffi.release(ffi.new('int[]', 5))"),
    "gc_cycle": (FEW, "it = Cycle(); it.data = ffi.gc(numbers, lambda _, it=it: None)"),
    "handle": (MANY, "ffi.new_handle(function)"),
    "handle_and_back": (MANY, "ffi.from_handle(ffi.new_handle(function))"),
    "handle_cycle": (FEW, "it = Cycle(); it.data = ffi.new_handle(it)"),
    "callback_cycle": (FEW, "it = Cycle(); it.data = ffi.callback('int(int)', it.method)"),
    "from_buffer": (MANY, "ffi.from_buffer(data)"),
    "from_buffer_typed": (FEWER, "ffi.from_buffer('int[]', data)"),
    "from_buffer_released": (FEWER, "ffi.release(ffi.from_buffer(data))"),
    "buffer": (MANY, "ffi.buffer(numbers)"),
    "buffer_slice": (MANY, "ffi.buffer(numbers)[:]"),
    "memoryview": (MANY, "memoryview(ffi.buffer(numbers))"),
    "memmove": (MANY, "ffi.memmove(array, b'abc', 3)"),
    "cast": (MANY, "ffi.cast('int', 500.5)"),
    "cast_pointer": (MANY, "ffi.cast('char *', numbers)"),
    "cast_text": (MANY, "ffi.cast('int', b'x')"),
    "addressof": (MANY, "ffi.addressof(pair)"),
    "addressof_field": (MANY, "ffi.addressof(pair, 'y')"),
    "addressof_item": (MANY, "ffi.addressof(numbers, 1)"),
    "addressof_function": (FEWER, "ffi.addressof(lib, 'add')"),
    "slice": (MANY, "numbers[0:2]"),
    "slice_stored": (MANY, "numbers[0:2] = [7, 8]"),
    "item_stored": (MANY, "numbers[1] = 70000"),
    "item": (MANY, "numbers[1]"),
    "iteration": (FEWER, "list(numbers)"),
    "unpack": (MANY, "ffi.unpack(numbers, 3)"),
    "string": (MANY, "ffi.string(array)"),
    "field": (MANY, "pair.y"),
    "field_stored": (MANY, "pair.y = 2.5; pair.x = 70000"),
    "arithmetic": (MANY, "numbers + 1 - numbers"),
    "compared": (MANY, "numbers == numbers + 0; numbers < numbers + 1; hash(numbers)"),
    "repr": (FEWER, "repr(numbers)"),
    "dir": (FEWER, "dir(pair)"),
    "typeof": (MANY, "ffi.typeof('struct pair *')"),
    "typeof_cdata": (MANY, "ffi.typeof(numbers)"),
    "fields": (FEWER, "ffi.typeof('struct pair').fields"),
    "sizeof": (MANY, "ffi.sizeof('struct pair'); ffi.sizeof(numbers)"),
    "offsetof": (MANY, "ffi.offsetof('struct pair', 'y')"),
    "getctype": (FEWER, "ffi.getctype('int *', 'x[5]')"),
    "init_once": (MANY, "ffi.init_once(function_without, 'tag')"),
    "weak_dictionary": (FEWER, "weak[ffi.new('int *')] = 5"),
    "new_ffi": (
        FEW,
        "it = cffi.FFI(); it.cdef('struct s { struct s *n; };'); it.new('struct s *')",
    ),
}
FAILING_VALUES = {
    "new_overflow": (FEWER, "ffi.new('int *', 2**40)"),
    "new_wrong_item": (FEWER, "ffi.new('int[]', [1, 'x'])"),
    "new_too_many": (FEWER, "ffi.new('int[2]', [1, 2, 3])"),
    "new_negative": (FEWER, "ffi.new('int[]', -1)"),
    "new_too_large": (FEWER, "ffi.new('int[]', 2**62)"),
    "new_wrong_field": (FEWER, "ffi.new('struct pair *', {'z': 1})"),
    "new_generator": (FEWER, "ffi.new('int[]', generator_that_raises())"),
    "new_opaque": (FEWER, "ffi.new('struct opaque *')"),
    "new_text": (FEWER, "ffi.new('char[2]', b'abc')"),
    "cast": (FEWER, "ffi.cast('int', pair)"),
    "cast_text": (FEWER, "ffi.cast('int *', 'x')"),
    "typeof": (FEW // 2, "ffi.typeof('unknown_t *')"),
    "typeof_syntax": (FEW, "ffi.typeof('int (*')"),
    "cdef_syntax": (FEW, "ffi.cdef('struct a { int b; }; int f(;')"),
    "cdef_several": (FEW, "ffi.cdef('int f(; int g(int; @')"),
    "cdef_unknown": (FEW, "ffi.cdef('int f(unknown_t);')"),
    "cdef_constant": (FEW, "ffi.cdef('struct b { int x[UNKNOWN]; };')"),
    "cdef_again": (FEW, "ffi.cdef('struct pair { int other; };')"),
    "layout": (FEW, "ffi.sizeof('struct incomplete')"),
    "index": (FEWER, "numbers[3]"),
    "slice": (FEWER, "numbers[2:1]"),
    "slice_stored": (FEWER, "numbers[0:2] = [1, 'x']"),
    "store": (FEWER, "numbers[0] = 'x'"),
    "field": (FEWER, "pair.z"),
    "field_stored": (FEWER, "pair.x = 'x'"),
    "delete": (FEWER, "del numbers[0]"),
    "handle": (FEWER, "ffi.from_handle(ffi.NULL)"),
    "from_buffer": (FEWER, "ffi.from_buffer(5)"),
    "from_buffer_size": (FEWER, "ffi.from_buffer('int[100]', data)"),
    "from_buffer_read_only": (FEWER, "ffi.from_buffer('char[]', b'x', require_writable=True)"),
    "buffer": (FEWER, "ffi.buffer(5)"),
    "addressof": (FEWER, "ffi.addressof(pair, 'z')"),
    "allocator": (FEW, "failing_allocator('int[5]')"),
    "callback": (FEWER, "ffi.callback('int(int)', 5)"),
    "callback_error": (FEWER, "ffi.callback('int(int)', function, 'x')"),
    "callback_type": (FEWER, "ffi.callback('int', function)"),
    "init_once": (FEW, "ffi.init_once(function_that_raises_without, 'failing')"),
    "dlopen": (FEW, "ffi.dlopen('/no/such/library.so')"),
    "dlopen_name": (FEW, "ffi.dlopen('no_such_library')"),
    "load_library": (FEW, "_cffi_backend.load_library('/no/such/library.so')"),
    "missing_function": (FEW, "missing.missing"),
}

SETUP = """
class Raises:
    def __int__(self): raise KeyError
    __index__ = __int__
class Cycle:
    data = None
    def method(self, x): return x
def function(x): return x + 1
def function_without(): return 1
def function_that_raises(*_): raise KeyError
def function_that_raises_without(): raise KeyError
def generator_that_raises():
    yield 1
    raise KeyError
def nothing_at_all(_): pass
thousand = list(range(1000))
thousand_wrong = [*range(1000), "x"]
array = ffi.new("char[]", b"some text")
numbers = ffi.new("int[3]", [1, 2, 3])
data = bytearray(b"abcdefgh" * 4)
pair_pointer = ffi.new("struct pair *", [1, 2.5])
pair = pair_pointer[0]
large = lib.make_large(5)
one = ffi.cast("int", 1)
pointer = ffi.cast("int(*)(int, int)", lib.add)
null_function = ffi.cast("int(*)(int, int)", 0)
returns = ffi.callback("int(int)", function)
doubles = ffi.callback("double(double)", lambda x: x * 2)
pairs = ffi.callback("struct pair(struct pair)", lambda p: [p.x, p.y])
texts = ffi.callback("char *(char *)", lambda text: text)
nothing = ffi.callback("void(void *)", nothing_at_all)
from_handle = ffi.callback("void(void *)", lambda handle: ffi.from_handle(handle) and None)
handle = ffi.new_handle(Cycle)
raises = ffi.callback("int(int)", function_that_raises, -1)
wrong = ffi.callback("int(int)", lambda x: "x", -1)
wrong_pairs = ffi.callback("struct pair(struct pair)", lambda p: [p, "x"])
told = ffi.callback("int(int)", function_that_raises, -1, lambda *_: 5)
told_wrongly = ffi.callback("int(int)", function_that_raises, -1, function_that_raises)
allocator = ffi.new_allocator()
malloc = ffi.new_allocator(library.malloc, library.free)
failing_allocator = ffi.new_allocator(lambda size: ffi.NULL)
weak = weakref.WeakKeyDictionary()
missing = library
"""
LOOP = """
def rounds(count):
    for _ in repeat(None, count):
        {statement}
"""
FAILING_LOOP = """
def rounds(count):
    for _ in repeat(None, count):
        try:
            {statement}
        except Exception:
            continue
        raise AssertionError("worked")
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(tmp_path_factory.mktemp("leaks"))


@pytest.fixture
def names(path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the statements can name: fresh for each kind."""
    # Asking the compiler and ldconfig takes far longer than what is tested.
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr("sys.unraisablehook", lambda report: None)
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS)
    ffi.cdef(
        "struct opaque; struct incomplete { int a; struct opaque b; }; int missing(void);"
        "struct flexible { int n; int data[]; }; struct nested { struct pair p; int a[2]; };"
        "void *malloc(size_t); void free(void *);"
    )
    closed = ffi.dlopen(str(path))
    ffi.dlclose(closed)
    names = {
        "ffi": ffi, "lib": ffi.dlopen(str(path)), "closed": closed, "library": ffi.dlopen(None),
        "cffi": cffi, "_cffi_backend": _cffi_backend, "repeat": itertools.repeat,
        "weakref": weakref,
    }  # fmt: skip
    exec(SETUP, names)
    return names


def watch(statement: str, count: int, names: dict[str, Any], loop: str = LOOP) -> dict[str, str]:
    """What grew in each of three times `count` rounds, in words."""
    exec(loop.format(statement=statement), names)
    rounds: Callable[[int], None] = names["rounds"]
    watched = [it for name, it in names.items() if not name.startswith("__")]
    watched += [None, TypeError, KeyError, int, object, *(type(it) for it in watched)]
    watched += [names["ffi"].typeof(it) for it in ("int", "int *", "struct pair", "int(*)(int)")]
    rounds(count // 10)
    grown: dict[str, str] = {}
    for attempt in range(3):
        before = measure(watched)
        rounds(count)
        after = measure(watched)
        limits = [count * BYTES_PER_ROUND, count // 10, 200, 200]
        found = {
            what: f"{what} grew by {new - old} in {count} rounds"
            for what, old, new, limit in zip(WHAT, before, after, limits)
            if new - old >= limit
        }
        # What grows once is no leak: an arena, a cache.
        grown = {what: text for what, text in found.items() if not attempt or what in grown}
        if not grown:
            break
    return grown


WHAT = ["bytes", "blocks", "objects", "references"]


def measure(watched: list[Any]) -> list[int]:
    gc.collect()
    # Otherwise what leaks would at first fill memory that is in use already, and free.
    getattr(ctypes.CDLL(None), "malloc_trim", id)(0)
    # Those that cannot die have a count without a meaning, from Python 3.12 on.
    references = sum(count for it in watched if (count := sys.getrefcount(it)) < 1 << 29)
    return [resident_bytes(), sys.getallocatedblocks(), len(gc.get_objects()), references]


def rounds_of(count: int) -> int:
    return int(os.environ.get("CFFI_LEAK_ROUNDS", count))


@pytest.mark.parametrize("kind", CALLS)
def test_calls(kind: str, names: dict[str, Any]) -> None:
    count, statement = CALLS[kind]
    assert watch(statement, rounds_of(count), names) == {}


@pytest.mark.parametrize("kind", FAILING_CALLS)
def test_failing_calls(kind: str, names: dict[str, Any]) -> None:
    count, statement = FAILING_CALLS[kind]
    assert watch(statement, rounds_of(count), names, FAILING_LOOP) == {}


@pytest.mark.parametrize("kind", CALLBACKS)
def test_callbacks(kind: str, names: dict[str, Any]) -> None:
    count, statement = CALLBACKS[kind]
    assert watch(statement, rounds_of(count), names) == {}


@pytest.mark.parametrize("kind", VALUES)
def test_values(kind: str, names: dict[str, Any]) -> None:
    count, statement = VALUES[kind]
    assert watch(statement, rounds_of(count), names) == {}


@pytest.mark.parametrize("kind", FAILING_VALUES)
def test_failing_values(kind: str, names: dict[str, Any]) -> None:
    count, statement = FAILING_VALUES[kind]
    assert watch(statement, rounds_of(count), names, FAILING_LOOP) == {}


def test_names_of_types_do_not_stay() -> None:
    """A type name for each array length stayed for ever: 60,000 names were 59 MB."""
    ffi = cffi.FFI()
    ffi.cdef("struct pair { int x, y; };")
    for i in range(1000):
        ffi.typeof(f"int[{i}]")
    gc.collect()
    before = resident_bytes()
    for i in range(1000, 61_000):
        ffi.typeof(f"int[{i}]")
    gc.collect()
    assert resident_bytes() - before < 8 << 20
    # Names that are used again are the same types.
    assert ffi.typeof("int[5]") is ffi.typeof("int[5]") is ffi.typeof("int [5]")


@pytest.mark.parametrize(
    "name", ["int[{}]", "struct pair *[{}]", "long(*)[{}][2]", "int(*)(int[{}])"]
)
def test_memory_for_names_of_types_is_bounded(name: str) -> None:
    """The same, with 60,000 names first: 240,000 further ones need no more."""
    ffi = cffi.FFI()
    ffi.cdef("struct pair { int x, y; };")
    for i in range(60_000):
        ffi.typeof(name.format(i))
    gc.collect()
    before = resident_bytes()
    for i in range(60_000, 300_000):
        ffi.typeof(name.format(i))
    gc.collect()
    assert resident_bytes() - before < 8 << 20


def test_importing_and_dropping_the_module(path: Path) -> None:
    """Importing and dropping modules: no growth."""
    out, _ = run_child(
        """
from support import resident_bytes
import importlib
backend = sys.modules["_cffi_backend"]
def again(keep):
    for name in [name for name in sys.modules if name.split(".")[0] in ("cffi", "_cffi_backend")]:
        del sys.modules[name]
    import cffi
    new = cffi.FFI()
    new.cdef("struct s { int a; struct s *next; }; int add(int, int);")
    library = new.dlopen(sys.argv[1])
    assert library.add(1, 2) == 3 and new.new("struct s *").a == 0
    assert new.callback("int(int)", lambda x: x)(5) == 5
for _ in range(50):
    again(None)
gc.collect()
before = resident_bytes()
for _ in range(200):
    again(None)
gc.collect()
print(resident_bytes() - before)
""",
        path,
    )
    # The package itself is some hundred kilobytes for each round.
    assert int(out) < 200 * 8192


def test_everything_goes_with_its_ffi() -> None:
    """A type name for each array length stayed for ever: nothing of an FFI stays when it goes."""
    ffi = cffi.FFI()
    ffi.cdef("struct s { int a; struct s *next; int (*f)(struct s); enum { X, Y } e; };")
    kept = [weakref.ref(ffi.typeof(f"struct s[{i}]")) for i in range(1, 200)]
    kept += [weakref.ref(ffi.typeof("struct s")), weakref.ref(ffi)]
    del ffi
    gc.collect()
    assert [reference() for reference in kept] == [None] * len(kept)


@pytest.mark.parametrize(
    ("statement", "kinds"),
    [
        ("kept[next(place)] = object()", {"blocks"}),
        ("libc.malloc(16)", {"bytes"}),
        ("kept[next(place)] = []", {"blocks", "objects"}),
        ("increment(reference)", {"references"}),
    ],
)
def test_the_watch_sees_leaks(statement: str, kinds: set[str], names: dict[str, Any]) -> None:
    """16 bytes for each round are seen, and a reference; Python's allocator may have room."""
    names["kept"] = [None] * 500_000
    names["place"] = iter(range(500_000))
    names["libc"] = names["library"]
    names["increment"] = ctypes.pythonapi.Py_IncRef
    names["reference"] = ctypes.py_object(names["ffi"])
    assert kinds <= set(watch(statement, FEW, names))
