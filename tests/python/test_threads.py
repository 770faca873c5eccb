"""Threads that do everything at the same time with one FFI: no crash, no deadlock, no wrong
value.

#271 of upstream: a threaded service crashed, probably where types are made when they are first
used. CFFI_THREAD_SECONDS says for how long the first test goes on, 6 by default.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cffi
import pytest
from support import DECLARATIONS, compile_library

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the C side is for POSIX threads")

SECONDS = float(os.environ.get("CFFI_THREAD_SECONDS", "6"))
THREADS = 16
STRUCTS = 400
FIELDS = ["c", "in", "next", "array", "f", "e", "u", "d", "by_value", "deep"]


@pytest.fixture(autouse=True)
def switching() -> Iterator[None]:
    """Threads take turns as often as can be; a deadlock ends the run with the stacks of all
    threads.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    faulthandler.dump_traceback_later(SECONDS + 300, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
    sys.setswitchinterval(interval)


def declarations() -> str:
    """400 structs that need each other: by value, as pointers, in arrays, as parameters."""
    lines = [f"struct s{i};" for i in range(STRUCTS)]
    for i in range(STRUCTS):
        following = f"struct s{(i + 1) % STRUCTS}"
        # By value: each third one contains its neighbour, which contains none.
        by_value = f"{following} by_value[2]" if i % 3 == 0 and i + 1 < STRUCTS else "long by_value"
        lines.append(
            f"enum e{i} {{ E{i}_A = {i}, E{i}_B, E{i}_C = -{i} }};"
            f"typedef int (*f{i}_t)(struct s{i} *, {following}, enum e{i});"
            f"struct in{i} {{ short a; struct {{ long b : 7; char c[{i % 5 + 1}]; }} x; }};"
            f"struct s{i} {{ char c; struct in{i} in; {following} *next; int array[{i % 7 + 1}];"
            f" f{i}_t f; enum e{i} e; union {{ int u; double d; }}; {by_value};"
            f" struct {{ struct in{i} *p; struct {{ f{i}_t g[2]; }} y; }} deep; }};"
            f"int take{i}(struct s{i} *p, enum e{i} e);"
            f"struct in{i} give{i}(int a);"
        )
    # What is contained comes first.
    order = {f"enum e{i} ": (i % 3 == 0 and i + 1 < STRUCTS, i) for i in range(STRUCTS)}
    bodies = sorted(lines[STRUCTS:], key=lambda line: order[line[: line.index("{")]])
    return "\n".join(lines[:STRUCTS] + bodies)


def definitions() -> str:
    """The C side: what the declarations promise, and the compiler's idea of each layout."""
    parts = ["#include <stddef.h>", declarations(), "long layouts[][11] = {"]
    for i in range(STRUCTS):
        offsets = ", ".join(f"offsetof(struct s{i}, {field})" for field in FIELDS)
        parts.append(f"{{ sizeof(struct s{i}), {offsets} }},")
    parts.append("};")
    for i in range(STRUCTS):
        parts.append(f"int take{i}(struct s{i} *p, enum e{i} e) {{ return p->array[0] + (int)e; }}")
        parts.append(f"struct in{i} give{i}(int a)")
        parts.append(f"{{ struct in{i} r = {{ a, {{ {i % 50}, {{ 1 }} }} }}; return r; }}")
    return "\n".join(parts)


class World:
    """One FFI with the declarations, and what is known of them."""

    def __init__(self, generated: Path, library: Path, layouts: list[list[int]]) -> None:
        self.ffi: Any = cffi.FFI()
        self.ffi.cdef(declarations())
        self.ffi.cdef(DECLARATIONS)
        self.generated = self.ffi.dlopen(str(generated))
        self.lib = self.ffi.dlopen(str(library))
        self.layouts = layouts


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("threads")
    library = compile_library(folder)
    source, generated = folder / "generated.c", folder / "libgenerated.so"
    source.write_text(definitions())
    subprocess.run(["cc", "-w", "-shared", "-fPIC", "-o", generated, source], check=True)
    return generated, library


@pytest.fixture(scope="module")
def layouts(paths: tuple[Path, Path]) -> list[list[int]]:
    ffi = cffi.FFI()
    ffi.cdef("extern long layouts[][11];")
    library: Any = ffi.dlopen(str(paths[0]))
    return [list(library.layouts[i]) for i in range(STRUCTS)]


def run_threads(work: Callable[[int], None], count: int = THREADS) -> None:
    """Starts them together, waits for all, and raises the first failure."""
    failures: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 200)
        assert not thread.is_alive(), "hangs"
    if failures:
        raise failures[0]


