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


def everything(error: BaseException) -> str:
    """Text and notes of an exception, as a traceback shows them."""
    return "\n".join([str(error), *getattr(error, "__notes__", [])])


@pytest.mark.parametrize(
    ("text", "exception", "start"),
    [
        (" x y z ", cffi.CDefError, 'cannot parse "x y z"\n<cdef source string>:1:'),
        ("\n\nint f(;", cffi.CDefError, 'cannot parse "int f(;"\n<cdef source string>:3:'),
        ("int a; /* c */ b c;", cffi.CDefError, 'cannot parse "int a;   b c;"\n'),
        ('# 42 "foo.h"\nx y z', cffi.CDefError, "parse error\nfoo.h:42:"),
        ("int x[1 +];", cffi.CDefError, "parse error\n<cdef source string>: Invalid expression\n"),
        ("struct q { lost a; };", cffi.CDefError, "parse error\n<cdef source string>: Invalid spe"),
        ('#define X "text"', cffi.CDefError, "only supports one of the"),
        ("int f(...);", cffi.CDefError, "<cdef source string>:1: f: a function with"),
        ("void (*g)(...);", cffi.CDefError, "<cdef source string>:1: in expression: a function"),
        ("void g(unknown);", cffi.CDefError, "<cdef source string>:1: g arg 1: unknown type"),
        ("int\ng\n(unknown);", cffi.CDefError, "<cdef source string>:2: g arg 1: unknown type"),
        ("void g(void) {}", cffi.CDefError, "<cdef source string>:1: unexpected <FuncDef>: "),
        ("long f(int);", cffi.FFIError, "multiple declarations of function f (for"),
        ("\n#define N 6", cffi.FFIError, "multiple declarations of constant: N"),
        ("struct s { int b; };", cffi.CDefError, "<cdef source string>:1: duplicate declaration o"),
        ("typedef enum g g_t; enum g { X };", NotImplementedError, "enum g: the '{}'"),
        ("enum e { B };", NotImplementedError, "enum e: the '{}'"),
        ("int a[1 / 0];", cffi.CDefError, "<cdef source string>:1: division by zero"),
        ("int a[1.5];", cffi.CDefError, "<cdef source string>:1: invalid constant '1.5'"),
        ("int a\n[b];", cffi.FFIError, ":2: unsupported expression: expected a simple numeric con"),
        ("int a[b()];", cffi.FFIError, ":1: unsupported expression: expected a simple numeric con"),
        ("int (*a)[...];", cffi.FFIError, ":1: unsupported '[...]' here, cannot derive the actual"),
        ("... a;", cffi.FFIError, ':1: bad usage of "..."\n'),
        ("typedef int... *a;", cffi.FFIError, ':1: unsupported usage of "..." in typedef\n'),
        ("unsigned float x;", cffi.FFIError, "Unsupported type: 'unsigned float'.  Please look at"),
        ("long short int x;", cffi.FFIError, "Unsupported type: 'short long'.  Please look at "),
        ("long long long x;", cffi.FFIError, "Unsupported type: 'long long long'.  Please look at"),
        ("_Complex x;", cffi.FFIError, "Unsupported type: '_Complex'.  Please look at "),
        ("int a[-1];", ValueError, "negative array length\n<cdef source string>:1:7: "),
        ("void a[2];", ValueError, "array item of unknown size: 'void'\n"),
        ("int a[1 << 31][3](int);", cffi.CDefError, "cannot render the type <int()(int)>: it is a"),
        ("int *g(int)(char);", cffi.CDefError, "cannot render the type <int *()(char)>: it is a f"),
        ("int g(int)[3];", TypeError, "invalid result type: 'int[3]'\n"),
        ("int a[9223372036854775808];", OverflowError, "cannot fit 'int' into an index-sized inte"),
        ("enum h { X = -1, Y = 18446744073709551615 };", cffi.CDefError, "enum h values don't all"),
        ('extern "Python" int x;', cffi.CDefError, "<cdef source string>:1: cannot declare consta"),
        ("_Static_assert(A == 2, \"A\");", cffi.CDefError, "<cdef source string>:1: static"),
    ],
)  # fmt: skip
def test_a_refused_text_changes_nothing(text: str, exception: type[Exception], start: str) -> None:
    ffi = cffi.FFI()
    ffi.cdef(BASE)
    before = (ffi.list_types(), dict(ffi._parser._declarations), ffi._parser._int_constants)
    with pytest.raises(exception) as raised:
        # What stands behind the mistake is read too, and must go with it.
        ffi.cdef(f"{text}\ntypedef int lost_t; struct lost {{ int x; }}; enum {{ LOST }};")
    assert everything(raised.value).startswith(start)
    after = (ffi.list_types(), dict(ffi._parser._declarations), ffi._parser._int_constants)
    assert after == before


@pytest.mark.parametrize(
    ("text", "first_line"),
    [
        ("int x", "parse error"),
        ("struct q {", "parse error"),
        ("int (*", 'cannot parse "int (*"'),
        ("# 7\nint x y;", "parse error"),
    ],
)
def test_texts_that_end_too_early(text: str, first_line: str) -> None:
    with pytest.raises(cffi.CDefError) as raised:
        cffi.FFI().cdef(text)
    lines = str(raised.value).splitlines()
    assert lines[0] == first_line
    assert lines[1].startswith("<cdef source string>:")


