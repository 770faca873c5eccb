"""Compiled modules: `lib` and `ffi`, as programs see them.

Pairs of generators and runtimes are in tests/matrix, generated text in tests/codegen.
"""

from __future__ import annotations

import ctypes
import gc
import inspect
import io
import pickle
import pydoc
import sys
import threading
import types
from pathlib import Path
from typing import Any

import _cffi_backend
import pytest
from modules import compile_module, import_module, python_module
from support import compile_library, run_child

CDEF = """
#define LIMIT 42
#define NEGATIVE -7
static const unsigned long long HUGE_NUMBER;
static const double HALF;
static const char *const GREETING;
enum color { RED, GREEN = 5, BLUE };
typedef enum { SMALL = -1, LARGE = 1 } size_kind;
struct point { int x, y; };
typedef struct { long a; ...; } partial_t;
struct nested { struct point at; struct point *link; int numbers[...]; };
union number { int i; double d; };
typedef ... opaque_t;
typedef int... integer_t;
typedef int (*binary_t)(int, int);
struct operations { binary_t operation; };
struct bits { unsigned a : 3; int b : 5; };

extern int counter;
extern struct point origin;
extern const int constants[3];
extern int table[];
extern binary_t current;
int *const address_of_counter;

int add(int a, int b);
int noargs(void);
void nothing(void);
int negate(int x);
double half(double x);
float single(float x);
_Bool flip(_Bool b);
char next_char(char c);
unsigned char next_byte(unsigned char c);
long long twice(long long x);
unsigned long long same(unsigned long long x);
size_t length(const char *text);
int sum(int *numbers, int count);
struct point make(int x, int y);
int dot(struct point a, struct point b);
partial_t make_partial(long a);
long read_partial(partial_t p);
double in_union(union number n);
long double wide(long double x);
enum color next_color(enum color c);
integer_t integer(integer_t x);
opaque_t *make_opaque(void);
int read_opaque(opaque_t *o);
int apply(binary_t f, int a, int b);
void *forward(void *p);
int variadic(int count, ...);
binary_t choose(void);
int set_errno(int value);
void count_drop(int *p);
size_t wide_length(const wchar_t *text);

extern "Python" int from_c(int x, double y);
extern "Python" struct point point_from_c(struct point p);
extern "Python" void void_from_c(void);
extern "Python" int never_attached(int x);
int call_from_c(int x, double y);
struct point call_point(struct point p);
void call_void(void);
int call_never(int x);
int in_threads(int threads, int calls);
"""

SOURCE = r"""
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <wchar.h>
#define LIMIT 42
#define NEGATIVE -7
#define HUGE_NUMBER 18446744073709551615ULL
#define HALF 0.5
#define GREETING "hello"
enum color { RED, GREEN = 5, BLUE };
typedef enum { SMALL = -1, LARGE = 1 } size_kind;
struct point { int x, y; };
typedef struct { double hidden; long a; char more; } partial_t;
struct nested { struct point at; struct point *link; int numbers[7]; };
union number { int i; double d; };
typedef struct { int secret; } opaque_t;
typedef short integer_t;
typedef int (*binary_t)(int, int);
struct operations { binary_t operation; };
struct bits { unsigned a : 3; int b : 5; };

int counter = 10;
struct point origin = {1, 2};
const int constants[3] = {7, 8, 9};
int table[4] = {1, 2, 3, 4};
static opaque_t only = {99};
#define address_of_counter (&counter)

static int add(int a, int b) { return a + b; }
static int multiply(int a, int b) { return a * b; }
binary_t current = multiply;
static int noargs(void) { return 7; }
static void nothing(void) { counter++; }
static int negate(int x) { return -x; }
static double half(double x) { return x / 2; }
static float single(float x) { return x / 2; }
static _Bool flip(_Bool b) { return !b; }
static char next_char(char c) { return (char)(c + 1); }
static unsigned char next_byte(unsigned char c) { return (unsigned char)(c + 1); }
static long long twice(long long x) { return 2 * x; }
static unsigned long long same(unsigned long long x) { return x; }
static size_t length(const char *text) { return strlen(text); }
static int sum(int *numbers, int count)
{
    int s = 0;
    while (count-- > 0) s += numbers[count];
    return s;
}
static struct point make(int x, int y) { struct point p = {x, y}; return p; }
static int dot(struct point a, struct point b) { return a.x * b.x + a.y * b.y; }
static partial_t make_partial(long a) { partial_t p = {1.5, a, 'x'}; return p; }
static long read_partial(partial_t p) { return p.hidden == 1.5 ? p.a : -1; }
static double in_union(union number n) { return n.d; }
static long double wide(long double x) { return x / 3; }
static enum color next_color(enum color c) { return c == RED ? GREEN : BLUE; }
static integer_t integer(integer_t x) { return x; }
static opaque_t *make_opaque(void) { return &only; }
static int read_opaque(opaque_t *o) { return o->secret; }
static int apply(binary_t f, int a, int b) { return f(a, b); }
static void *forward(void *p) { return p; }
static int variadic(int count, ...)
{
    int total = 0;
    va_list list;
    va_start(list, count);
    while (count-- > 0) total += va_arg(list, int);
    va_end(list);
    return total;
}
static binary_t choose(void) { return add; }
static int set_errno(int value) { int before = errno; errno = value; return before; }
static void count_drop(int *p) { counter += *p; }
static size_t wide_length(const wchar_t *text) { return wcslen(text); }

static int from_c(int x, double y);
static struct point point_from_c(struct point p);
static void void_from_c(void);
static int never_attached(int x);
static int call_from_c(int x, double y) { return from_c(x, y); }
static struct point call_point(struct point p) { return point_from_c(p); }
static void call_void(void) { void_from_c(); }
static int call_never(int x) { return never_attached(x); }
static int calls_of_each;
static void *in_thread(void *unused)
{
    long good = 0;
    int i;
    for (i = 0; i < calls_of_each; i++) good += from_c(i, 0.5) == i + 1;
    return (void *)good;
}
static int in_threads(int threads, int calls)
{
    pthread_t all[64];
    long good = 0;
    int i;
    calls_of_each = calls;
    for (i = 0; i < threads; i++) pthread_create(&all[i], NULL, in_thread, NULL);
    for (i = 0; i < threads; i++) { void *one; pthread_join(all[i], &one); good += (long)one; }
    return (int)good;
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("modules")


@pytest.fixture(scope="module")
def built(folder: Path) -> tuple[str, Any]:
    return compile_module(folder, CDEF, SOURCE)


@pytest.fixture(scope="module")
def module(folder: Path, built: tuple[str, Any]) -> types.ModuleType:
    return import_module(folder, built[0])


@pytest.fixture(scope="module")
def lib(module: types.ModuleType) -> Any:
    return module.lib


@pytest.fixture
def ffi(module: types.ModuleType) -> Any:
    return module.ffi


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What sys.unraisablehook is told."""
    seen: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", seen.append)
    return seen


