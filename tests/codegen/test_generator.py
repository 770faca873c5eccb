"""What generated text is like: the same for the same declarations, and what compilers say of it."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import cffi
import pytest
from compilers import INCLUDE, WARNINGS, needed, run

DECLARATIONS = [
    "struct a { int x; struct b *next; };",
    "struct b { struct a first; union { int i; float f; } u; };",
    "typedef struct { char c; } c_t;",
    "enum e { E0, E1 = 5 };",
    "int f(struct a *, c_t, enum e);",
    "double g(const char *, ...);",
    "extern int variable;",
    "#define NUMBER 42",
    "typedef int (*h_t)(struct b *);",
]


def generated(cdef: str, source: str | None = "", name: str = "_m") -> str:
    ffi = cffi.FFI()
    ffi.cdef(cdef)
    ffi.set_source(name, source)
    text = io.StringIO()
    (ffi.emit_python_code if source is None else ffi.emit_c_code)(text)
    return text.getvalue()


def compiled(tmp_path: Path, text: str, *options: str, compiler: str = "gcc") -> str:
    """What a compiler says."""
    file = tmp_path / "_m.c"
    file.write_text(text)
    command = [needed(compiler), "-fsyntax-only", f"-I{INCLUDE}", *options, str(file)]
    return run(command)


def loaded(text: str) -> cffi.FFI:
    """The FFI of a Python module."""
    names: dict[str, cffi.FFI] = {}
    exec(compile(text, "_m.py", "exec"), names)
    return names["ffi"]


# ---- the same declarations, the same text


@pytest.mark.parametrize("source", ["", None])
def test_order_of_declarations(source: str | None) -> None:
    first = generated("struct a; struct b;\n" + "\n".join(DECLARATIONS), source)
    second = generated("struct b; struct a;\n" + "\n".join(reordered()), source)
    assert first == second


def reordered() -> list[str]:
    # A struct by value has to be complete: the rest may come in any order.
    return [DECLARATIONS[i] for i in (7, 3, 6, 0, 1, 8, 2, 5, 4)]


def test_hash_seeds() -> None:
    code = (
        "import sys, cffi; ffi = cffi.FFI(); ffi.cdef(sys.argv[1]);"
        "ffi.set_source('_m', ''); ffi.emit_c_code(sys.stdout)"
    )
    command = [sys.executable, "-c", code, "struct b;\n" + "\n".join(DECLARATIONS)]
    environments = [{**os.environ, "PYTHONHASHSEED": seed} for seed in ("1", "2", "3")]
    texts = {subprocess.check_output(command, env=environment) for environment in environments}
    assert len(texts) == 1


def test_no_traces_of_the_machine() -> None:
    text = generated("int f(int);") + generated("int f(int);", None)
    assert os.getcwd() not in text
    assert not re.search(r"\b20\d\d-\d\d", text)


def test_another_declaration_moves_nothing_else() -> None:
    """One more function changes lines, but not their order."""
    before = generated("int a(int); int c(int);")
    after = generated("int a(int); int b(int); int c(int);")
    functions = re.compile(r"^static int _cffi_d_(\w+)", re.M)
    assert functions.findall(before) == ["a", "c"]
    assert functions.findall(after) == ["a", "b", "c"]


def test_optimised_python() -> None:
    """Under -OO there are neither assertions nor docstrings."""
    code = (
        "import io, cffi; f = cffi.FFI(); f.cdef('int f(int);');"
        "f.set_source('_m', ''); f.emit_c_code(io.StringIO());"
        "f = cffi.FFI(); f.cdef('int f(int);');"
        "f.set_source('_m', None); f.emit_python_code(io.StringIO())"
    )
    subprocess.run([sys.executable, "-OO", "-c", code], check=True)


# ---- large declarations


def test_structs_that_point_to_each_other(tmp_path: Path) -> None:
    """A large header in the order of its includes: every struct is found, and the modules load."""
    count = 400
    cdef = "".join(f"struct s{i};" for i in range(count))
    for i in reversed(range(count)):
        more = f"struct s{i - 1} *down; void (*call)(struct s{(i * 7) % count} *);" if i else ""
        cdef += f"struct s{i} {{ int n; struct s{(i + 1) % count} *up; {more} }};\n"
    cdef += "".join(f"int f{i}(struct s{i} *, struct s{count - i - 1} *);" for i in range(count))
    ffi = loaded(generated(cdef, None))
    assert ffi.sizeof("struct s5") == 32
    assert ffi.typeof("struct s5").fields[1][1].type is ffi.typeof("struct s6 *")
    definitions = re.sub(r"^(int f\d+.*)", "", cdef, flags=re.M)
    functions = re.sub(r"\bint (f\d+)\(([^)]*)\);", r"int \1(\2);", cdef[len(definitions) :])
    assert compiled(tmp_path, generated(cdef, definitions + functions), *WARNINGS) == ""


def test_structs_inside_each_other() -> None:
    cdef = "struct Inner { struct Outer *o; }; struct Outer { struct Inner i; };"
    ffi = loaded(generated(cdef, None))
    outer = ffi.new("struct Outer *")
    outer.i.o = outer
    assert outer.i.o == outer


def enum_of(count: int, length: int) -> str:
    names = ",\n".join(f"{'E' * (length - 5)}{i:05}" for i in range(count))
    return f"enum many {{ {names} }};"


def test_enum_of_6000(tmp_path: Path) -> None:
    cdef = enum_of(6000, 10)
    ffi = loaded(generated(cdef, None))
    assert ffi.typeof("enum many").elements[5999] == "EEEEE05999"
    text = generated(cdef, cdef)
    assert max(map(literal_length, literals(text))) <= 0xFFFF
    assert compiled(tmp_path, text, *WARNINGS) == ""


def literals(text: str) -> list[str]:
    """String literals; adjacent ones are one."""
    return re.findall(r'(?:"(?:[^"\\\n]|\\.)*"\s*)+', text)


def literal_length(literal: str) -> int:
    return sum(len(part) - 2 for part in re.findall(r'"(?:[^"\\\n]|\\.)*"', literal))


def test_long_embedded_code() -> None:
    """Microsoft's compiler takes literals of up to 64 KiB."""
    ffi = cffi.FFI()
    ffi.embedding_api("int f(int);")
    ffi.set_source("_m", "")
    ffi.embedding_init_code("x = 1\n" * 20000)
    text = io.StringIO()
    ffi.emit_c_code(text)
    assert max(map(literal_length, literals(text.getvalue()))) <= 0xFFFF


