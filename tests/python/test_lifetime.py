"""What once crashed CFFI, and when things end: a test for each such entry of upstream's bugs.

What would end the process is done in a child. Leaks are in test_leaks.py, more of threads in
test_threads.py, and the crashes of test_robustness.py and test_calls.py are not repeated here.
"""

from __future__ import annotations

import gc
import os
import sys
import weakref
from pathlib import Path
from typing import Any

import cffi
import pytest
from support import DECLARATIONS, PINNED, compile_library, run_child, start_child
from support import finish_child as finish

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
    "statement",
    [
        "del array[0]",
        "del array[0:1]",
        "del ffi.addressof(array, 0)[0:1]",
        "del ffi.buffer(array)[0]",
        "del ffi.buffer(array)[0:1]",
        "del pair.x",
    ],
)
def test_deleting_items_is_an_error(statement: str, opened: tuple[Any, Any]) -> None:
    """#235: `del ptr[0:1]` and `del buffer[0]` crashed."""
    ffi, lib = opened
    names = {"ffi": ffi, "lib": lib, "array": ffi.new("int[4]"), "pair": ffi.new("struct pair *")}
    with pytest.raises((TypeError, AttributeError)):
        exec(statement, names)
    assert (lib.add(1, 2), list(names["array"]), names["pair"].x) == (3, [0] * 4, 0)


def test_pointers_that_are_no_handles(path: Path) -> None:
    """`from_handle` of a pointer that is no handle, or whose handle or owner is gone, crashed."""
    out, _ = run_child(
        """
        raised = 0
        array = ffi.new("char[256]", b"x" * 255)
        bogus = [ffi.NULL, ffi.cast("void *", 1), ffi.cast("void *", -1), ffi.cast("void *", 2**63),
            ffi.cast("void *", array + 16), ffi.cast("void *", lib.add),
            ffi.cast("void *", id(ffi)),
            ffi.cast("void *", id(array)), ffi.cast("char *", array)]
        class Owner: pass
        for i in range(100):
            owner = Owner()
            owner.handle = ffi.new_handle(owner)
            assert ffi.from_handle(owner.handle) is owner
            bogus.append(ffi.cast("void *", owner.handle))
            del owner
        gc.collect()
        for pointer in bogus:
            try:
                ffi.from_handle(pointer)
            except (RuntimeError, SystemError):
                raised += 1
        for wrong in (5, None, "text", lib.add, ffi.new("int *")[0]):
            try:
                ffi.from_handle(wrong)
            except TypeError:
                raised += 1
        print(raised == len(bogus) + 5)
        """.replace("\n        ", "\n"),
        path,
    )
    assert out == "True\n"


@pytest.mark.parametrize("stage", ["call", "item", "field", "callback", "addressof"])
def test_null_function_pointers(stage: str, opened: tuple[Any, Any]) -> None:
    """1.13: calling a NULL function pointer is an error."""
    ffi, lib = opened
    holder = ffi.new("struct holder *")
    if stage == "callback":
        assert lib.call(ffi.callback("int(int)", lambda x: int(not holder.f)), 0) == 1
        return
    pointer = {
        "call": lambda: ffi.cast("int(*)(int)", 0),
        "item": lambda: ffi.new("callback_t[2]")[1],
        "field": lambda: holder.f,
        "addressof": lambda: ffi.addressof(holder, "f")[0],
    }[stage]()
    with pytest.raises(RuntimeError, match="cannot call null pointer"):
        pointer(1)


@pytest.mark.parametrize(
    "cdef",
    [
        "struct X { void (*f)(struct X); int n; };",
        "struct X { void (*f)(struct X); int n; int (*g)(struct X *, void (*)(struct X)); };",
        "struct X { void (*f)(struct X); int n; struct { int (*g)(struct X[2]); } in; };",
        "struct X { void (*f)(struct X); int n; struct Q { void (*p)(struct Q, struct X); } in; };",
        "struct X { void (*f)(struct X); int n; struct X *(*make)(struct X, struct X *); };",
        "struct X { void (*f)(struct X); int n; struct X (*returns_itself)(int); };",
        "struct P; struct X { void (*f)(struct X); int n; struct P (*g)(struct X); };"
        "struct P { struct X (*f)(struct P); };",
    ],
)
def test_structs_that_take_themselves(cdef: str, path: Path) -> None:
    """1.13: a struct with `void (*f)(struct X)` in itself recursed for ever."""
    out, _ = run_child(
        f"cdef = {cdef!r}"
        """
for use in (lambda name: ffi.sizeof(name), lambda name: ffi.new(name + " *"),
            lambda name: ffi.alignof(name), lambda name: ffi.typeof(name).fields,
            lambda name: ffi.callback(f"int({name})", lambda x: 1)):
    ffi = cffi.FFI()
    ffi.cdef(cdef)
    use("struct X")
x = ffi.new("struct X *")
x.n = 5
f = ffi.callback("void(struct X)", lambda x: print(x.n, x.f == f))
x.f = f
x.f(x[0])
fields = dict(ffi.typeof("struct X").fields)
print(fields["f"].type.args[0] is ffi.typeof("struct X"))
""",
        path,
    )
    assert out == "5 True\nTrue\n"