# ---- the module


def test_the_module(module: types.ModuleType, ffi: Any, lib: Any) -> None:
    name = module.__name__
    assert type(module) is types.ModuleType
    assert type(ffi) is _cffi_backend.FFI
    assert sys.modules[f"{name}.lib"] is lib
    assert repr(lib) == f"<Lib object for '{name}'>"
    assert lib.__name__ == f"{name}.lib"
    assert lib.__class__ is types.ModuleType
    assert lib.__loader__ is None and lib.__spec__ is None
    namespace: dict[str, Any] = {}
    exec(f"from {name}.lib import add, LIMIT", namespace)
    assert namespace["add"](1, 2) == 3 and namespace["LIMIT"] == 42


def test_names(lib: Any) -> None:
    assert dir(lib) == sorted(dir(lib))
    assert {"add", "counter", "LIMIT", "RED", "from_c"} <= set(dir(lib))
    assert set(dir(lib)) - set(lib.__all__) == {
        "constants",
        "counter",
        "current",
        "origin",
        "table",
    }
    assert sorted(lib.__dict__) == dir(lib)
    assert lib.__dict__["LIMIT"] == 42


def test_list_types(ffi: Any) -> None:
    typedefs, structs, unions = ffi.list_types()
    assert typedefs == ["binary_t", "integer_t", "opaque_t", "partial_t", "size_kind"]
    assert structs == ["bits", "nested", "operations", "point"]
    assert unions == ["number"]


# ---- functions


def test_functions_look_built_in(module: types.ModuleType, lib: Any) -> None:
    name = module.__name__
    for function in (lib.add, lib.wide, lib.read_partial):
        assert type(function) is types.BuiltinFunctionType
        assert inspect.isbuiltin(function) and inspect.isroutine(function)
        assert function.__module__ == name
        assert repr(function).startswith("<built-in method ")
        assert "_cffi_backend.Lib object at 0x" in repr(function)
        assert function.__self__ == lib and function.__self__.LIMIT == 42
        assert function.__qualname__ == f"Lib.{function.__name__}"
    assert lib.add.__name__ == "add"
    footer = f"\n\nCFFI C function from {name}.lib"
    assert lib.add.__doc__ == "int add(int, int);" + footer
    assert lib.length.__doc__ == "size_t length(char *);" + footer
    assert lib.forward.__doc__ == "void *forward(void *);" + footer
    assert lib.choose.__doc__ == "int(*choose())(int, int);" + footer
    assert lib.make.__doc__ == "struct point make(int, int);" + footer
    assert lib.add is lib.add
    with pytest.raises(ValueError, match="no signature found"):
        inspect.signature(lib.add)


def test_help(lib: Any) -> None:
    output = io.StringIO()
    pydoc.Helper(output=output).help(lib.add)
    assert "int add(int, int);" in output.getvalue()
    output = io.StringIO()
    pydoc.Helper(output=output).help(lib)
    assert "int add(int, int);" in output.getvalue()


