"""Layouts and texts that upstream had wrong, or that programs depend on: a test for each entry."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cffi
import pytest
from support import DECLARATIONS, compile_library

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the C side is for POSIX threads")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(tmp_path_factory.mktemp("lifetime"))


@pytest.fixture(scope="module")
def opened(path: Path) -> tuple[Any, Any]:
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS)
    return ffi, ffi.dlopen(str(path))


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What sys.unraisablehook is told."""
    seen: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", seen.append)
    return seen


# Types and layout


def made(cdef: str) -> Any:
    ffi = cffi.FFI()
    ffi.cdef(cdef)
    return ffi


def test_structs_that_contain_each_other() -> None:
    """#147: `struct Inner { struct Outer *o; }; struct Outer { struct Inner i; };`, in both
    orders, whichever is asked for first.
    """
    inner, outer = "struct Inner { struct Outer *o; int n; };", "struct Outer { struct Inner i; };"
    for cdef in (inner + outer, "struct Inner;" + outer + inner, "struct Outer;" + inner + outer):
        for first in ("struct Inner", "struct Outer"):
            ffi = made(cdef)
            assert ffi.sizeof(first) == 16
            it = ffi.new("struct Outer *", {"i": {"n": 4}})
            it.i.o = it
            assert it.i.o.i.o.i.n == 4
            fields = dict(ffi.typeof("struct Inner").fields)
            assert fields["o"].type.item is ffi.typeof("struct Outer")


def test_a_large_header() -> None:
    """#149: a large preprocessed header with types that mention each other ended in 'lost a
    struct/union'.
    """
    count = 5000
    cdef = "".join(f"struct s{i}; typedef struct s{i} s{i}_t; union u{i};\n" for i in range(count))
    cdef += "".join(
        f"struct s{i} {{ s{(i * 7 + 1) % count}_t *next; union u{i} *u;"
        f" struct {{ int a{i}; }} in; }};\n"
        f"union u{i} {{ s{i}_t s; int (*f)(struct s{(i + 1) % count} *, union u{i}[2]); }};\n"
        for i in range(count)
    )
    ffi = made(cdef)
    assert len(ffi.list_types()[1]) == count
    for i in range(0, count, 17):
        assert ffi.sizeof(f"s{i}_t") == 24 == ffi.sizeof(f"union u{i}")
        assert ffi.offsetof(f"struct s{i}", "in", f"a{i}") == 16
        next_type = dict(ffi.typeof(f"struct s{i}").fields)["next"].type
        assert next_type is ffi.typeof(f"struct s{(i * 7 + 1) % count} *")


@pytest.mark.parametrize(
    ("cdef", "size", "align", "offset"),
    [
        ("#pragma pack(1)\nstruct s { char c; int x; };", 5, 1, 1),
        ("#pragma pack(push, 2)\nstruct s { char c; int x; };\n#pragma pack(pop)", 6, 2, 2),
        ("#pragma pack(push, 1)\n#pragma pack(pop)\nstruct s { char c; int x; };", 8, 4, 4),
        ("#pragma pack(1)\n#pragma pack()\nstruct s { char c; int x; };", 8, 4, 4),
        ("struct s { char c; _Alignas(16) int x; };", 32, 16, 16),
        ("struct s { char c; int x __attribute__((aligned(8))); };", 16, 8, 8),
        ("struct __attribute__((packed)) s { char c; int x; };", 5, 1, 1),
        ("struct s { char c; int x; } __attribute__((packed));", 5, 1, 1),
        ("struct s { char c; int x; } __attribute__((packed, aligned(4)));", 8, 4, 1),
        ("struct s { char c; int x __attribute__((packed)); };", 5, 1, 1),
    ],
)
def test_packing_and_alignment(cdef: str, size: int, align: int, offset: int) -> None:
    """#45: `#pragma pack(1)` was ignored with a warning, `_Alignas(16)` silently,
    `__attribute__` refused.
    """
    ffi = made(cdef)
    found = (ffi.sizeof("struct s"), ffi.alignof("struct s"), ffi.offsetof("struct s", "x"))
    assert found == (size, align, offset)


def test_cdef_takes_packing_as_an_argument() -> None:
    """#45: cdef(packed=True) and cdef(pack=2) say the same."""
    for arguments, size in (({"packed": True}, 5), ({"pack": 2}, 6), ({}, 8)):
        ffi = cffi.FFI()
        ffi.cdef("struct s { char c; int x; };", **arguments)
        assert ffi.sizeof("struct s") == size


