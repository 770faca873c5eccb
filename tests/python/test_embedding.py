"""Libraries that embed Python, called by C programs: start, threads, several at once, failures."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

import cffi
import pytest

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not sysconfig.get_config_var("Py_ENABLE_SHARED"),
    reason="needs a shared libpython",
)

LIBDIR = sysconfig.get_config_var("LIBDIR")


def build(folder: Path, name: str, api: str, init: str, source: str = "", cdef: str = "") -> str:
    ffi = cffi.FFI()
    ffi.embedding_api(api)
    ffi.cdef(cdef)
    ffi.embedding_init_code(init)
    ffi.set_source(name, source, library_dirs=[LIBDIR])
    return ffi.compile(str(folder), target=f"lib{name}.*")


def run(folder: Path, program: str, *libraries: str) -> tuple[str, str]:
    """What a C program prints, on standard output and standard error."""
    (folder / "program.c").write_text(
        "#include <stdio.h>\n#include <pthread.h>\n" + textwrap.dedent(program)
    )
    compiler = os.environ.get("CC", "cc")
    subprocess.run(
        [compiler, "program.c", "-o", "program", "-pthread", *libraries]
        + [f"-L{LIBDIR}", f"-Wl,-rpath,{LIBDIR}", f"-Wl,-rpath,{folder}"],
        cwd=folder,
        check=True,
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path[1:]),
        "LD_LIBRARY_PATH": LIBDIR,
        "PYTHONHOME": sys.base_prefix,
    }
    done = subprocess.run(
        ["./program"], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


ADD = """
    from {name} import ffi, lib
    print("starting\\n", end="", flush=True)
    @ffi.def_extern()
    def {name}_add(x, y):
        return x + y
"""


def build_adder(folder: Path, name: str) -> str:
    return build(folder, name, f"int {name}_add(int, int);", ADD.format(name=name))


def test_a_function(tmp_path: Path) -> None:
    library = build_adder(tmp_path, "one")
    program = """
        int one_add(int, int);
        int main(void) { printf("%d\\n", one_add(40, 2)); return 0; }
    """
    assert run(tmp_path, program, library) == ("starting\n42\n", "")


def test_several_libraries_and_threads(tmp_path: Path) -> None:
    names = ["one", "two", "three"]
    libraries = [build_adder(tmp_path, name) for name in names]
    program = """
        int one_add(int, int), two_add(int, int), three_add(int, int);
        static long total;
        static void *work(void *function) {
            long sum = 0;
            int i;
            for (i = 0; i < 200; i++)
                sum += ((int (*)(int, int))function)(i, 1) - i;
            __sync_fetch_and_add(&total, sum);
            return NULL;
        }
        int main(void) {
            pthread_t threads[12];
            void *functions[] = { one_add, two_add, three_add };
            int i;
            for (i = 0; i < 12; i++)
                pthread_create(&threads[i], NULL, work, functions[i % 3]);
            for (i = 0; i < 12; i++)
                pthread_join(threads[i], NULL);
            printf("%ld\\n", total);
            return 0;
        }
    """
    for _ in range(5):
        assert run(tmp_path, program, *libraries) == ("starting\n" * 3 + "2400\n", "")


def test_plug_ins(tmp_path: Path) -> None:
    """Loaded with RTLD_LOCAL they hide libpython from extension modules, such as ours."""
    for number, name in ((1, "one"), (2, "two")):
        init = f"from {name} import ffi\n@ffi.def_extern()\ndef value(x): return x + {number}"
        build(tmp_path, name, "int value(int);", init)
    program = """
        #include <dlfcn.h>
        int main(void) {
            const char *names[] = { "./libone.so", "./libtwo.so" };
            int i;
            for (i = 0; i < 2; i++) {
                void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
                int (*value)(int) = (int (*)(int))dlsym(library, "value");
                printf("%d\\n", value(i * 100));
            }
            return 0;
        }
    """
    assert run(tmp_path, program, "-ldl") == ("1\n102\n", "")


def test_c_code_of_the_library(tmp_path: Path) -> None:
    source = """
        CFFI_DLLEXPORT int counter = 42;
        CFFI_DLLEXPORT int begin(void) { return cffi_start_python(); }
        static int twice(int);
        CFFI_DLLEXPORT int four_times(int x) { return twice(twice(x)); }
    """
    init = """
        from own import ffi, lib
        print("starting", lib.counter, flush=True)
        lib.counter += 1
        @ffi.def_extern()
        def twice(x):
            return 2 * x
    """
    cdef = 'extern "Python" int twice(int);'
    library = build(tmp_path, "own", "extern int counter;", init, source, cdef)
    program = """
        extern int counter;
        int begin(void), four_times(int);
        int main(void) {
            printf("%d", begin());
            printf(" %d", begin());
            printf(" %d %d\\n", counter, four_times(5));
            return 0;
        }
    """
    assert run(tmp_path, program, library) == ("starting 42\n0 0 43 20\n", "")


@pytest.mark.parametrize(
    ("init", "stderr"),
    [
        ("import absent_module", "No module named 'absent_module'"),
        ("raise SystemExit(3)", "SystemExit"),
        ("from broken import ffi", None),
    ],
)
def test_failures_give_zero(init: str, stderr: str | None, tmp_path: Path) -> None:
    source = "CFFI_DLLEXPORT int begin(void) { return cffi_start_python(); }"
    library = build(tmp_path, "broken", "int f(int);", init, source)
    program = """
        int begin(void), f(int);
        int main(void) {
            int first = f(5);
            printf("%d %d %d\\n", first, f(5), begin());
            return 0;
        }
    """
    printed, complaint = run(tmp_path, program, library)
    if stderr is None:
        # The code ran, but nobody implements the function.
        assert printed == "0 0 0\n"
        assert complaint.count('extern "Python"') == 2
    else:
        assert printed == "0 0 -1\n"
        assert stderr in complaint
        assert complaint.count("Failed to initialize the Python-CFFI embedding logic") == 1
        assert "From: broken" in complaint
        assert complaint.count("function broken.f() called, but initialization code failed") == 2


def test_the_library_is_also_an_extension_module(tmp_path: Path) -> None:
    library = build_adder(tmp_path, "module")
    os.symlink(library, tmp_path / "module.so")
    script = "import module; print(module.lib.module_add(1, 2), module.lib.module_add(3, 4))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("starting\n3 7\n", "")


def test_the_example_of_the_documentation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text()
    [script] = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    [program] = re.findall(r"^```c\n(.*?)^```", text, re.M | re.S)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LDFLAGS", f"-L{LIBDIR}")
    exec(compile(script, "build.py", "exec"), {})
    assert run(tmp_path, program, "libplugin.so") == ("42 after 1 call\n", "")


def test_init_code_is_checked_when_it_is_given() -> None:
    ffi = cffi.FFI()
    with pytest.raises(SyntaxError):
        ffi.embedding_init_code("\n    if 1\n")
    ffi.embedding_init_code("\n    x = 1\n    if x:\n        pass\n")
    with pytest.raises(ValueError, match="only be called once"):
        ffi.embedding_init_code("pass")