def check_struct(world: World, i: int, seen: dict[str, Any]) -> None:
    """Realises a struct and all that it mentions; what is found must be what any other thread
    found.
    """
    ffi = world.ffi
    size, *offsets = world.layouts[i]
    name = f"struct s{i}"
    ctype = ffi.typeof(name)
    fields = dict(ctype.fields)
    assert ffi.sizeof(name) == size == ffi.sizeof(ctype)
    assert [ffi.offsetof(ctype, field) for field in FIELDS] == offsets
    assert list(fields) == FIELDS
    function = fields["f"].type
    found = {
        name: ctype,
        f"{name} *": ffi.typeof(f"{name} *"),
        f"enum e{i}": fields["e"].type,
        f"struct in{i}": fields["in"].type,
        f"struct s{(i + 1) % STRUCTS} *": fields["next"].type,
        f"int[{i % 7 + 1}]": fields["array"].type,
        f"f{i}_t": function,
        f"struct in{i} *": dict(fields["deep"].type.fields)["p"].type,
    }
    assert function.args[0] is found[f"{name} *"] and function.args[2] is found[f"enum e{i}"]
    assert function.args[1] is found[f"struct s{(i + 1) % STRUCTS} *"].item
    assert found[f"enum e{i}"].relements == {f"E{i}_A": i, f"E{i}_B": i + 1, f"E{i}_C": -i}
    for key, value in found.items():
        assert seen.setdefault(key, value) is value, key
        assert ffi.typeof(key) is value, key


def use_struct(world: World, i: int) -> None:
    """Reads, writes and passes one."""
    ffi = world.ffi
    record = ffi.new(f"struct s{i} *", {"c": b"x", "array": [i + 5], "e": i + 1, "d": 2.5})
    assert (record.c, record.array[0], record.e, record.d) == (b"x", i + 5, i + 1, 2.5)
    record.next = ffi.cast(f"struct s{(i + 1) % STRUCTS} *", record)
    assert record.next == record and not record.f
    assert getattr(world.generated, f"take{i}")(record, i) == 2 * i + 5
    given = getattr(world.generated, f"give{i}")(i)
    assert (given.a, given.x.b, given.x.c[0]) == (i, i % 50, b"\1")
    assert getattr(world.generated, f"E{i}_C") == -i


def call(world: World, i: int) -> None:
    lib = world.lib
    assert lib.add(i, -3) == i - 3
    assert lib.add_doubles(i, 0.5) == i + 0.5
    assert lib.sum([i, 1, 2], 3) == i + 3
    assert lib.sum_pair(lib.make_pair(i, 0.25)) == i + 0.25
    assert lib.sum_large(lib.make_large(i)) == 6 * i + 15
    assert lib.variadic(2, world.ffi.cast("int", i), world.ffi.cast("short", 1)) == i + 1
    assert lib.length(b"x" * i) == i


def call_back(world: World, i: int) -> None:
    ffi, lib = world.ffi, world.lib
    callback = ffi.callback("int(int)", lambda x: x + i)
    assert lib.call(callback, 1) == i + 1
    assert lib.call_times(callback, 5) == 5 * i + 10
    pairs = ffi.callback("struct pair(struct pair)", lambda p: (p.x + i, p.y))
    assert lib.call_pair(pairs, (1, 2.5)).x == i + 1
    if i % 16 == 0:
        assert lib.call_in_sequence(ffi.callback("int(int)", lambda x: x + 1), 1, 3) == 0


def handles(world: World, i: int) -> None:
    ffi = world.ffi
    kept = [ffi.new_handle(("handle", i, n)) for n in range(5)]
    assert [ffi.from_handle(handle)[1:] for handle in kept] == [(i, n) for n in range(5)]
    copies = [ffi.cast("void *", handle) for handle in kept]
    assert ffi.from_handle(copies[3]) == ("handle", i, 3)