@pytest.mark.parametrize(
    "name", ["int", "double", "long long", "int *", "short[3]", "float", "wchar_t"]
)
def test_unaligned_fields(name: str) -> None:
    """Unaligned reads and writes through packed fields, and through pointers to them."""
    ffi = made("")
    declarator = name.replace("short[3]", "short x[3]") if "[" in name else f"{name} x"
    ffi.cdef(f"struct s {{ char c; {declarator}; char d; }};", packed=True)
    record = ffi.new("struct s[3]")
    value: Any = {"wchar_t": "x", "short[3]": [-1, 2, 3], "int *": ffi.cast("int *", 12345)}.get(
        name, 7
    )
    for i in range(3):
        record[i].x = value
        record[i].d = b"d"
    for i in range(3):
        found = record[i].x
        assert (list(found) if name == "short[3]" else found) == value
        assert (record[i].c, record[i].d) == (b"\0", b"d")
        pointer = ffi.addressof(record[i], "x")
        assert (
            int(ffi.cast("uintptr_t", pointer)) % 2
            == (1 + i * ffi.sizeof("struct s") + int(ffi.cast("uintptr_t", record))) % 2
        )
        if name != "short[3]":
            pointer[0] = value
            assert pointer[0] == value
    assert ffi.unpack(ffi.cast("char *", record), 1) == b"\0"


def test_unnamed_bit_fields() -> None:
    """`int : 1;` and `int : 0;` take their room and have no name."""
    ffi = made(
        "struct a { int x : 3; int : 1; int y : 4; }; struct b { int x : 3; int : 0; int y : 4; };"
        "struct c { char c; int : 5; }; struct d { int : 7; char c; };"
    )
    assert [ffi.sizeof(f"struct {name}") for name in "abcd"] == [4, 8, 2, 2]
    assert [name for name, _ in ffi.typeof("struct a").fields] == ["x", "y"]
    record = ffi.new("struct a *", [-1, -1])
    assert ffi.buffer(record)[:] == b"\xf7\0\0\0"
    record = ffi.new("struct b *", {"x": -1, "y": -1})
    assert ffi.buffer(record)[:] == b"\x07\0\0\0\x0f\0\0\0"


def test_nested_structs_that_end_in_a_flexible_array() -> None:
    """Nested structs that end in a flexible array."""
    ffi = made(
        "struct in { int n; short data[]; }; struct out { char c; struct in in; };"
        "struct deep { long l; struct { int k; struct { int n; char tail[]; } x; } y; };"
    )
    assert (ffi.sizeof("struct in"), ffi.sizeof("struct out")) == (4, 8)
    record = ffi.new("struct in *", [3, [1, 2, 3]])
    assert (ffi.sizeof(record[0]), list(record.data[0:3])) == (10, [1, 2, 3])
    outer = ffi.new("struct out *", {"c": b"x", "in": {"n": 2, "data": [7, 8]}})
    assert (outer.c, outer.__getattribute__("in").n) == (b"x", 2)
    assert list(outer.__getattribute__("in").data[0:2]) == [7, 8]
    assert len(ffi.buffer(outer)) >= 12
    assert ffi.offsetof("struct deep", "y", "x", "tail") == 16
    deep = ffi.new("struct deep *", {"y": {"x": {"tail": b"hello"}}})
    assert ffi.buffer(deep.y.x.tail, 5)[:] == b"hello"


def test_nested_anonymous_unions() -> None:
    """Issue 478: nested anonymous unions that are written to from Python."""
    ffi = made(
        "struct s { int k; union { int i; struct { short lo; union { short hi; char c[2]; }; }; "
        "struct { float f; }; }; union { double d; } named; };"
    )
    record = ffi.new("struct s *")
    record.i = 0x00020001
    assert (record.lo, record.hi, list(record.c)) == (1, 2, [b"\x02", b"\0"])
    record.hi = 5
    record.c[1] = b"\x01"
    assert (record.i, record.k) == (0x01050001, 0)
    record.f = 1.0
    record.named.d = 2.5
    assert (record.i, record.named.d) == (0x3F800000, 2.5)
    for init, expected in (({"hi": 3}, 0x30000), ({"k": 1, "lo": 4}, 4), ([9, 8], 8)):
        assert ffi.new("struct s *", init).i == expected
    assert ffi.offsetof("struct s", "hi") == 6 == ffi.offsetof("struct s", "c")
    with pytest.raises(AttributeError):
        _ = record.missing


def test_an_enum_of_six_thousand_members() -> None:
    """#166: an `enum` of 6,000 members, each by its own value and by the one before it."""
    for value in ("", " = {}", " = {} * 2"):
        members = ",\n".join(f"MEMBER_{i}" + value.format(i) for i in range(6000))
        ffi = made(f"enum large {{ {members} }};")
        enum = ffi.typeof("enum large")
        factor = 2 if "*" in value else 1
        assert len(enum.elements) == len(enum.relements) == 6000
        assert enum.relements["MEMBER_5999"] == 5999 * factor
        assert enum.elements[3000 * factor] == "MEMBER_3000"
        assert ffi.dlopen(None).MEMBER_1234 == 1234 * factor
        assert ffi.string(ffi.cast("enum large", 77 * factor)) == "MEMBER_77"