@pytest.mark.parametrize("stack", ["main", "thread"])
def test_a_million_items_as_argument(stack: str, path: Path) -> None:
    """1.14: `lib.f([a million items])` overflowed the C stack; also on the small stack of a
    thread, and in one call several.
    """
    out, _ = run_child(
        f"""
ffi.cdef("struct pair2 {{ int x; double y; }};")
def work():
    print(lib.sum([1] * 1_000_000, 1_000_000), lib.sum(tuple([2] * 3_000_000), 3_000_000))
    print(lib.length(b"x" * 5_000_000))
    function = ffi.cast("long(*)(char[], struct pair2 *)", lib.length)
    print(function([b"y"] * 1_999_999 + [b"\\0"], [(1, 2)] * 500_000))
if {stack!r} == "main":
    work()
else:
    threading.stack_size(256 << 10)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
""",
        path,
    )
    assert out == "1000000 6000000\n5000000\n1999999\n"


@pytest.mark.parametrize(
    ("arguments", "exception"),
    [
        (("int(int)", 5), TypeError),
        (("int(int)", len, "text"), TypeError),
        (("int(int)", len, 2**40), OverflowError),
        (("int(int)", len, 0, 5), TypeError),
        (("int(int, ...)", len), NotImplementedError),
        (("int", len), TypeError),
        (("struct opaque(int)", len), (TypeError, ValueError, NotImplementedError)),
        (("int(struct opaque)", len), (TypeError, ValueError, NotImplementedError)),
        (("struct pair(int)", len, [1, 2, 3]), ValueError),
    ],
)
def test_failures_while_a_callback_is_made(
    arguments: tuple[Any, ...], exception: Any, reports: list[Any]
) -> None:
    """Errors while a callback is being built: no half-built object survives, and nothing is kept
    alive.
    """
    ffi = cffi.FFI()
    ffi.cdef("struct opaque; struct pair { int x; double y; };")

    class Function:
        def __call__(self, x: int) -> int:
            return x

    function = Function()
    kept = weakref.ref(function)
    if arguments[1] is len:
        arguments = (arguments[0], function, *arguments[2:])
    before = count_of(ffi.CData)
    for _ in range(100):
        with pytest.raises(exception):
            ffi.callback(*arguments)
    assert count_of(ffi.CData) <= before
    del function, arguments
    gc.collect()
    assert (kept(), reports) == (None, [])
    assert ffi.callback("int(int)", lambda x: x + 1)(1) == 2


def count_of(kind: type) -> int:
    gc.collect()
    return sum(isinstance(it, kind) for it in gc.get_objects())


@pytest.mark.parametrize(
    ("cdef", "name"),
    [
        ("struct bad { int a; struct opaque b; };", "struct bad"),
        (
            "struct bad { int a; struct opaque *b; struct deep { struct opaque c; } d; };",
            "struct bad",
        ),
        ("struct bad { int a; ...; };", "struct bad"),
        ("struct bad { int a; struct bad b; };", "struct bad"),
        ("struct bad { int a[1LL << 60]; int b[1LL << 60]; int c[1LL << 60]; };", "struct bad"),
        ("struct other { struct opaque x; }; union bad { int a; struct other b; };", "union bad"),
    ],
)
def test_failures_while_a_struct_is_completed(cdef: str, name: str) -> None:
    """Errors while a struct is being completed: it fails again in the same way, and everything
    else works.
    """
    ffi = cffi.FFI()
    ffi.cdef("struct good { int x; struct good *next; };")
    try:
        ffi.cdef(cdef)
    except (cffi.CDefError, cffi.FFIError):
        assert ffi.list_types() == ([], ["good"], [])
        return
    texts = set()
    for _ in range(3):
        for use in (
            ffi.sizeof,
            ffi.alignof,
            lambda it: ffi.new(f"{it} *"),
            lambda it: ffi.new(f"{it}[2]"),
        ):
            with pytest.raises(Exception) as caught:  # Which one depends on the case.
                use(name)
            assert not isinstance(caught.value, (SystemError, RecursionError, MemoryError))
            texts.add(str(caught.value))
        pointer = ffi.cast(f"{name} *", 0)
        assert repr(pointer) == f"<cdata '{name} *' NULL>"
        with pytest.raises(Exception):  # noqa: B017
            pointer + 1
    assert len(texts) <= 4
    assert ffi.new("struct good *", [3]).x == 3


