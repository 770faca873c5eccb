"""``cffi_keep_gil`` and ``keep_gil=``: functions that are called without releasing the GIL.

``PyGILState_Check()`` says whether the thread that calls it is attached; where there is no GIL
that is what "keeps it" means.
"""

from __future__ import annotations

import errno
import threading
import time
from pathlib import Path
from typing import Any

import cffi
import pytest
from modules import compile_module, import_module, python_module

CDEF = """
    int PyGILState_Check(void);
    __attribute__((cffi_keep_gil)) int PyGILState_Check_kept(void) __asm__("PyGILState_Check");
    int abs(int);
"""


@pytest.fixture
def ffi() -> cffi.FFI:
    ffi = cffi.FFI()
    ffi.cdef(CDEF)
    return ffi


def test_released_unless_declared(ffi: cffi.FFI) -> None:
    lib = ffi.dlopen(None)
    assert lib.PyGILState_Check() == 0
    assert lib.PyGILState_Check_kept() == 1


@pytest.mark.parametrize(
    ("keep_gil", "kept"),
    [
        (False, 0),
        (True, 1),
        ([], 0),
        (["abs"], 0),
        (["PyGILState_Check"], 1),
        (("abs", "PyGILState_Check"), 1),
    ],
)
def test_argument_of_dlopen(ffi: cffi.FFI, keep_gil: Any, kept: int) -> None:
    lib = ffi.dlopen(None, keep_gil=keep_gil)
    assert lib.PyGILState_Check() == kept
    # What is declared so keeps it whatever the argument says.
    assert lib.PyGILState_Check_kept() == 1
    assert lib.abs(-3) == 3


def test_argument_is_read_once(ffi: cffi.FFI) -> None:
    # A short name is searched for, so that the library is opened in a second attempt.
    ffi.cdef("double cos(double);")
    lib = ffi.dlopen("m", keep_gil=(name for name in ["cos"]))
    assert lib.cos(0.0) == 1.0
    assert ffi.typeof(lib.cos) is ffi.typeof("double(*)(double)")


@pytest.mark.parametrize(
    "declaration",
    [
        "__attribute__((cffi_keep_gil)) int PyGILState_Check(void);",
        "int PyGILState_Check(void) __attribute__((cffi_keep_gil));",
        "int PyGILState_Check(void) __attribute__((cold, __cffi_keep_gil__));",
        "[[cffi_keep_gil]] int PyGILState_Check(void);",
        "[[cffi::cffi_keep_gil]] int PyGILState_Check(void);",
        "int PyGILState_Check(void); int PyGILState_Check(void) __attribute__((cffi_keep_gil));",
        "int PyGILState_Check(void) __attribute__((cffi_keep_gil)); int PyGILState_Check(void);",
    ],
)
def test_spellings(declaration: str) -> None:
    ffi = cffi.FFI()
    ffi.cdef(declaration)
    assert ffi.dlopen(None).PyGILState_Check() == 1


def test_declared_later(ffi: cffi.FFI) -> None:
    lib = ffi.dlopen(None)
    assert lib.PyGILState_Check() == 0
    ffi.cdef("int PyGILState_Check(void) __attribute__((cffi_keep_gil));")
    # What was looked up before stays as it was.
    assert lib.PyGILState_Check() == 0
    assert ffi.dlopen(None).PyGILState_Check() == 1


@pytest.mark.parametrize(
    "declaration",
    [
        "typedef int t __attribute__((cffi_keep_gil));",
        "struct s { int (*f)(int) __attribute__((cffi_keep_gil)); };",
        "extern int variable __attribute__((cffi_keep_gil));",
        "extern int (*pointer)(void) __attribute__((cffi_keep_gil));",
        'extern "Python" int f(int) __attribute__((cffi_keep_gil));',
    ],
)
def test_only_for_functions(ffi: cffi.FFI, declaration: str) -> None:
    message = "the attribute 'cffi_keep_gil' is for functions that C defines"
    with pytest.raises(cffi.CDefError, match=message):
        ffi.cdef(declaration)
    # Nothing of it is left.
    ffi.cdef("int f(int, int);")


