"""What ``cdef()`` refuses, in which words, and that a refused text leaves no trace."""

from __future__ import annotations

import warnings

import cffi
import pytest

BASE = """
typedef struct { int x; } image_t;
struct s { int a; };
enum e { A = 1 };
int f(int);
#define N 5
"""


@pytest.mark.parametrize(
    ("text", "exception", "start"),
    [
        (" x y z ", cffi.CDefError, 'cannot parse "x y z"\n<cdef source string>:1:'),
        ("\n\nint f(;", cffi.CDefError, 'cannot parse "int f(;"\n<cdef source string>:3:'),
        ('# 42 "foo.h"\nx y z', cffi.CDefError, "parse error\nfoo.h:42:"),
        ('#define X "text"', cffi.CDefError, "only supports one of the"),
        ("int f(...);", cffi.CDefError, "<cdef source string>:1: f: a function with"),
        ("void g(unknown);", cffi.CDefError, "<cdef source string>:1: g arg 1: unknown type"),
        ("void g(void) {}", cffi.CDefError, "<cdef source string>:1: unexpected <FuncDef>: "),
        ("long f(int);", cffi.FFIError, "multiple declarations of function f (for"),
        ("\n#define N 6", cffi.FFIError, "multiple declarations of constant"),
        ("struct s { int b; };", cffi.CDefError, "duplicate declaration of struct s"),
        ("typedef enum g g_t; enum g { X };", NotImplementedError, "enum g: the '{}'"),
        ("int a[1 / 0];", cffi.CDefError, "<cdef source string>:1: division by zero"),
        ("int a[-1];", ValueError, "<cdef source string>:1: negative"),
        ("_Static_assert(A == 2, \"A\");", cffi.CDefError, "<cdef source string>:1: static"),
        ("struct r { struct r inner; };", None, ""),
    ],
)  # fmt: skip
def test_a_refused_text_changes_nothing(
    text: str, exception: type[Exception] | None, start: str
) -> None:
    ffi = cffi.FFI()
    ffi.cdef(BASE)
    before = (ffi.list_types(), dict(ffi._parser._declarations), ffi._parser._int_constants)
    if exception is None:
        # A record that contains itself is found when its size is asked for.
        ffi.cdef(text)
        with pytest.raises(TypeError):
            ffi.new("struct r *")
        return
    with pytest.raises(exception) as raised:
        # What stands behind the mistake is read too, and must go with it.
        ffi.cdef(f"{text}\ntypedef int lost_t; struct lost {{ int x; }}; enum {{ LOST }};")
    assert str(raised.value).startswith(start)
    after = (ffi.list_types(), dict(ffi._parser._declarations), ffi._parser._int_constants)
    assert after == before


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("imaget *load(void);", "did you mean 'image_t'?"),
        ("#include <stdio.h>\nint g(void);", "preprocessor"),
        ("API_EXPORT int g(void);", "macro"),
    ],
)
def test_known_mistakes_have_a_hint(text: str, hint: str) -> None:
    ffi = cffi.FFI()
    ffi.cdef(BASE)
    with pytest.raises(cffi.CDefError) as raised:
        ffi.cdef(text)
    assert hint in str(raised.value)
    assert "^" in str(raised.value)


def test_several_errors_are_all_told() -> None:
    with pytest.raises(cffi.CDefError) as raised:
        cffi.FFI().cdef("int f(;\nint ok(void);\nstruct { int };\nint g(x y);\n")
    text = str(raised.value)
    assert all(f"<cdef source string>:{line}:" in text for line in (1, 4))


def test_override() -> None:
    ffi = cffi.FFI()
    ffi.cdef("int abs(int);")
    lib = ffi.dlopen(None)
    assert ffi.typeof(lib.abs).cname == "int(*)(int)"
    ffi.cdef("long abs(long);", override=True)
    assert ffi.typeof(lib.abs).cname == "long(*)(long)"


@pytest.mark.parametrize(
    ("options", "text", "size"),
    [
        ({}, "struct t { char c; int i; };", 8),
        ({"packed": True}, "struct t { char c; int i; };", 5),
        ({"pack": 2}, "struct t { char c; int i; };", 6),
        ({}, "\n#pragma pack(1)\nstruct t { char c; int i; };", 5),
        ({}, "struct __attribute__((packed)) t { char c; int i; };", 5),
        ({}, "struct t { char c; _Alignas(16) int i; };", 32),
        ({}, "struct t { char c; int i __attribute__((aligned(8))); };", 16),
        ({}, "struct t { };", 0),
        ({}, "struct t { char c; int : 0; char d; };", 5),
        ({}, "struct t { char c; struct { int i; union { short s; long l; }; }; };", 24),
    ],
)
def test_layout(options: dict[str, object], text: str, size: int) -> None:
    ffi = cffi.FFI()
    ffi.cdef(text, **options)  # type: ignore[arg-type]
    assert ffi.sizeof("struct t") == size


def test_globals_without_a_storage_class_are_warned_about() -> None:
    ffi = cffi.FFI()
    with warnings.catch_warnings(record=True) as log:
        warnings.simplefilter("always")
        ffi.cdef("int counter; extern int other; const int fixed;")
    assert [str(entry.message) for entry in log] == [
        "Global variable 'counter' in cdef(): for consistency with C it should have a storage "
        "class specifier (usually 'extern')"
    ]