@pytest.mark.parametrize("start", ["main", "thread"])
def test_failures_while_the_module_is_imported(start: str, path: Path) -> None:
    """Errors while a module is being initialised: the next import works."""
    out, _ = run_child(
        """
import builtins, _cffi_backend
for name in [name for name in sys.modules if name.split(".")[0] in ("cffi", "_cffi_backend")]:
    del sys.modules[name]
real = builtins.__import__
def failing(name, *rest):
    if name.startswith("cffi.") or name == "error":
        raise ImportError("not now")
    return real(name, *rest)
builtins.__import__ = failing
try:
    import cffi
except ImportError:
    print("failed")
builtins.__import__ = real
def work():
    import cffi
    new = cffi.FFI()
    new.cdef("int add(int, int);")
    print(new.dlopen(sys.argv[1]).add(1, 2))
    try:
        new.cdef("int (")
    except cffi.CDefError:
        print("CDefError")
if sys.argv[2] == "main":
    work()
else:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
# The first one goes on working.
print(lib.add(3, 4), ffi.sizeof("struct pair"))
""",
        path,
        start,
    )
    assert out.split("\n")[-4:] == ["3", "CDefError", "7 16", ""]


LAST = """
import shutil
# A copy, so that nobody else keeps it loaded.
copy = sys.argv[1] + "." + str(os.getpid())
shutil.copy(sys.argv[1], copy)
class Cycle:
    def __init__(self, **parts):
        self.__dict__.update(parts, me=self)
def opened():
    new = cffi.FFI()
    new.cdef(DECLARATIONS)
    return new, new.dlopen(copy)
new, library = opened()
os.unlink(copy)
"""


@pytest.mark.parametrize(
    "code",
    [
        "it = library.add\ndel new, library; gc.collect()\nassert it(2, 3) == 5",
        "it = new.addressof(library, 'add')\ndel new, library; gc.collect()\nassert it(2, 3) == 5",
        "it = new.new('callback_t *', library.set_errno)\ndel library; gc.collect()\nit[0](0)",
        "it = new.gc(new.new('int *'), library.destroy)\ndel library; gc.collect()\ndel it",
        "it = new.gc(new.new('int *'), library.destroy)\ndel new, library; gc.collect()\ndel it",
        "it = Cycle(data=new.gc(new.new('int *'), library.destroy), library=library)"
        "\ndel library, it",
        "it = Cycle(data=new.gc(new.new('int *'), library.destroy))\ndel new, library, it",
        "it = Cycle(data=new.gc(new.new('int *'), library.destroy), library=library, new=new)"
        "\ndel new, library, it",
        "it = Cycle(new=new, library=library)\nit.data = new.gc(new.new('int *'), library.destroy)"
        "\ndel new, library, it",
        "it = Cycle(data=new.gc(new.new('int *'), library.destroy), new=new)\ndel new, library, it",
        "it = Cycle(data=new.gc(new.new('int *'), library.destroy))",
        "it = Cycle(data=new.gc(new.new('int *'), library.destroy), new=new, library=library)",
        "it = new.gc(new.new('int *'), library.destroy)",
    ],
    ids=[
        "function",
        "addressof",
        "field",
        "gc_library",
        "gc_both",
        "cycle_library",
        "cycle_both",
        "cycle_of_all",
        "cycle_of_all_reversed",
        "cycle_ffi",
        "exit_cycle",
        "exit_cycle_of_all",
        "exit",
    ],
)
def test_a_function_of_a_library_that_goes_first(code: str, path: Path) -> None:
    """`ffi.gc` whose destructor is a function of a library object that is collected first, or at
    the same time, or at the end of the process: a function keeps its library loaded.
    """
    assert run_child(LAST + code + "\ngc.collect()\nprint('end')", path) == ("end\n", "")