@pytest.mark.parametrize(
    ("keep_gil", "error", "message"),
    [
        ("abs", TypeError, "keep_gil must be a bool or a list of names, not 'str'"),
        ([b"abs"], TypeError, "keep_gil must be a bool or a list of names, not of 'bytes'"),
        (1, TypeError, "'int' object is not iterable"),
        (["abs", "nope"], ValueError, "keep_gil: 'nope' is not a declared function"),
    ],
)
def test_wrong_arguments(
    ffi: cffi.FFI, tmp_path: Path, keep_gil: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        ffi.dlopen(None, keep_gil=keep_gil)
    # Asm labels, which CDEF has, are for in-line use only.
    module, _ = python_module(tmp_path, "int abs(int);")
    with pytest.raises(error, match=message):
        module.ffi.dlopen(None, keep_gil=keep_gil)


def test_unknown_names_in_a_module(tmp_path: Path) -> None:
    ffi = cffi.FFI()
    ffi.cdef("int f(int);\n#define N 4\n")
    for name in ["g", "N"]:
        ffi.set_source("module", "", keep_gil=["f", name])
        with pytest.raises(cffi.VerificationError, match=f"keep_gil: '{name}' is not a declared"):
            ffi.emit_c_code(str(tmp_path / "module.c"))
        assert not (tmp_path / "module.c").exists()
        del ffi._assigned_source


def test_other_threads_stand_still(ffi: cffi.FFI) -> None:
    ffi.cdef("int usleep(unsigned int);")
    counted = 0
    stop = threading.Event()

    def count() -> None:
        nonlocal counted
        while not stop.is_set():
            counted += 1
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    try:
        steps = []
        for lib in [ffi.dlopen(None, keep_gil=True), ffi.dlopen(None)]:
            before = counted
            lib.usleep(300_000)
            steps.append(counted - before)
    finally:
        stop.set()
        counter.join()
    kept, released = steps
    # One step can end before the call begins, and one begin after it.
    assert kept <= 2
    assert released > 10


def test_errno_and_failed_conversions(ffi: cffi.FFI) -> None:
    ffi.cdef("int close(int); int strcmp(const char *, const char *);")
    lib = ffi.dlopen(None, keep_gil=True)
    ffi.errno = 0
    assert lib.close(-1) == -1
    assert ffi.errno == errno.EBADF
    with pytest.raises(TypeError):
        lib.close("no number")
    with pytest.raises(TypeError):
        lib.close()
    # Arguments that are not of the usual kinds take the longer way.
    assert lib.close(ffi.cast("short", -1)) == -1
    assert lib.strcmp([b"a", b"\0"], b"a") == 0


def test_callbacks_of_functions_that_keep_it(ffi: cffi.FFI) -> None:
    ffi.cdef("void qsort(void *, size_t, size_t, int (*)(const void *, const void *));")
    lib = ffi.dlopen(None, keep_gil=True)
    outer = ffi.dlopen(None)
    seen = []

    @ffi.callback("int(const void *, const void *)")
    def compare(left: Any, right: Any) -> int:
        seen.append(lib.PyGILState_Check())
        pair = ffi.new("int[]", [2, 1])
        # Inside of a call that keeps the GIL, one that releases it.
        outer.qsort(pair, 2, 4, inner)
        assert list(pair) == [1, 2]
        left, right = ffi.cast("int *", left)[0], ffi.cast("int *", right)[0]
        return (left > right) - (left < right)

    @ffi.callback("int(const void *, const void *)")
    def inner(left: Any, right: Any) -> int:
        return int(ffi.cast("int *", left)[0] - ffi.cast("int *", right)[0])

    items = ffi.new("int[]", [3, 1, 2])
    lib.qsort(items, 3, 4, compare)
    assert list(items) == [1, 2, 3]
    assert set(seen) == {1}


def test_variadic(ffi: cffi.FFI) -> None:
    ffi.cdef("int snprintf(char *, size_t, const char *, ...);")
    lib = ffi.dlopen(None, keep_gil=["snprintf"])
    text = ffi.new("char[20]")
    assert lib.snprintf(text, 20, b"%d %s", ffi.cast("int", 3), ffi.new("char[]", b"x")) == 3
    assert ffi.string(text) == b"3 x"


MODULE = """
    int released(int); int kept(int); double kept_too(double, double); int many(int, ...);
    struct pair { int a, b; };
    struct pair both(struct pair);
"""
SOURCE = """
    #include <stdarg.h>
    extern int PyGILState_Check(void);
    static int released(int x) { return x * 10 + PyGILState_Check(); }
    static int kept(int x) { return x * 10 + PyGILState_Check(); }
    static double kept_too(double x, double y) { return x * y * 10 + PyGILState_Check(); }
    static int many(int count, ...) { return PyGILState_Check() + count; }
    struct pair { int a, b; };
    static struct pair both(struct pair p) { p.a = PyGILState_Check(); return p; }
"""


def test_compiled_modules(tmp_path: Path) -> None:
    declared = MODULE.replace("int kept(", "[[cffi_keep_gil]] int kept(")
    name, _ = compile_module(
        tmp_path, declared, SOURCE, options={"keep_gil": ["kept_too", "many", "both"]}
    )
    module = import_module(tmp_path, name)
    ffi, lib = module.ffi, module.lib
    assert lib.released(4) == 40
    assert lib.kept(4) == 41
    assert lib.kept_too(2, 3.5) == 71
    # Through the module's own wrapper, as other runtimes call it: no int.
    assert lib.kept(ffi.cast("short", 4)) == 41
    assert lib.many(1, ffi.cast("int", 2)) == 2
    assert lib.both([5, 6]).a == 1
    assert ffi.typeof(lib.many) is ffi.typeof("int(*)(int, ...)")


def test_all_of_a_compiled_module(tmp_path: Path) -> None:
    name, _ = compile_module(tmp_path, MODULE, SOURCE, options={"keep_gil": True})
    lib = import_module(tmp_path, name).lib
    assert (lib.released(4), lib.kept(4), lib.many(0)) == (41, 41, 1)


def test_python_modules(tmp_path: Path) -> None:
    cdef = "int PyGILState_Check(void); int abs(int);"
    module, _ = python_module(tmp_path, cdef, options={"keep_gil": ["PyGILState_Check"]})
    assert module.ffi.dlopen(None).PyGILState_Check() == 1
    module, _ = python_module(tmp_path, cdef)
    assert module.ffi.dlopen(None).PyGILState_Check() == 0
    assert module.ffi.dlopen(None, 0, True).PyGILState_Check() == 1
    assert module.ffi.dlopen(None, keep_gil=["abs"]).PyGILState_Check() == 0


def test_verify(tmp_path: Path) -> None:
    ffi = cffi.FFI()
    ffi.cdef(MODULE.replace("int kept(", "[[cffi_keep_gil]] int kept("))
    lib = ffi.verify(SOURCE, tmpdir=str(tmp_path))
    assert (lib.released(4), lib.kept(4)) == (40, 41)