def test_calls(ffi: Any, lib: Any) -> None:
    assert lib.add(2, 3) == 5
    assert lib.add(-(2**31), 2**31 - 1) == -1
    assert lib.noargs() == 7
    assert lib.negate(True) == -1
    assert lib.half(3) == 1.5 and lib.half(2.5) == 1.25
    assert lib.half(2**70) == 2.0**69
    assert lib.single(2.5) == 1.25
    assert lib.single(1e300) == float("inf")
    assert lib.flip(True) is False and lib.flip(0) is True
    assert lib.next_char(b"a") == b"b"
    assert lib.next_byte(255) == 0
    for value in (0, -1, 2**30, -(2**31), 2**59, -(2**60), 2**62 - 1, -(2**62)):
        assert lib.twice(value) == 2 * value
    assert lib.same(2**64 - 1) == 2**64 - 1
    assert lib.length(b"hello") == 5
    assert lib.length(ffi.new("char[]", b"hello")) == 5
    assert lib.sum([1, 2, 3], 3) == 6
    assert lib.sum((4, 5), 2) == 9
    assert lib.sum(ffi.new("int[]", [1, 2]), 2) == 3
    assert lib.wide_length("h\U0001f600llo") == 5
    assert lib.next_color(0) == 5 and lib.next_color(lib.GREEN) == 6
    assert lib.integer(-5) == -5
    assert lib.variadic(2, ffi.cast("int", 3), ffi.cast("int", 4)) == 7
    assert lib.forward(ffi.NULL) == ffi.NULL
    pointer = ffi.new("int *")
    assert lib.forward(pointer) == pointer
    assert float(lib.wide(3)) == 1.0


def test_records_by_value(ffi: Any, lib: Any) -> None:
    point = lib.make(3, 4)
    assert ffi.typeof(point) is ffi.typeof("struct point")
    assert (point.x, point.y) == (3, 4)
    assert lib.dot(point, point) == 25
    assert lib.dot([1, 2], {"x": 3, "y": 4}) == 11
    partial = lib.make_partial(5)
    assert partial.a == 5 and lib.read_partial(partial) == 5
    number = ffi.new("union number *", {"d": 2.5})
    assert lib.in_union(number[0]) == 2.5


def test_many_items_are_no_problem(lib: Any) -> None:
    assert lib.sum([1] * 1_000_000, 1_000_000) == 1_000_000


def wrong(lib: Any, ffi: Any) -> dict[str, tuple[Any, type[Exception], str]]:
    name = lib.add.__module__
    return {
        "too few": (lambda: lib.add(1), TypeError, "add expected 2 arguments, got 1"),
        "too many": (lambda: lib.add(1, 2, 3), TypeError, "add expected 2 arguments, got 3"),
        "one of none": (
            lambda: lib.noargs(1),
            TypeError,
            f"{name}.Lib.noargs() takes no arguments (1 given)",
        ),
        "two of one": (
            lambda: lib.negate(1, 2),
            TypeError,
            f"{name}.Lib.negate() takes exactly one argument (2 given)",
        ),
        "by name": (
            lambda: lib.add(a=1, b=2),
            TypeError,
            f"{name}.Lib.add() takes no keyword arguments",
        ),
        "a str for an int": (lambda: lib.add(1, "2"), TypeError, "an integer is required"),
        "a float for an int": (
            lambda: lib.negate(1.5),
            TypeError,
            "an integer is required",
        ),
        "too large": (
            lambda: lib.add(2**31, 0),
            OverflowError,
            "integer 2147483648 does not fit '32-bit int'",
        ),
        "negative": (
            lambda: lib.same(-1),
            OverflowError,
            "can't convert negative number to unsigned",
        ),
        "byte": (
            lambda: lib.next_byte(256),
            OverflowError,
            "integer 256 does not fit '8-bit unsigned int'",
        ),
        "a str for a double": (lambda: lib.half("x"), TypeError, "must be real number, not str"),
        "a str for a char *": (
            lambda: lib.length("text"),
            TypeError,
            "initializer for ctype 'char *' must be a bytes or list or tuple, not str",
        ),
        "another pointer": (
            lambda: lib.sum(ffi.new("long *"), 1),
            TypeError,
            "initializer for ctype 'int *' must be a pointer to same type, not cdata 'long *'",
        ),
        "another struct": (
            lambda: lib.dot(lib.make_partial(1), [1, 2]),
            TypeError,
            "initializer for ctype 'struct point' must be a list or tuple or dict or struct-cdata,"
            " not cdata 'partial_t'",
        ),
    }


WRONG = list(wrong(types.SimpleNamespace(add=types.SimpleNamespace(__module__="")), None))


@pytest.mark.parametrize("case", WRONG)
def test_wrong_arguments(ffi: Any, lib: Any, case: str) -> None:
    call, error, text = wrong(lib, ffi)[case]
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text