def test_a_closed_library(opened: tuple[Any, Any], path: Path) -> None:
    """The same for libraries that are closed on purpose: their names raise from then on."""
    ffi, _ = opened
    closed = ffi.dlopen(str(path))
    assert closed.add(1, 1) == 2
    ffi.dlclose(closed)
    ffi.dlclose(closed)
    for name in ("add", "sum"):
        with pytest.raises(ValueError, match="closed"):
            getattr(closed, name)


def test_destructors_at_interpreter_exit(path: Path) -> None:
    """Destructors at interpreter exit: each at most once, no crash, with Python functions as
    well as with C ones.
    """
    out, err = run_child(
        PINNED
        + """
lib.print_destroyed_at_exit()
def in_python(pointer):
    lib.destroy(pointer)
class Cycle: pass
kept = [ffi.gc(ffi.new("int[100]"), lib.destroy) for _ in range(100)]
kept += [ffi.gc(ffi.new("struct pair *"), in_python) for _ in range(100)]
cycle = Cycle()
cycle.me, cycle.data = cycle, ffi.gc(ffi.cast("void *", 16), lib.destroy)
sys.modules["unusual"] = Cycle()
sys.modules["unusual"].data = ffi.gc(ffi.new("int *"), lib.destroy)
handle = ffi.new_handle(cycle)
callback = ffi.callback("int(int)", lambda x, data=kept[0]: x)
nested = ffi.gc(ffi.gc(ffi.new("int *"), lib.destroy), in_python)
allocator = ffi.new_allocator(lambda size: ffi.new("char[]", size), lambda it: lib.destroy(it))
allocated = [allocator("int[5]") for _ in range(10)]
pointer = cancelled = ffi.gc(ffi.new("int *"), lib.destroy)
ffi.gc(cancelled, None)
""",
        path,
    )
    count = int(out.removeprefix("destroyed: "))
    # Module globals are dropped before the library; a Python function may find its globals gone.
    assert 0 < count <= 214
    assert "Fatal" not in err and "Segmentation" not in err


SHUTDOWN = """
import ctypes, random
how, wait = sys.argv[2], int(sys.argv[3])
def work(x):
    if how == "sleep":
        time.sleep(0.0005)
    elif how == "python":
        return sum(range(50)) + x & 0xFFFF
    return x + 1 & 0xFFFF
callback = ffi.callback("int(int)", work, error=-7)
# For ever: what the threads call must not go away.
ctypes.pythonapi.Py_IncRef(ctypes.py_object(callback))
lib.call_at_exit(callback, 3 if how != "none" else 0, 3000)
assert lib.call_for_ever(callback, 4, 0 if how == "busy" else 20) == 0
before = lib.calls_for_ever()
while lib.calls_for_ever() < before + 20:
    time.sleep(0.0002)
time.sleep(wait / 10000)
print("ends", flush=True)
if wait % 3 == 1:
    sys.exit(0)
if wait % 3 == 2:
    # The thread that ends is inside C, which calls back.
    lib.call(ffi.callback("int(int)", lambda x: x), 1)
"""


@pytest.mark.parametrize("how", ["none", "sleep", "python", "busy"])
def test_c_threads_that_call_during_shutdown(how: str, path: Path) -> None:
    """A foreign thread that calls back before, during and after the interpreter's end: no crash,
    no hang, status 0; and once the interpreter is gone C gets the error value.
    """
    processes = 24
    for first in range(0, processes, 4):
        children = [start_child(PINNED + SHUTDOWN, path, how, str(first + i)) for i in range(4)]
        for child in children:
            out, err = finish(child, timeout=30)
            assert out == ("ends\n" if how == "none" else "ends\nat exit: -7\n")
            assert err == ""


