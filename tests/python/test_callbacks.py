"""Callbacks at odd moments: failures in them, threads that C made, forks; functions as values.

One test for each entry of "Calls and callbacks" in the list of upstream's bugs. More of threads
is in test_threads.py.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import cffi
import pytest
from support import DECLARATIONS, UNDER_MEMCHECK, compile_library, resident_bytes, run_child

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


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("lib.call(lib_abs, -5)", 5),
        ("lib.call_holder([[lib_abs]], -6)", 6),
        ("lib.call_holder([{'f': lib_abs}], -7)", 7),
        ("ffi.cast('int(*)(int)', lib_abs)(-8)", 8),
        (
            "ffi.cast('uintptr_t', lib_abs) == ffi.cast('uintptr_t', ffi.addressof(libc, 'abs'))",
            True,
        ),
        ("ffi.typeof(lib_abs) is ffi.typeof('int(*)(int)')", True),
        ("ffi.new('callback_t *', lib_abs)[0](-9)", 9),
        ("ffi.new('callback_t[]', [lib_abs] * 3)[2](-10)", 10),
        ("lib.call(ffi.addressof(libc, 'abs'), -11)", 11),
        ("ffi.typeof(ffi.addressof(libc, 'abs')) is ffi.typeof('int(*)(int)')", True),
    ],
)
def test_functions_of_libraries_as_values(expression: str, expected: object, path: Path) -> None:
    """1.17: `lib.f` as a callback argument, in a struct field, in `cast`, in `typeof`."""
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS + "int abs(int);")
    names: dict[str, Any] = {"ffi": ffi, "lib": ffi.dlopen(str(path)), "libc": ffi.dlopen(None)}
    names["lib_abs"] = names["libc"].abs
    assert eval(expression, names) == expected


def test_a_result_that_does_not_fit(opened: tuple[Any, Any], reports: list[Any]) -> None:
    """Callback exceptions at odd moments: the conversion of the result."""
    ffi, lib = opened
    for result, error in ((2**40, OverflowError), ("x", TypeError), (None, TypeError)):

        def function(x: int, result: object = result) -> object:
            return result

        assert lib.call(ffi.callback("int(int)", function, error=42), 1) == 42
        report = reports.pop()
        assert (report.exc_type, reports) == (error, [])
        assert f"from cffi callback {function!r}, trying to convert the result back to C" in text(
            report
        )
        assert report.exc_value.__context__ is None
    callback = ffi.callback("void(void *)", lambda data: 5)
    lib.call_void(callback, ffi.NULL)
    assert "must return None" in str(reports.pop().exc_value)
    # A bad result, and nothing of it reaches C.
    callback = ffi.callback("struct pair(struct pair)", lambda p: [1, "x"], error=[8, 9.5])
    result = lib.call_pair(callback, [1, 1])
    assert (result.x, result.y, reports.pop().exc_type) == (8, 9.5, TypeError)


def text(report: Any) -> str:
    """What the hook would print in front of the traceback: depends on the version of Python."""
    return f"{report.err_msg} {report.object!r}"


def failing(x: int) -> int:
    raise KeyError(x)


def test_onerror_that_raises(opened: tuple[Any, Any], reports: list[Any]) -> None:
    """Callback exceptions at odd moments: `onerror` raises; both are told, and the error value
    goes to C.
    """
    ffi, lib = opened

    def onerror(kind: type, value: Exception, traceback: object) -> None:
        raise ZeroDivisionError("second")

    assert lib.call(ffi.callback("int(int)", failing, -3, onerror), 5) == -3
    first, second = reports
    assert f"from cffi callback {failing!r}" in text(first)
    assert "during handling of the above exception by 'onerror'" in text(second)
    assert (first.exc_type, second.exc_type) == (KeyError, ZeroDivisionError)
    assert first.exc_traceback.tb_frame.f_code is failing.__code__
    assert second.exc_traceback.tb_frame.f_code is onerror.__code__


def test_onerror_that_returns_the_wrong_type(opened: tuple[Any, Any], reports: list[Any]) -> None:
    """Callback exceptions at odd moments: what `onerror` returns cannot be converted."""
    ffi, lib = opened
    for answer, error in (("x", TypeError), (2**40, OverflowError)):
        callback = ffi.callback("int(int)", failing, -3, lambda *_, answer=answer: answer)
        assert lib.call(callback, 5) == -3
        assert [report.exc_type for report in reports] == [KeyError, error]
        reports.clear()
    assert lib.call(ffi.callback("int(int)", failing, -3, lambda *_: None), 5) == -3
    assert lib.call(ffi.callback("int(int)", failing, -3, lambda *_: 77), 5) == 77
    assert reports == []


def test_errors_leave_no_state_behind(opened: tuple[Any, Any], reports: list[Any]) -> None:
    """Callback exceptions at odd moments: no exception is left pending, none kept alive, and
    references are balanced.
    """
    ffi, lib = opened

    class Marker(Exception):
        pass

    kept: list[weakref.ref[Marker]] = []

    def function(x: int) -> int:
        error = Marker()
        kept.append(weakref.ref(error))
        raise error

    references = sys.getrefcount(function)
    for onerror in (None, lambda *_: None, lambda *_: 1 // 0, lambda *_: "wrong"):
        callback = ffi.callback("int(int)", function, -1, onerror)
        for call in (lib.call, lambda f, x: lib.call_in_sequence(f, 1, 1)):
            call(callback, 1)
            assert sys.exc_info() == (None, None, None)
        try:
            raise LookupError("outer")
        except LookupError as outer:
            assert lib.call(callback, 1) == -1
            assert sys.exc_info()[1] is outer
        del callback, onerror
    del call
    reports.clear()
    gc.collect()
    assert [reference() for reference in kept] == [None] * len(kept)
    assert sys.getrefcount(function) == references


def test_a_hook_that_raises(path: Path) -> None:
    """Callback exceptions at odd moments: sys.unraisablehook fails as well, or is gone."""
    out, err = run_child(
        """