def test_functions_as_pointers(ffi: Any, lib: Any) -> None:
    """Where a function pointer is wanted, the function itself will do."""
    assert lib.apply(lib.add, 3, 4) == 7
    assert lib.apply(ffi.addressof(lib, "add"), 3, 4) == 7
    assert lib.apply(lib.choose(), 3, 4) == 7
    operations = ffi.new("struct operations *", [lib.add])
    assert operations.operation(3, 4) == 7
    operations.operation = lib.add
    assert operations.operation == ffi.addressof(lib, "add")
    array = ffi.new("binary_t[]", [lib.add, ffi.NULL])
    assert array[0](1, 2) == 3
    assert ffi.typeof(lib.add) is ffi.typeof("int(*)(int, int)")
    assert ffi.typeof(lib.wide) is ffi.typeof("long double(*)(long double)")
    assert ffi.cast("void *", lib.add) == ffi.addressof(lib, "add")
    assert int(ffi.cast("intptr_t", lib.add)) == int(
        ffi.cast("intptr_t", ffi.addressof(lib, "add"))
    )
    assert lib.forward(lib.add) == ffi.addressof(lib, "add")
    with pytest.raises(TypeError, match="must be a pointer to same type"):
        lib.apply(lib.negate, 3, 4)
    with pytest.raises(TypeError):
        ffi.typeof(len)
    with pytest.raises(TypeError):
        ffi.typeof(type(lib).__dir__.__get__(lib))


def test_functions_are_not_pickled(lib: Any) -> None:
    for unwilling in (lib, lib.add):
        with pytest.raises(pickle.PicklingError):
            pickle.dumps(unwilling)


def test_errno(ffi: Any, lib: Any) -> None:
    ffi.errno = 5
    assert lib.set_errno(9) == 5
    assert ffi.errno == 9


# ---- variables and constants


def test_constants(ffi: Any, lib: Any) -> None:
    assert lib.LIMIT == 42 and lib.NEGATIVE == -7
    assert lib.HUGE_NUMBER == 2**64 - 1
    assert lib.HALF == 0.5
    assert ffi.string(lib.GREETING) == b"hello"
    assert (lib.RED, lib.GREEN, lib.BLUE, lib.SMALL, lib.LARGE) == (0, 5, 6, -1, 1)
    assert ffi.integer_const("LIMIT") == 42
    assert ffi.integer_const(name="BLUE") == 6
    with pytest.raises(AttributeError, match="integer constant 'nowhere' not found"):
        ffi.integer_const("nowhere")
    with pytest.raises(ffi.error, match="must be fetched from its original 'lib' object"):
        ffi.integer_const("add")
    with pytest.raises(AttributeError, match="cannot write to function or constant 'LIMIT'"):
        lib.LIMIT = 5
    with pytest.raises(AttributeError, match="cannot write to function or constant 'add'"):
        lib.add = None
    with pytest.raises(AttributeError, match="cannot take the address of the constant 'LIMIT'"):
        ffi.addressof(lib, "LIMIT")


def test_variables(ffi: Any, lib: Any) -> None:
    lib.counter = 10
    assert lib.counter == 10
    lib.nothing()
    assert lib.counter == 11
    lib.counter = 20
    assert lib.address_of_counter[0] == 20
    assert ffi.addressof(lib, "counter") == lib.address_of_counter
    with pytest.raises(OverflowError):
        lib.counter = 2**31
    assert lib.counter == 20
    with pytest.raises(AttributeError, match="C attribute cannot be deleted"):
        del lib.counter
    assert (lib.origin.x, lib.origin.y) == (1, 2)
    lib.origin.x = 8
    assert lib.origin.x == 8
    lib.origin = [1, 2]
    assert ffi.addressof(lib, "origin").x == 1
    assert list(lib.constants) == [7, 8, 9]
    assert [lib.table[index] for index in range(4)] == [1, 2, 3, 4]
    assert lib.current(3, 4) == 12
    lib.current = lib.add
    assert lib.current(3, 4) == 7
    lib.current = ffi.NULL
    assert lib.current == ffi.NULL


def test_what_is_not_there(module: types.ModuleType, lib: Any) -> None:
    for use in (
        lambda: lib.nowhere,
        lambda: setattr(lib, "nowhere", 1),
        lambda: module.ffi.addressof(lib, "nowhere"),
    ):
        with pytest.raises(AttributeError) as caught:
            use()
        assert str(caught.value) == (
            f"cffi library '{module.__name__}' has no function, constant or global variable"
            " named 'nowhere'"
        )
    assert not hasattr(lib, "\udc80")


# ---- types


def test_types(ffi: Any, lib: Any) -> None:
    assert ffi.typeof("struct point") is ffi.typeof(" struct  point ")
    assert [name for name, _ in ffi.typeof("struct nested").fields] == ["at", "link", "numbers"]
    assert ffi.sizeof("struct nested") == 8 + 8 + 7 * 4 + 4
    assert ffi.typeof("struct nested").fields[2][1].type is ffi.typeof("int[7]")
    assert ffi.sizeof("integer_t") == 2
    assert ffi.sizeof("partial_t") == 24 and ffi.offsetof("partial_t", "a") == 8
    assert ffi.typeof("enum color").elements == {0: "RED", 5: "GREEN", 6: "BLUE"}
    assert ffi.typeof("int[LIMIT]").length == 42
    assert ffi.sizeof("struct point[LIMIT]") == 336
    assert ffi.sizeof("float _Complex") == 8  # 111
    assert ffi.typeof("size_kind").cname == "size_kind"
    assert ffi.new("opaque_t *[2]")[0] == ffi.NULL
    assert ffi.typeof("FILE *").cname == "FILE *"
    assert lib.read_opaque(lib.make_opaque()) == 99
    bits = ffi.new("struct bits *", [5, -7])
    assert (bits.a, bits.b) == (5, -7)


