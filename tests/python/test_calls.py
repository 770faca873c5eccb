"""Calls in both directions against calls.c: types, structs, threads, errno, large arguments."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cffi
import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    compiler = shutil.which("cc")
    assert compiler, "the tests need a C compiler, as README says"
    folder: Path = tmp_path_factory.mktemp("calls")
    path = folder / "libcalls.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-pthread", "-o", path, HERE / "calls.c"], check=True
    )
    ffi = cffi.FFI()
    ffi.cdef((HERE / "calls.h").read_text())
    yield ffi, ffi.dlopen(str(path))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("lib.add(-3, 5)", 2),
        ("lib.many(b'\\x01', 2, 3, 4, 5, 6, 7, 8, 9)", sum(i * i for i in range(1, 10))),
        ("lib.many(b'\\x01', -2, -3, 4, 5, 2**32 - 1, 255, 8, -9)", 25769805567),
        ("lib.floats(1, 2, 3, 4, 5, 6, 7, 8, 9)", 285.0),
        ("(lib.make_pair(7, 2.5).x, lib.make_pair(7, 2.5).y)", (7, 2.5)),
        ("lib.sum_pair({'x': 1, 'y': 0.5})", 1.5),
        ("lib.sum_pair(lib.make_pair(2, 0.25))", 2.25),
        ("(lambda r: (r.a, r.b))(lib.swap([1, 2], [10, 20]))", (12.0, 21.0)),
        ("(lambda r: list(r.v))(lib.make_large(5))", [5, 6, 7, 8, 9, 10]),
        ("lib.sum_large([[1, 2, 3, 4, 5, 6]], 100)", 121),
        ("lib.sum_bits([5, -7])", 4993),
        ("lib.as_float([3]).f", 3.0),
        ("(lambda r: bytes(ffi.buffer(ffi.addressof(r))))(lib.reverse([b'abc']))", b"cba"),
        ("float(lib.half(3))", 1.5),
        ("(lib.negate(True), lib.negate(0))", (False, True)),
        ("lib.sum([1, 2, 3], 3)", 6),
        ("lib.sum(ffi.new('int[]', [4, 5]), 2)", 9),
        ("lib.variadic(0)", 0),
        ("lib.variadic(3, *[ffi.cast('int', i) for i in (1, 2, 3)])", 6),
        ("lib.variadic(2, ffi.cast('char', 7), ffi.cast('short', -2))", 5),
        ("lib.variadic(9, *[ffi.cast('int', i) for i in range(9)])", 36),
        ("lib.call(ffi.callback('int(int)', lambda x: x * 2), 21)", 42),
        ("lib.call_in_thread(ffi.callback('int(int)', lambda x: x + 1), 41)", 42),
    ],
)
def test_call(expression: str, expected: object, opened: tuple[Any, Any]) -> None:
    ffi, lib = opened
    assert eval(expression, {"ffi": ffi, "lib": lib}) == expected


@pytest.mark.parametrize(
    ("expression", "exception", "message"),
    [
        ("lib.add(1)", TypeError, r"'int\(\*\)\(int, int\)' expects 2 arguments, got 1"),
        ("lib.add(1, 2, 3)", TypeError, "expects 2 arguments, got 3"),
        ("lib.add(a=1, b=2)", TypeError, "keyword arguments"),
        ("lib.add(1, 2**31)", OverflowError, "integer 2147483648 does not fit 'int'"),
        ("lib.add(1, 2.0)", TypeError, "an integer is required"),
        ("lib.variadic()", TypeError, "expects at least 1 arguments, got 0"),
        ("lib.variadic(1, 2)", TypeError, "argument 2 passed in the variadic part needs to be"),
        ("ffi.cast('int(*)(int)', 0)(1)", RuntimeError, "cannot call null pointer"),
        ("lib.sum('abc', 3)", TypeError, "must be a list or tuple, not str"),
        ("lib.sum([1, 'x'], 2)", TypeError, "an integer is required"),
    ],
)
def test_wrong_call(
    expression: str, exception: type[Exception], message: str, opened: tuple[Any, Any]
) -> None:
    ffi, lib = opened
    with pytest.raises(exception, match=message):
        eval(expression, {"ffi": ffi, "lib": lib})


def test_a_million_items_do_not_overflow_the_stack(opened: tuple[Any, Any]) -> None:
    _, lib = opened
    assert lib.sum([1] * 1_000_000, 1_000_000) == 1_000_000


def test_errno_is_kept_for_each_thread(opened: tuple[Any, Any]) -> None:
    ffi, lib = opened
    ffi.errno = errno.EINTR
    assert lib.set_errno(errno.ENOENT) == errno.EINTR

    def other() -> None:
        ffi.errno = errno.EPERM
        os.stat(".")

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert ffi.errno == errno.ENOENT


def test_a_callback_takes_and_gives_structs(opened: tuple[Any, Any]) -> None:
    ffi, lib = opened

    @ffi.callback("struct pair(struct pair, double)")
    def callback(pair: Any, number: float) -> dict[str, float]:
        return {"x": pair.x + 1, "y": pair.y + number}

    result = lib.call_struct(callback, 4)
    assert (result.x, result.y) == (5, 2.25)


def test_a_failing_callback_gives_its_error_value(
    opened: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ffi, lib = opened
    seen: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", seen.append)
    assert lib.call(ffi.callback("int(int)", lambda x: 1 // 0, error=-5), 1) == -5
    assert [type(report.exc_value) for report in seen] == [ZeroDivisionError]
    assert "from cffi callback" in seen[0].err_msg
    told: list[Any] = []
    callback = ffi.callback("int(int)", lambda x: 1 // 0, onerror=lambda *args: told.append(args))
    assert lib.call(callback, 1) == 0
    assert told[0][0] is ZeroDivisionError


def test_many_callbacks_and_no_writable_code(opened: tuple[Any, Any]) -> None:
    ffi, lib = opened
    before = writable_code()
    callbacks = [ffi.callback("int(int)", lambda x, i=i: x + i) for i in range(10_000)]
    assert all(lib.call(callbacks[i], 1) == i + 1 for i in range(0, 10_000, 97))
    if "vgpreload" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("valgrind makes code pages of its own, which are writable")
    assert writable_code() <= before


def writable_code() -> set[str]:
    """Mappings that are writable and executable."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return set()
    return {line for line in maps.read_text().splitlines() if "rwx" in line}


def test_threads_call_and_call_back(opened: tuple[Any, Any]) -> None:
    ffi, lib = opened
    wrong: list[int] = []

    def work(number: int) -> None:
        callback = ffi.callback("int(int)", lambda x: x + number)
        for i in range(300):
            if lib.call(callback, i) != i + number or lib.call_in_thread(callback, i) != i + number:
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