def new_types(world: World, i: int) -> None:
    ffi = world.ffi
    name = f"struct s{i}[{i % 9 + 1}]"
    ctype = ffi.typeof(name)
    assert ctype.item is ffi.typeof(f"struct s{i}") and ctype.length == i % 9 + 1
    assert ffi.typeof(f"int(*)(struct s{i} *, {name})").args[1] is ffi.typeof(f"struct s{i} *")
    number = random.randrange(100_000)
    assert ffi.sizeof(f"long[{number}]") == number * 8
    assert ffi.typeof(f"long(*)[{i}]").item is ffi.typeof(f"long[{i}]")


def collected(world: World, i: int) -> None:
    ffi = world.ffi
    gone: list[int] = []
    first = ffi.gc(ffi.new("int *", i), lambda it: gone.append(it[0]))
    second = ffi.gc(ffi.new("int[2]", [i, 1]), world.lib.destroy)
    third = ffi.gc(ffi.new("int *", -i), lambda it: gone.append(it[0]))
    assert (first[0], second[0]) == (i, i)
    ffi.release(third)
    del first, second
    assert gone == [-i, i]


JOBS = [use_struct, call, call_back, handles, new_types, collected]


def test_everything_at_once(paths: tuple[Path, Path], layouts: list[list[int]]) -> None:
    """#271: 16 threads realise the same types of a new FFI, and use them, again and again."""
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        world = World(*paths, layouts)
        seen: list[dict[str, Any]] = [{} for _ in range(THREADS)]

        def work(number: int, world: World = world, seen: list[dict[str, Any]] = seen) -> None:
            chance = random.Random(number)
            order = list(range(STRUCTS))
            if number % 4 == 1:
                order.reverse()
            elif number % 4 > 1:
                # Two of them start in the middle, and race all the way; others mix.
                chance = random.Random(number // 8)
                chance.shuffle(order)
            for turn, i in enumerate(order):
                check_struct(world, i, seen[number])
                JOBS[(turn + number) % len(JOBS)](world, i)
                if turn % 100 == 99:
                    gc.collect(0)
                if time.monotonic() > end + 20:
                    break

        run_threads(work)
        for name, ctype in seen[0].items():
            assert all(others.get(name, ctype) is ctype for others in seen), name
        assert len(seen[0]) > 6 * STRUCTS or time.monotonic() > end
        rounds += 1
    assert rounds


def test_one_name_at_a_time(paths: tuple[Path, Path], layouts: list[list[int]]) -> None:
    """#271: all threads ask for the same struct at the same moment, and get the same one."""
    world = World(*paths, layouts)
    results: list[list[Any]] = [[] for _ in range(THREADS)]
    barrier = threading.Barrier(THREADS)

    def work(number: int) -> None:
        for i in range(0, STRUCTS, 5):
            barrier.wait()
            ctype = world.ffi.typeof(f"struct s{i}")
            results[number].append((ctype, ctype.fields, world.ffi.sizeof(ctype)))

    run_threads(work)
    for found in zip(*results):
        first, fields, size = found[0]
        assert all(ctype is first for ctype, _, _ in found)
        assert [size for _, _, size in found] == [size] * THREADS
        assert all(dict(it)["f"].type is dict(fields)["f"].type for _, it, _ in found)


def test_declaring_while_others_use() -> None:
    """16 threads declare to one FFI, and use what they and the others have declared."""
    ffi: Any = cffi.FFI()
    ffi.cdef("struct shared; typedef struct shared shared_t;")

    def work(number: int) -> None:
        for i in range(30):
            name = f"t{number}_{i}"
            ffi.cdef(f"struct {name} {{ shared_t *s; int n[{i + 1}]; }}; enum {{ C{name} = {i} }};")
            assert ffi.sizeof(f"struct {name}") == 8 + (i * 4 + 4 + 7) // 8 * 8
            assert ffi.typeof(f"struct {name}").fields[0][1].type is ffi.typeof("struct shared *")
            with pytest.raises(cffi.CDefError):
                ffi.cdef(f"struct wrong_{name} {{ int a; }}; int f(;")
            assert getattr(ffi.dlopen(None), f"C{name}") == i

    run_threads(work)
    assert len(ffi.list_types()[1]) == THREADS * 30 + 1


@pytest.mark.parametrize("fails", [False, True], ids=["works", "fails_at_first"])
def test_init_once(fails: bool) -> None:
    """`init_once` runs its function once in all threads together, but again if it failed."""
    ffi: Any = cffi.FFI()
    ran: list[tuple[int, int]] = []
    failed: list[int] = []
    results: list[list[object]] = [[] for _ in range(THREADS)]

    def work(number: int) -> None:
        for tag in range(50):

            def initialise(tag: int = tag) -> object:
                time.sleep(0.0001)
                if fails and tag not in failed:
                    failed.append(tag)
                    raise LookupError(tag)
                ran.append((tag, number))
                return object()

            while True:
                try:
                    results[number].append(ffi.init_once(initialise, ("tag", tag)))
                    break
                except LookupError as error:
                    assert error.args == (tag,)

    run_threads(work)
    assert sorted(tag for tag, _ in ran) == list(range(50))
    assert len(failed) == (50 if fails else 0)
    assert all(result == results[0] for result in results)
    assert len(set(map(id, results[0]))) == 50


@pytest.fixture(scope="module")
def opened(paths: tuple[Path, Path]) -> tuple[Any, Any]:
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS)
    return ffi, ffi.dlopen(str(paths[1]))