TYPE_ERRORS = {
    "": "identifier expected\n\n^",
    "struct": "struct or union name expected\nstruct\n      ^",
    "struct nowhere *": "undefined struct/union name\nstruct nowhere *\n       ^",
    "union point": "wrong kind of tag: struct vs union\nunion point\n      ^",
    "nowhere": "undefined type name\nnowhere\n^",
    "int[": "expected a positive integer constant\nint[\n    ^",
    "int[-1]": "expected a positive integer constant\nint[-1]\n    ^",
    "int[NEGATIVE]": "expected a positive integer constant\nint[NEGATIVE]\n    ^",
    "int 5": "unexpected symbol\nint 5\n    ^",
    "enum nowhere": "undefined enum name\nenum nowhere\n     ^",
    "int(": "identifier expected\nint(\n    ^",
    "int(int": "expected ')'\nint(int\n       ^",
    "int[5": "expected ']'\nint[5\n     ^",
    "long long long": "'long long long' is too long\nlong long long\n          ^",
    "unsigned float": "invalid combination of types\nunsigned float\n         ^",
    "struct point {": "unexpected symbol\nstruct point {\n             ^",
    "int[99999999999999999999]": "number too large\nint[99999999999999999999]\n    ^",
    "\tint\n+": "unexpected symbol\n int +\n     ^",
}


@pytest.mark.parametrize("text", TYPE_ERRORS)
def test_type_errors(ffi: Any, text: str) -> None:
    with pytest.raises(ffi.error) as caught:
        ffi.typeof(text)
    assert str(caught.value) == TYPE_ERRORS[text]


def test_long_wrong_types_are_not_shown(ffi: Any) -> None:
    with pytest.raises(ffi.error) as caught:
        ffi.typeof("int" + " " * 600 + "+")
    assert str(caught.value) == "unexpected symbol"


def test_opaque_types(ffi: Any) -> None:
    with pytest.raises(ffi.error, match="don't know the size of ctype 'opaque_t'"):
        ffi.sizeof("opaque_t")
    with pytest.raises(TypeError, match="cannot instantiate ctype 'opaque_t' of unknown size"):
        ffi.new("opaque_t *")
    with pytest.raises(ffi.error, match="the type 'int\\(int\\)' is a function type"):
        ffi.typeof("int(int)")


def test_types_of_several_modules(folder: Path, module: types.ModuleType) -> None:
    """Records are the module's own, all other types are one for everybody."""
    point = "struct point { int x, y; };"
    other = import_module(folder, compile_module(folder, point, point)[0])
    assert other.ffi.typeof("int *") is module.ffi.typeof("int *")
    assert other.ffi.typeof("struct point") is not module.ffi.typeof("struct point")
    nested = module.ffi.new("struct nested *")
    with pytest.raises(TypeError, match=r"appears indeed to be 'struct point \*', but the types"):
        nested.link = other.ffi.new("struct point *")


# ---- include


def test_include(folder: Path) -> None:
    base_cdef = """
        struct shared { int a; };
        typedef struct { int b; } other_t;
        enum e { FIRST, SECOND };
        extern int shared_variable;
        int take_shared(struct shared *s);
        #define SHARED_LIMIT 5
    """
    base_source = """
        struct shared { int a; }; typedef struct { int b; } other_t; enum e { FIRST, SECOND };
        int shared_variable = 3;
        static int take_shared(struct shared *s) { return s->a; }
        #define SHARED_LIMIT 5
    """
    base_name, base_builder = compile_module(folder, base_cdef, base_source)
    base = import_module(folder, base_name)
    top_source = (
        "struct shared { int a; }; typedef struct { int b; } other_t; enum e { FIRST, SECOND };"
    )
    top_name, top_builder = compile_module(
        folder,
        "struct shared *make_shared(int a); other_t *make_other(void);",
        top_source
        + """
        static struct shared one; static other_t two = {6};
        static struct shared *make_shared(int a) { one.a = a; return &one; }
        static other_t *make_other(void) { return &two; }
        """,
        include=base_builder,
    )
    top = import_module(folder, top_name)
    last_name, _ = compile_module(folder, "", top_source, include=top_builder)
    last = import_module(folder, last_name)
    for ffi, lib in ((top.ffi, top.lib), (last.ffi, last.lib)):
        assert ffi.typeof("struct shared") is base.ffi.typeof("struct shared")
        assert ffi.typeof("other_t") is base.ffi.typeof("other_t")
        assert lib.take_shared(lib.make_shared(8)) == 8
        assert lib.make_other().b == 6
        assert (lib.SECOND, lib.SHARED_LIMIT) == (1, 5)
        assert ffi.typeof("int[SHARED_LIMIT]").length == 5
        assert ffi.integer_const("SHARED_LIMIT") == 5
        lib.shared_variable += 1
        assert lib.shared_variable == base.lib.shared_variable
    assert "take_shared" not in dir(last.lib)