@pytest.mark.skipif(sys.platform != "linux", reason="functions are replaced by LD_PRELOAD")
@pytest.mark.parametrize("known", [False, True], ids=["first call", "later call"])
def test_a_c_thread_that_is_held_up_while_it_enters(
    known: bool, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had seen an interpreter, and asks for the GIL only when the interpreter would have ended:
    the end waits for it; afterwards it gets the error value.
    """
    late = compile_library(tmp_path, "late")
    monkeypatch.setenv("LD_PRELOAD", str(late))
    code = """
import ctypes
late = ctypes.CDLL(None)
known = sys.argv[2] == "True"
callback = ffi.callback("int(int)", lambda x: 7, error=-7)
ctypes.pythonapi.Py_IncRef(ctypes.py_object(callback))
lib.call_at_exit(callback, 1, 400_000)
if not known:
    late.hold_up_threads(150)
assert lib.call_for_ever(callback, 3, 10_000) == 0
if known:
    while lib.calls_for_ever() < 20:
        time.sleep(0.001)
    late.hold_up_threads(150)
patience = time.monotonic() + 10
while late.threads_held_up() < 3 and time.monotonic() < patience:
    time.sleep(0.001)
print("held up:", min(late.threads_held_up(), 3), flush=True)
"""
    out, err = run_child(PINNED + code, path, str(known))
    if out.startswith("held up: 0\n"):
        pytest.skip("the interpreter is no shared library: its functions come before LD_PRELOAD's")
    assert (out, err) == ("held up: 3\nat exit: -7\n", "")


@pytest.mark.parametrize("forget", ["_clear", "_run_exitfuncs"])
def test_exit_functions_that_go_early(forget: str, path: Path) -> None:
    """`multiprocessing` does both in its children: threads of C get in as before."""
    code = """
import atexit
callback = ffi.callback("int(int)", lambda x: x + 1)
assert lib.call_at_once(callback, 2, 3) == 0
getattr(atexit, sys.argv[2])()
assert lib.call_at_once(callback, 2, 3) == 0
again = ffi.callback("int(int)", lambda x: x + 1)
assert lib.call_at_once(again, 2, 3) == 0
assert atexit._ncallbacks() > 0
print("end")
"""
    assert run_child(code, path, forget) == ("end\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on Windows")
def test_the_end_of_a_forked_process_waits_for_no_thread(path: Path) -> None:
    """Threads that were waiting for the GIL are not there in the child."""
    code = """
import warnings
# From 3.12 on Python warns of forks where there are threads, which is what this is about.
warnings.simplefilter("ignore", DeprecationWarning)
callback = ffi.callback("int(int)", lambda x: x)
assert lib.call_for_ever(callback, 4, 0) == 0
while lib.calls_for_ever() < 20:
    time.sleep(0.001)
durations = []
for _ in range(5):
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        sys.exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    durations.append(time.monotonic() - start)
print(min(durations), flush=True)
os._exit(0)
"""
    out, err = run_child(PINNED + code, path)
    assert err == ""
    assert float(out) < 0.8, "a second is what threads are waited for at most"


def test_a_python_thread_in_a_callback_during_shutdown(path: Path) -> None:
    """The same for daemon threads of Python that are inside C, which calls them back."""
    code = """
def loop():
    callback = ffi.callback("int(int)", lambda x: x)
    while True:
        lib.call_times(callback, 100)
for _ in range(4):
    threading.Thread(target=loop, daemon=True).start()
time.sleep(int(sys.argv[2]) / 10000)
print("ends", flush=True)
"""
    for first in range(0, 24, 4):
        children = [start_child(PINNED + code, path, str(first + i)) for i in range(4)]
        assert [finish(child, timeout=30) for child in children] == [("ends\n", "")] * 4


def test_destructors_of_garbage_in_cycles(ffi: cffi.FFI) -> None:
    """They run before anything is cleared, in the order in which the objects were made."""
    order: list[str] = []

    class Node:
        parts: list[Node]
        hub: Node
        cdata: object

    def make_star() -> None:
        nodes = {name: Node() for name in "abcd"}
        for name, node in nodes.items():
            node.cdata = ffi.gc(ffi.cast("void *", 1), lambda _, name=name: order.append(name))
        nodes["a"].parts = [nodes["b"], nodes["c"], nodes["d"]]
        for name in "bcd":
            nodes[name].hub = nodes["a"]

    make_star()
    gc.collect()
    assert order == ["a", "b", "c", "d"]

    def make_nested() -> None:
        node = Node()
        node.hub = node
        inner = ffi.gc(ffi.cast("void *", 1), lambda _: order.append("inner"))
        node.parts = [inner]  # type: ignore[list-item]
        node.cdata = ffi.gc(ffi.cast("void *", 2), lambda _, keep=inner: order.append("outer"))

    order.clear()
    make_nested()
    gc.collect()
    assert order == ["inner", "outer"]