def test_callbacks_from_sixteen_c_threads(opened: tuple[Any, Any]) -> None:
    """16 threads that C made call back at once; then again while as many threads of Python do
    the same.
    """
    ffi, lib = opened
    idents: set[int] = set()

    def function(x: int) -> int:
        idents.add(threading.get_ident())
        return x + 1

    callback = ffi.callback("int(int)", function)
    assert lib.call_at_once(callback, 16, 2000) == 0
    assert len(idents) <= 16

    def work(number: int) -> None:
        own = ffi.callback("int(int)", lambda x: x + 1)
        for _ in range(5):
            assert lib.call_at_once(own, 4, 20) == 0
            assert lib.call_at_once(callback, 2, 20) == 0
            assert lib.call_in_sequence(own, 3, 5) == 0

    run_threads(work)


def test_errno_belongs_to_a_thread(opened: tuple[Any, Any]) -> None:
    """Each thread has its own `ffi.errno`: in callbacks of 16 C threads, and in 16 Python
    threads.
    """
    ffi, lib = opened
    wrong: list[int] = []

    @ffi.callback("int(int)")
    def callback(number: int) -> int:
        if ffi.errno != 1000 + number:
            wrong.append(ffi.errno)
        os.path.exists("/no/such/path")
        time.sleep(0)
        ffi.errno = 2000 + number
        # Python's own calls in between change the C variable, not ours.
        os.path.exists("/no/such/path")
        return number + 1

    assert lib.errno_at_once(callback, 16, 500) == 0
    assert wrong == []

    def work(number: int) -> None:
        for i in range(1000):
            value = number * 1000 + i
            ffi.errno = value
            os.path.exists("/no/such/path")
            assert ffi.errno == value
            assert lib.set_errno(value + 1) == value
            time.sleep(0)
            assert ffi.errno == value + 1 == lib.get_errno()

    run_threads(work)


def test_threads_that_end_with_ffis_of_their_own(paths: tuple[Path, Path]) -> None:
    """Many short threads, each with an FFI, a library and callbacks that go with it."""

    def work(number: int) -> None:
        for _ in range(10):
            ffi: Any = cffi.FFI()
            ffi.cdef(DECLARATIONS)
            lib = ffi.dlopen(str(paths[1]))
            callback = ffi.callback("int(int)", lambda x: x + 1)
            assert lib.call(callback, number) == number + 1
            assert lib.call_in_sequence(callback, 2, 2) == 0
            handle = ffi.new_handle(callback)
            assert ffi.from_handle(handle) is callback
            if number % 2:
                ffi.dlclose(lib)
                with pytest.raises(ValueError):
                    _ = lib.add

    for _ in range(3):
        run_threads(work)
    gc.collect()