def test_include_of_a_module_that_is_gone(folder: Path) -> None:
    base_name, base_builder = compile_module(folder, "struct s { int a; };", "struct s { int a; };")
    name, _ = compile_module(folder, "", "struct s { int a; };", include=base_builder)
    sys.modules[base_name] = types.ModuleType(base_name)
    try:
        with pytest.raises(ImportError) as caught:
            import_module(folder, name)
        assert str(caught.value) == (
            f"while loading {name}: failed to import ffi, lib from {base_name}"
        )
    finally:
        del sys.modules[base_name]
    assert name not in sys.modules or not hasattr(sys.modules[name], "lib")


# ---- declarations that the compiler did not confirm


def test_wrong_layouts(folder: Path) -> None:
    """The same error each time, and nothing is half done."""
    name, _ = compile_module(
        folder,
        """
        struct wrong_size { int a; long b; };
        struct wrong_field { short a; };
        #define WRONG 5
        struct good { struct wrong_size *p; };
        struct wrong_size take(struct wrong_size w);
        """,
        """
        struct wrong_size { int a, hidden; long b, c; };
        struct wrong_field { int a; };
        #define WRONG 6
        struct good { struct wrong_size *p; };
        static struct wrong_size take(struct wrong_size w) { return w; }
        """,
    )
    module = import_module(folder, name)
    ffi, lib = module.ffi, module.lib
    for _ in range(2):
        with pytest.raises(ffi.error) as caught:
            ffi.sizeof("struct wrong_size")
        assert str(caught.value) == (
            "struct wrong_size: wrong total size (cdef says 16, but C compiler says 24)."
            ' fix it or use "...;" as the last field in the cdef for struct wrong_size to make it'
            " flexible"
        )
        with pytest.raises(ffi.error) as caught:
            ffi.new("struct wrong_field *")
        assert str(caught.value) == (
            "struct wrong_field: wrong size for field 'a' (cdef says 2, but C compiler says 4)."
            ' fix it or use "...;" as the last field in the cdef for struct wrong_field to make it'
            " flexible"
        )
        with pytest.raises(ffi.error) as caught:
            _ = lib.WRONG
        assert str(caught.value) == (
            "the C compiler says 'WRONG' is equal to 6 (0x6), but the cdef disagrees"
        )
        with pytest.raises(ffi.error, match="wrong total size"):
            lib.take([1, 2])
    assert ffi.new("struct good *").p == ffi.NULL


# ---- extern "Python"


def test_def_extern(ffi: Any, lib: Any, reports: list[Any]) -> None:
    @ffi.def_extern()
    def from_c(x: int, y: float) -> int:
        return x + int(2 * y)

    assert from_c(1, 0.5) == 2
    assert lib.call_from_c(1, 0.5) == 2
    assert ffi.typeof(lib.from_c) is ffi.typeof("int(*)(int, double)")
    assert lib.from_c(3, 2.5) == 8
    pointer = lib.from_c

    @ffi.def_extern(name="from_c")
    def another(x: int, y: float) -> int:
        return 100

    assert lib.call_from_c(1, 0.5) == 100 and pointer(1, 2) == 100

    @ffi.def_extern("from_c", error=-5)
    def failing(x: int, y: float) -> int:
        raise ValueError(x)

    assert lib.call_from_c(7, 0.5) == -5
    assert reports.pop().exc_value.args == (7,)

    handled: list[Any] = []

    @ffi.def_extern(name="from_c", error=-6, onerror=lambda *parts: handled.append(parts) or 12)
    def handled_failing(x: int, y: float) -> int:
        raise KeyError(x)

    assert lib.call_from_c(8, 0.5) == 12
    assert handled[0][0] is KeyError and reports == []

    @ffi.def_extern("from_c", error=-7)
    def wrong_result(x: int, y: float) -> Any:
        return "no number"

    assert lib.call_from_c(8, 0.5) == -7
    assert isinstance(reports.pop().exc_value, TypeError)

    @ffi.def_extern()
    def point_from_c(p: Any) -> Any:
        return [p.y, p.x]

    assert (lib.call_point([1, 2]).x, lib.call_point([1, 2]).y) == (2, 1)

    called: list[int] = []
    ffi.def_extern(name="void_from_c")(lambda: called.append(1))
    lib.call_void()
    assert called == [1] and reports == []