def test_no_arithmetic_on_null_pointers(tmp_path: Path) -> None:
    cdef = "struct s { char c; int i[4]; }; typedef struct { int x; struct { int y; } in; } *p_t;"
    text = generated(cdef, cdef)
    options = [*WARNINGS, "-Wnull-pointer-subtraction", "-Wnull-pointer-arithmetic"]
    assert compiled(tmp_path, text, *options, compiler="clang") == ""
    options += ["-x", "c++", "-std=c++11", "-Wc++11-narrowing"]
    assert compiled(tmp_path, text, *options, compiler="clang++") == ""


# ---- what is kept of declarations


def test_qualifiers_are_kept() -> None:
    text = generated(
        "const char *const *f(const char *restrict a, volatile int *b, char *const *c);"
        "struct s { const int *const p; };"
    )
    head = "char const * const *_cffi_d_f(char const *x0, int volatile *x1, char * const *x2)"
    assert head in text
    assert "int const * const *tmp = &p->p" in text


def test_members_left_out_are_zero() -> None:
    """A struct argument that is given as a dict holds nothing of earlier calls."""
    text = generated("struct s { int a, b; }; int f(struct s, int);")
    assert "memset((void *)&x0, 0, sizeof(x0));" in text


def test_pragma_pack_and_alignment(tmp_path: Path) -> None:
    """The compiler is asked for layouts that the tables cannot say; packed ones they can."""
    cdef = """
        #pragma pack(push, 1)
        struct p { char c; int i; };
        #pragma pack(pop)
        struct q { _Alignas(16) char c; int i; };
        struct r { char c; int i; } __attribute__((packed));
    """
    text = generated(cdef, cdef)
    assert compiled(tmp_path, text, "-std=c11", *WARNINGS) == ""
    flags = dict(re.findall(r'\{ "(\w)", \d+, ([^\n]*),\n', text))
    assert flags == {
        "p": "_CFFI_F_CHECK_FIELDS | _CFFI_F_PACKED",
        "q": "0",
        "r": "_CFFI_F_CHECK_FIELDS | _CFFI_F_PACKED",
    }