@pytest.mark.parametrize(
    ("name", "exception", "start"),
    [
        ("unknown", cffi.CDefError, "unknown identifier 'unknown'"),
        ("unknown *", cffi.CDefError, 'cannot parse "unknown *"\n'),
        ("int[unknown]", cffi.FFIError, ":2: unsupported expression: expected a simple numeric"),
        ("int[...]", cffi.FFIError, ":2: unsupported '[...]' here, cannot derive the actual"),
        ("int[1.5]", cffi.CDefError, "invalid constant '1.5'"),
        ("int[-1]", ValueError, "negative array length"),
        ("void[2]", ValueError, "array item of unknown size: 'void'"),
        ("int[18446744073709551616]", OverflowError, "cannot fit 'int' into an index-sized intege"),
        ("char[9223372036854775808]", OverflowError, "cannot fit 'int' into an index-sized intege"),
        ("int(int)[3]", TypeError, "invalid result type: 'int[3]'"),
        ("int(int)(int)", cffi.CDefError, "cannot render the type <int()(int)>: it is a function"),
        ("int(...)", cffi.CDefError, "in expression: a function with only '(...)' as argument"),
        ("unsigned double *", cffi.FFIError, "Unsupported type: 'unsigned double'.  Please look"),
        ("__int128", cffi.FFIError, "Unsupported type: '__int128'.  Please look"),
    ],
)
def test_type_strings_that_are_refused(name: str, exception: type[Exception], start: str) -> None:
    with pytest.raises(exception) as raised:
        cffi.FFI().typeof(name)
    assert type(raised.value) is exception
    assert str(raised.value).startswith(start)


@pytest.mark.parametrize(
    ("members", "exception", "text"),
    [
        ("int a:40;", TypeError, "bit field '{}.a' is declared 'int:40', which exceeds the width"),
        ("int *a:3;", TypeError, "field '{}.a' declared as 'int *' cannot be a bit field"),
        ("float a:40;", TypeError, "field '{}.a' declared as 'float' cannot be a bit field"),
        ("int a:0;", TypeError, "field '{}.a' is declared with :0"),
        ("struct t a;", TypeError, "field '{}.a' has ctype 'struct t' of unknown size"),
        ("void a;", TypeError, "field '{}.a' has ctype 'void' of unknown size"),
        ("int a[]; int b;", TypeError, "field '{}.a' has ctype 'int[]' of unknown size"),
        ("struct t a[2];", ValueError, "array item of unknown size: 'struct t'"),
        ("int a[2][];", ValueError, "array item of unknown size: 'int[]'"),
        ("int f(int);", cffi.CDefError, "cannot render the type <int()(int)>: it is a function t"),
        ("char a[1 << 30][1 << 30][8];", OverflowError, "array size would overflow a Py_ssize_t"),
        ("struct q { int a:40; } b;", TypeError, "bit field 'struct q.a' is declared 'int:40', wh"),
    ],
)
def test_members_that_are_refused_at_first_use(
    members: str, exception: type[Exception], text: str
) -> None:
    for name, text_of_record in (
        ("struct s", f"struct s {{ {members} }};"),
        ("u", f"typedef struct {{ {members} }} u;"),
    ):
        ffi = cffi.FFI()
        ffi.cdef(text_of_record)
        with pytest.raises(exception) as raised:
            ffi.sizeof(name)
        assert str(raised.value).startswith(text.format(name))


def test_structs_in_themselves() -> None:
    ffi = cffi.FFI()
    ffi.cdef("struct a { struct b b; }; struct b { int x; union { struct a a; } y; };")
    for tag in "ab":
        with pytest.raises(NotImplementedError) as raised:
            ffi.new(f"struct {tag} *")
        assert str(raised.value) == f"recursive structure declaration for '{tag}'"


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("#define A 1\n#define A 2", "A", 2),
        ("#define A ...\n#define A 1", "A", 1),
        ("#define A 10000000000000000000000", "A", 10**22),
        ("#define A -0x10000000000000000", "A", -(2**64)),
        ("#define A -2147483648", "A", -(2**31)),
        ("int A; enum e { A };", "A", 0),
        ("#define abs 1\nint abs; enum e { B, abs };", "abs", 1),
        ("const int A; enum e { B, A };", "A", 1),
        ("typedef int t[N];\n#define N 3\nenum e { A = sizeof(t) };", "A", 12),
        ("signed unsigned int a; signed float b;", None, None),
        ("int f(void a[3], int b[-1]);", None, None),
        ("int f(int); int f(int);", None, None),
    ],
)
def test_what_is_accepted(text: str, name: str | None, value: int | None) -> None:
    ffi = cffi.FFI()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ffi.cdef(text)
    if name is not None:
        assert getattr(ffi.dlopen(None), name) == value


def test_one_name_for_a_function_and_a_variable() -> None:
    ffi = cffi.FFI()
    ffi.cdef("#define abs 1\nextern int abs; int abs(int);\nstatic const int abs = 2;")
    assert ffi.typeof(ffi.dlopen(None).abs).cname == "int(*)(int)"
    with pytest.raises(cffi.FFIError):
        ffi.cdef("long abs(int);")


def test_typedefs_of_file_keep_its_name() -> None:
    ffi = cffi.FFI()
    ffi.cdef("typedef FILE stream_t; typedef struct tagged first_t; typedef first_t second_t;")
    assert ffi.typeof("stream_t").cname == "FILE"
    assert ffi.typeof("second_t").cname == "first_t"


def test_many_pointers() -> None:
    assert cffi.FFI().typeof("int" + "*" * 300).cname == "int" + " *" * 300


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
    # What programs match on is the text; what helps a reader is in the notes.
    assert hint in everything(raised.value)
    assert "^" in everything(raised.value) and "^" not in str(raised.value)


def test_several_errors_are_all_told() -> None:
    with pytest.raises(cffi.CDefError) as raised:
        cffi.FFI().cdef("int f(;\nint ok(void);\nstruct { int };\nint g(x y);\n")
    text = everything(raised.value)
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