def test_def_extern_errors(ffi: Any, lib: Any, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("nowhere", "add", "LIMIT"):
        with pytest.raises(ffi.error) as caught:
            ffi.def_extern(name=name)(lambda: None)
        assert str(caught.value) == (
            f"ffi.def_extern('{name}'): no 'extern \"Python\"' function with this name"
        )
    with pytest.raises(TypeError):
        ffi.def_extern(name="from_c")(5)
    with pytest.raises(TypeError):
        ffi.def_extern(name="from_c", error="no number")(lambda x, y: 0)
    assert lib.call_never(3) == 0
    assert capfd.readouterr().err == (
        f'extern "Python": function {lib.add.__module__}.never_attached() called, but no code was'
        " attached to it yet with @ffi.def_extern().  Returning 0.\n"
    )


def test_calls_from_threads_of_c(ffi: Any, lib: Any) -> None:
    ffi.def_extern(name="from_c")(lambda x, y: x + 1)
    assert lib.in_threads(8, 500) == 8 * 500


def test_replaced_while_it_is_called(ffi: Any, lib: Any) -> None:
    """Others attach functions while threads of C call."""
    done = threading.Event()

    def attach() -> None:
        while not done.is_set():
            ffi.def_extern(name="from_c")(lambda x, y: x + 1)

    attach_once = ffi.def_extern(name="from_c")
    attach_once(lambda x, y: x + 1)
    thread = threading.Thread(target=attach)
    thread.start()
    try:
        assert lib.in_threads(4, 500) == 4 * 500
    finally:
        done.set()
        thread.join()


# ---- Python modules


def test_python_modules(folder: Path) -> None:
    module, builder = python_module(
        folder,
        """
        #define LIMIT 42
        enum color { RED, GREEN = 5 };
        struct div { int quot, rem; };
        struct div div(int a, int b);
        int abs(int x);
        double nowhere(double x);
        extern int nowhere_variable;
        int printf(const char *format, ...);
        typedef struct { int a; struct { int b, c; }; } nested_t;
        extern char **environ;
        """,
    )
    ffi = module.ffi  # type: ignore[attr-defined]
    assert type(ffi) is _cffi_backend.FFI
    lib = ffi.dlopen(None)
    assert repr(lib) == "<Lib object for '<None>'>"
    assert lib.abs(-5) == 5 and ffi.typeof(lib.abs) is ffi.typeof("int(*)(int)")
    assert (lib.div(17, 5).quot, lib.div(17, 5).rem) == (3, 2)
    assert (lib.LIMIT, lib.GREEN, ffi.integer_const("RED")) == (42, 5, 0)
    assert ffi.new("nested_t *", {"c": 5}).c == 5
    assert lib.environ != ffi.NULL
    with pytest.raises(ffi.error, match="symbol 'nowhere' not found in library '<None>': "):
        _ = lib.nowhere
    with pytest.raises(ffi.error, match="symbol 'nowhere_variable' not found in library"):
        _ = lib.nowhere_variable
    assert "nowhere" in dir(lib)
    function = lib.abs
    ffi.dlclose(lib)
    ffi.dlclose(lib)
    with pytest.raises(ffi.error, match="library '<None>' has been closed"):
        _ = lib.abs
    assert lib.LIMIT == 42
    assert function(-5) == 5  # the program itself stays
    with pytest.raises(TypeError, match="dlclose"):
        ffi.dlclose(5)
    with pytest.raises(OSError, match=r"nowhere\.so"):
        ffi.dlopen("./nowhere.so")

    top, _ = python_module(folder, "int labs_takes(struct div *);", include=builder)
    assert top.ffi.typeof("struct div") is ffi.typeof("struct div")  # type: ignore[attr-defined]
    assert top.ffi.integer_const("LIMIT") == 42  # type: ignore[attr-defined]
    assert top.ffi.dlopen(None).LIMIT == 42  # type: ignore[attr-defined]


MALFORMED: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"_version": 0x9999, "_types": b"\0\0\0\1"}, ImportError),
    ({"_version": 0x2601, "_types": b"\0\0\0"}, ValueError),
    ({"_version": 0x2601, "_types": "text"}, TypeError),
    ({"_version": 0x2601, "_globals": [b""]}, TypeError),
    ({"_version": 0x2601, "_globals": (b"\0\0\0\x1fX",)}, ValueError),
    ({"_version": 0x2601, "_globals": (b"\0\0\0\x1fX", "5")}, TypeError),
    ({"_version": 0x2601, "_globals": (b"\0", 5)}, ValueError),
    ({"_version": 0x2601, "_struct_unions": ((),)}, ValueError),
    (
        {"_version": 0x2601, "_struct_unions": ((b"\0\0\0\1\0\0\0\x10s", b"\0\0\0\x11f"),)},
        ValueError,
    ),
    ({"_version": 0x2601, "_struct_unions": (b"",)}, TypeError),
    ({"_version": 0x2601, "_enums": (b"\0\0",)}, ValueError),
    ({"_version": 0x2601, "_typenames": (5,)}, TypeError),
    ({"_version": 0x2601, "_includes": (5,)}, TypeError),
    ({"_version": 2**70}, OverflowError),
]