def test_an_enum_by_the_member_before() -> None:
    """#166: the same as a chain of references."""
    members = ",".join(f"M{i} = M{i - 1} + 1" if i else "M0" for i in range(6000))
    ffi = made(f"enum large {{ {members} }};")
    assert ffi.typeof("enum large").relements["M5999"] == 5999


@pytest.mark.parametrize(("name", "size"), [("float _Complex", 8), ("double _Complex", 16)])
def test_complex_numbers(name: str, size: int) -> None:
    """#111: `typeof("float _Complex")`."""
    ffi = made(f"struct s {{ char c; {name} z; }};")
    assert (ffi.typeof(name).kind, ffi.sizeof(name)) == ("primitive", size)
    assert ffi.typeof(f"{name} *").item is ffi.typeof(name)
    assert complex(ffi.cast(name, 1.5 - 2j)) == 1.5 - 2j
    record = ffi.new("struct s *", [b"c", 3j])
    assert (record.z, ffi.offsetof("struct s", "z")) == (3j, size // 2)
    array = ffi.new(f"{name}[]", [1, 2.5, 1j])
    assert list(array) == [1, 2.5, 1j]


def test_nested_and_partial() -> None:
    """#36: `struct { int a; ...; } d;`: without a compiler nobody knows its layout, which is
    said, and stops nothing else.
    """
    ffi = made("struct s { int b; struct { int a; ...; } d; int c; }; struct t { struct s *s; };")
    for use in (ffi.sizeof, ffi.alignof, lambda name: ffi.new(f"{name} *")):
        with pytest.raises(cffi.VerificationMissing, match=r"\.\.\."):
            use("struct s")
    assert ffi.sizeof("struct t") == 8
    assert ffi.new("struct t *").s == ffi.NULL


# Texts that programs scrape


def test_the_traceback_of_onerror(opened: tuple[Any, Any], reports: list[Any]) -> None:
    """libmongocrypt reads the frame of `onerror`'s traceback: the callback's own, and None if
    only the result was wrong.
    """
    ffi, lib = opened
    seen: list[Any] = []

    def onerror(kind: type, value: BaseException, traceback: Any) -> int:
        frame = traceback and traceback.tb_frame
        seen.append((kind, str(value), frame and (frame.f_code.co_name, dict(frame.f_locals))))
        return -9

    def deeper() -> None:
        raise ValueError("deep")

    @ffi.callback("int(int)", onerror=onerror)
    def raises(status: int) -> int:
        deeper()
        return 0

    @ffi.callback("int(int)", onerror=onerror)
    def wrong(status: int) -> str:
        return "wrong"

    assert (lib.call(raises, 5), lib.call(wrong, 5)) == (-9, -9)
    frame = seen[0][2]
    assert seen[0][:2] == (ValueError, "deep")
    assert frame is not None and frame[0] == "raises" and frame[1]["status"] == 5
    assert (seen[1][0], seen[1][2]) == (TypeError, None)
    assert reports == []


def test_the_error_that_pyvex_reads() -> None:
    """pyvex matches on the shape of `CDefError`: it takes the line's number out of the last
    line, and the declaration out of the first.
    """
    lines = ["int good(int);", "typedef int good_t;", "int bad(;", "int after(void);"]
    with pytest.raises(cffi.CDefError) as caught:
        cffi.FFI().cdef("\n".join(lines))
    message = str(caught.value)
    assert message.startswith('cannot parse "int bad(;"\n<cdef source string>:3:')
    assert int(message.split("\n")[1].split(":")[1]) == 3
    # Its make_ffi.py: `failed_line = int(str(e).split('\n')[-1].split(':')[1])-1`.
    assert "<cdef source string>" in message
    assert message.split("\n")[-1].split(":")[1:2] == ["3"]


@pytest.mark.parametrize("name", ["/no/such/library.so", "libnosuchlibrary.so.7", "nosuchlibrary"])
def test_the_error_of_dlopen(name: str) -> None:
    """Error texts of `dlopen`: the name, the loader's own words, and what else was tried."""
    with pytest.raises(OSError) as caught:
        cffi.FFI().dlopen(name)
    message = str(caught.value)
    end = f"ctypes.util.find_library() did not manage to locate a library called {name!r}"
    assert message.endswith(end)
    if "." in name and sys.platform == "linux":
        assert message.startswith(
            f"cannot load library {name!r}: {name}: cannot open shared object"
        )
    assert caught.value.args == (message,)


def test_the_error_of_a_missing_function(opened: tuple[Any, Any]) -> None:
    """Error texts of `dlopen`ed libraries: what is declared and not there, and what is not
    declared.
    """
    _, lib = opened
    with pytest.raises(AttributeError, match=r"^undeclared$"):
        _ = lib.undeclared
    ffi = cffi.FFI()
    ffi.cdef("int missing(int); extern int missing_variable;")
    library = ffi.dlopen(None)
    with pytest.raises(AttributeError, match="function/symbol 'missing' not found in library"):
        _ = library.missing
    with pytest.raises(KeyError, match="variable 'missing_variable' not found in library"):
        _ = library.missing_variable