def hook(report):
    raise RuntimeError("in the hook")
callback = ffi.callback("int(int)", lambda x: 1 // 0, error=-1)
for it in (hook, None, 5):
    sys.unraisablehook = it
    print(lib.call(callback, 0), lib.call_in_sequence(callback, 1, 1))
del sys.unraisablehook
print(lib.call(callback, 0))
sys.stderr = None
print(lib.call(callback, 0))
""",
        path,
    )
    assert out == "-1 1\n-1 1\n-1 1\n-1\n-1\n"
    assert "ZeroDivisionError" in err


def test_a_callback_that_drops_itself(opened: tuple[Any, Any]) -> None:
    """A callback whose last reference goes while it runs."""
    ffi, lib = opened
    holder: list[Any] = []

    def function(x: int) -> int:
        holder.clear()
        gc.collect()
        others = [ffi.callback("int(int)", lambda x: -1) for _ in range(100)]
        return x + len(others)

    for _ in range(50):
        holder.append(ffi.callback("int(int)", function))
        pointer = ffi.cast("callback_t", holder[0])
        assert lib.call(pointer, 1) == 101


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_fork_with_live_callbacks(path: Path) -> None:
    """A fork in the middle, also inside a callback and in a thread: callbacks, old and new ones,
    work on both sides.
    """
    out, err = run_child(
        """
import warnings
warnings.simplefilter("ignore")
callbacks = [ffi.callback("int(int)", lambda x, i=i: x + i) for i in range(2000)]
def check():
    assert all(lib.call(callbacks[i], 1) == i + 1 for i in range(0, 2000, 7))
    fresh = [ffi.callback("int(int)", lambda x, i=i: x - i) for i in range(2000)]
    assert all(lib.call(fresh[i], 1) == 1 - i for i in range(0, 2000, 7))
    assert lib.call_in_sequence(callbacks[1], 10, 10) == 0
    assert lib.call_at_once(callbacks[1], 4, 10) == 0
def fork(x=0):
    child = os.fork()
    if child == 0:
        try:
            check()
            os._exit(0)
        except BaseException as error:
            print(error, file=sys.stderr)
        os._exit(1)
    check()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
statuses = [fork(), lib.call(ffi.callback("int(int)", fork, error=-1), 0)]
# While other threads call, hold the locks, and have states that are kept.
assert lib.call_in_sequence(callbacks[1], 100, 1) == 0
import ctypes
ctypes.pythonapi.Py_IncRef(ctypes.py_object(callbacks[0]))
lib.call_for_ever(callbacks[0], 2, 200)
def make():
    while True:
        [ffi.callback("int(int)", lambda x: x) for _ in range(10)]
        time.sleep(0.0001)
for _ in range(2):
    threading.Thread(target=make, daemon=True).start()
statuses += [fork() for _ in range(4)]
thread = threading.Thread(target=lambda: statuses.append(fork()))
thread.start()
thread.join()
print(statuses, flush=True)
os._exit(0)
""",
        path,
    )
    assert (out, err) == (f"{[0] * 7}\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/maps")
def test_callbacks_need_no_writable_code(path: Path) -> None:
    """10,000 live callbacks, while some are made and some go, and no page that is writable and
    executable.
    """
    out, _ = run_child(
        """
def writable_code():
    return {line for line in open("/proc/self/maps") if "rwx" in line}
before = writable_code()
callbacks = [ffi.callback("int(int)", lambda x, i=i: x + i) for i in range(10_000)]
print(len(writable_code() - before))
del callbacks[::2]
callbacks += [ffi.callback("double(double)", lambda x: x) for _ in range(10_000)]
print(len(writable_code() - before))
print(all(callbacks[i](1) == 2 * i + 2 for i in range(5000)))
addresses = {int(ffi.cast("uintptr_t", it)) for it in callbacks}
print(len(addresses))
""",
        path,
    )
    assert out == "0\n0\nTrue\n15000\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["ffi.cast('int', 1)"] * 3,
        ["ffi.cast('short', 1)", "ffi.cast('char', 1)", "ffi.cast('_Bool', 1)"],
        ["ffi.cast('int', 1)"] * 40,
    ],
)
def test_variadic_calls(arguments: list[str], opened: tuple[Any, Any]) -> None:
    """#264, #94: variadic arguments have their own convention on some machines."""
    ffi, lib = opened
    values = [eval(argument, {"ffi": ffi}) for argument in arguments]
    assert lib.variadic(len(values), *values) == len(values)


def test_variadic_doubles() -> None:
    """#264, #94: also with doubles, longs, texts and pointers among them."""
    ffi = cffi.FFI()
    ffi.cdef("int snprintf(char *, size_t, const char *, ...);")
    buffer = ffi.new("char[200]")
    arguments = [ffi.cast("double", 1.5), ffi.cast("long", -(2**40)), ffi.new("char[]", b"text")]
    arguments += [ffi.cast("double", i) for i in range(10)] + [ffi.cast("float", 0.25)]
    ffi.dlopen(None).snprintf(buffer, 200, b"%g %ld %s" + b" %g" * 11, *arguments)
    assert ffi.string(buffer) == b"1.5 -1099511627776 text 0 1 2 3 4 5 6 7 8 9 0.25"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/statm")
@pytest.mark.skipif(UNDER_MEMCHECK, reason="valgrind keeps freed memory for a while")
def test_thread_states_of_c_threads_are_dropped(opened: tuple[Any, Any]) -> None:
    """Issue 362: threads of C that call back and again and again: 20,000 of them leave no memory
    behind.
    """
    ffi, lib = opened
    callback = ffi.callback("int(int)", lambda x: x + 1)
    assert lib.call_in_sequence(callback, 2000, 1) == 0
    before = resident_bytes()
    assert lib.call_in_sequence(callback, 20_000, 2) == 0
    # A thread state and its first frames are well over 1 KB.
    assert resident_bytes() - before < 20_000 * 64


def test_a_c_thread_keeps_its_locals(opened: tuple[Any, Any]) -> None:
    """Issue 362: within one thread of C, `threading.local` lasts from callback to callback, and
    goes with the thread.
    """
    ffi, lib = opened
    local = threading.local()
    idents: list[int] = []
    references: list[weakref.ref[Any]] = []

    class Value:
        count = 0

    @ffi.callback("int(int)")
    def callback(x: int) -> int:
        if not hasattr(local, "value"):
            local.value = Value()
            references.append(weakref.ref(local.value))
            idents.append(threading.get_ident())
        local.value.count += 1
        counts[threading.get_ident()] = local.value.count
        return x + 1

    counts: dict[int, int] = {}
    assert lib.call_in_sequence(callback, 1, 1000) == 0
    assert list(counts.values()) == [1000]
    assert lib.call_at_once(callback, 8, 500) == 0
    assert len(references) == 9 and sorted(counts.values())[-8:] in ([500] * 7 + [1000], [500] * 8)
    # The values of threads that have ended go at the latest when further threads call back.
    assert lib.call_in_sequence(callback, 3, 1) == 0
    gc.collect()
    assert sum(reference() is not None for reference in references) <= 1