@pytest.mark.parametrize(("arguments", "error"), MALFORMED)
def test_malformed_tables(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        _cffi_backend.FFI("name", **arguments)


CORRUPT = [
    # A pointer to itself, a place that is not there, a function without an end, an unknown opcode.
    b"\0\0\0\3",
    b"\0\0\7\3",
    b"\0\0\0\x0d",
    b"\0\0\0\x63",
    b"\0\0\xff\1",
    b"\xff\xff\xff\3",
    b"\0\0\0\5",
    b"\0\0\0\x09",
    b"\0\0\0\x0b",
    b"\0\0\0\x15",
]


# Not one of Python's own mistakes, such as AttributeError.
CORRUPTION = (SystemError, NotImplementedError, RuntimeError, _cffi_backend.FFI.error)


@pytest.mark.parametrize("types_", CORRUPT)
def test_corrupt_tables(types_: bytes) -> None:
    """Whatever the words say, there is an exception and no crash."""
    ffi = _cffi_backend.FFI(
        "name",
        _version=0x2601,
        _types=types_,
        _typenames=(b"\0\0\0\0name",),
        _globals=(b"\0\0\0\x23f", 0),
    )
    with pytest.raises(CORRUPTION):
        ffi.typeof("name")
    with pytest.raises(CORRUPTION):
        _ = ffi.dlopen(None).f


def test_init_twice() -> None:
    ffi = _cffi_backend.FFI()
    assert ffi.sizeof("int *") == ctypes.sizeof(ctypes.c_void_p)
    with pytest.raises(ValueError, match="more than once"):
        ffi.__init__()  # type: ignore[misc]
    with pytest.raises(ffi.error, match="undefined type name"):
        ffi.typeof("nowhere")
    with pytest.raises(TypeError):
        _cffi_backend.FFI(5)  # type: ignore[arg-type]


# ---- threads, shutdown, memory


def test_lazy_types_from_many_threads(folder: Path) -> None:
    """#271: 16 threads that use the same types, functions and names for the first time."""
    count = 200
    cdef = "".join(
        f"struct s{i} {{ int a; struct s{(i + 1) % count} *next; int b[{i + 1}]; }};"
        f"int f{i}(struct s{i} *s);"
        for i in range(count)
    )
    source = cdef.replace(";int f", ";static int f")
    for i in range(count):
        source = source.replace(
            f"int f{i}(struct s{i} *s);", f"int f{i}(struct s{i} *s) {{ return s->a; }}"
        )
    module = import_module(folder, compile_module(folder, cdef, source)[0])
    ffi, lib = module.ffi, module.lib
    barrier = threading.Barrier(16)
    wrong: list[Any] = []

    def work() -> None:
        barrier.wait()
        try:
            for i in range(count):
                s = ffi.new(f"struct s{i} *", [i])
                assert getattr(lib, f"f{i}")(s) == i
                assert ffi.sizeof(s[0]) >= 16 + 4 * i
                assert s.next == ffi.NULL
                assert ffi.typeof(s) is ffi.typeof(f"struct s{i} *")
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_structs_that_take_themselves(folder: Path) -> None:
    """1.13: no endless recursion."""
    name, _ = compile_module(
        folder,
        "struct x { void (*f)(struct x); }; struct y { void (*f)(struct y *); };",
        "struct x { void (*f)(struct x); }; struct y { void (*f)(struct y *); };",
    )
    ffi = import_module(folder, name).ffi
    for _ in range(2):
        with pytest.raises(RuntimeError):
            ffi.new("struct x *")
    assert ffi.new("struct y *").f == ffi.NULL


def test_functions_as_destructors(ffi: Any, lib: Any) -> None:
    """ffi.gc() with a function of the module: called once, with the object."""
    before = lib.counter
    kept = ffi.gc(ffi.new("int *", 5), lib.count_drop)
    assert lib.counter == before
    del kept
    gc.collect()
    assert lib.counter == before + 5


def test_exit(folder: Path, built: tuple[str, Any]) -> None:
    """Threads of C that call Python while the interpreter goes: it ends, without a crash."""
    code = f"""
import importlib.util
spec = importlib.util.spec_from_file_location({built[0]!r}, sys.argv[2])
importlib.util.module_from_spec(spec)
module = sys.modules[{built[0]!r}]
module.ffi.def_extern(name="from_c")(lambda x, y: x + 1)
threading.Thread(target=lambda: module.lib.in_threads(4, 2**30), daemon=True).start()
time.sleep(0.2)
print("the end")
"""
    suffix = next(folder.glob(f"{built[0]}*.so"))
    output, _ = run_child(code, compile_library(folder), str(suffix))
    assert output == "the end\n"


def test_python_modules_are_collected(folder: Path) -> None:
    """Importing and dropping modules leaves nothing."""
    import weakref

    class Watched(_cffi_backend.FFI):
        """A subclass has weak references."""

    references = []
    for _ in range(3):
        ffi = Watched(
            "m", _version=0x2601, _types=b"\0\0\x07\x01\0\0\0\x03", _typenames=(b"\0\0\0\1p",)
        )
        assert ffi.typeof("p").cname == "int *"
        lib = ffi.dlopen(None)
        references.append(weakref.ref(ffi))
        del ffi, lib
    gc.collect()
    assert [reference() for reference in references] == [None] * 3


def test_references_of_functions(lib: Any) -> None:
    """A function refers to its library, and the wrapper behind it does."""
    referrers = [it for it in gc.get_referrers(lib) if it is not sys._getframe().f_locals]
    held = sum(sum(part is lib for part in gc.get_referents(it)) for it in referrers)
    # Those that the collector does not know: this function's argument and getrefcount()'s.
    assert sys.getrefcount(lib) >= held