@pytest.mark.parametrize(
    "cdef, name",
    [
        ("#define X ...", "macro X"),
        ("struct s { int a[...]; };", "struct s"),
        ("enum e { A, ... };", "enum e"),
        ("typedef int... t; t f(t);", "(t)-1"),
        ("extern int a[...];", "(a)"),
        ("typedef int t[...];", "(t *)0"),
        ('extern "Python" int f(int);', "extern_python f"),
    ],
)
def test_python_modules_say_what_they_cannot(cdef: str, name: str) -> None:
    with pytest.raises((cffi.VerificationError, cffi.VerificationMissing)) as raised:
        generated(cdef, None)
    assert name in str(raised.value)


# ---- wrong declarations: what the compiler has to say


@pytest.mark.parametrize(
    "cdef, source, words",
    [
        ("int f(int);", "", ["f"]),
        ("int f(int);", "int f(int a, int b);", ["f", "few arguments"]),
        ("int f(int, int);", "int f(int a);", ["f", "many arguments"]),
        ("int f(int *);", "int f(long *a);", ["f", "long", "int"]),
        ("int *f(void);", "long *f(void);", ["int *", "long"]),
        ("int f(void);", "void f(void);", ["void"]),
        ("struct s { int x; };", "struct s { int y; };", ["x", "struct s"]),
        ("struct s { int x; };", "struct s { int *x; };", ["int *"]),
        ("struct s { char *x; };", "struct s { int *x; };", ["char *", "int *"]),
        ("struct s { int x[3]; };", "struct s { int x[4]; };", ["[3]", "[4]"]),
        ("struct s { int x[3][2]; };", "struct s { int x[6]; };", ["[3][2]", "[6]"]),
        ("struct s { struct { int x; } in; };", "struct s { struct { int y; } in; };", ["x"]),
        ("struct s { int x; };", "", ["struct s"]),
        ("typedef int t; struct s { t *p; };", "struct s { long *p; };", ["int *", "long"]),
        ("extern int v;", "extern long v;", ["int *", "long"]),
        ("extern int v[3];", "extern int v[4];", ["[3]", "[4]"]),
        ("extern int v;", "", ["v"]),
        ("#define N ...", "#define N 1.5", ["double", "|"]),
        ("#define N ...", "", ["N"]),
        ("static const int N;", "static int *N;", ["int *", "|"]),
        ("static const char *const S;", '#define S L"wide"', ["char *"]),
        ("enum e { A };", "enum e { B };", ["A"]),
        ("typedef int... t; t f(t);", "typedef float t; t f(t);", ["float", "|"]),
        ("typedef float... t; t f(t);", "typedef char *t; t f(t);", ["char *"]),
        ("union u { int x; };", "struct u { int x; };", ["u"]),
    ],
)
def test_wrong_declarations(tmp_path: Path, cdef: str, source: str, words: list[str]) -> None:
    """The message names what was declared and what there is: `make` fails, or warns with it."""
    message = compiled(tmp_path, generated(cdef, source), "-Werror", "-std=gnu11")
    missing = [word for word in words if word not in message]
    assert message and not missing, message
