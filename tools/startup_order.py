"""Writes which functions of the extension module run at start-up: crates/cffi-backend/startup.ld.

The linker puts them side by side, so that few pages of the library are read and mapped by a program
that imports a module and calls a function. A function that is missing there costs a page fault, one
too many some bytes.

    startup_order.py PYTHON ...     of environments of `make build`
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "benches" / "python"))

import native

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "crates" / "cffi-backend" / "startup.ld"
BUILD = ROOT / "build" / "startup"

COMPILED = """
from bench_ours import ffi, lib
assert lib.add(3, 4) == 7
ffi.def_extern(name="on_int")(int)
assert lib.apply(lib.on_int, 5) == 5
"""
INLINE = """
import cffi
ffi = cffi.FFI()
ffi.cdef("typedef struct { int x, y; } point_t;")
ffi.cdef("int add(int a, int b); double fma3(double a, double b, double c);")
ffi.cdef("int apply(int (*f)(int), int x);")
lib = ffi.dlopen(sys.argv[1])
assert lib.add(3, 4) == 7
assert lib.fma3(2, 3, 1) == 7
assert lib.apply(ffi.callback("int(int)", int), 5) == 5
point = ffi.new("point_t *", [1, 2])
assert point.x + point.y == 3
"""
SCRIPT_TEXT = """\
/* What runs from the import of a module to its first calls, written by
   tools/startup_order.py. Names end in a hash that is another one in each build, and the linker
   takes what it finds. */

SECTIONS
{{
    .plt : {{ *(.plt) }}
    .text : {{
        /* Compiled modules. */
{compiled}
        /* What is written in assembler: the ways into C and back. */
        *(.text)
        /* The in-line mode. */
{inline}
        *(.text.*)
    }}
}}
INSERT AFTER .fini;
"""


def main(pythons: list[str]) -> None:
    if shutil.which("valgrind") is None:
        subprocess.run([ROOT / "tools" / "apt.sh", "valgrind"], check=True)
    library = str(native.compile_library())
    groups: list[set[str]] = [set(), set()]
    for python in pythons:
        native.compile_module(python, "ours")
        folder = build(python)
        for program, names in zip((COMPILED, INLINE), groups, strict=True):
            names |= functions_run(python, folder, program, library)
    compiled, inline = map(patterns, groups)
    inline -= compiled
    SCRIPT.write_text(SCRIPT_TEXT.format(compiled=lines(compiled), inline=lines(inline)))
    print(f"{SCRIPT.relative_to(ROOT)}: {len(compiled)} and {len(inline)} functions")


def build(python: str) -> Path:
    """A folder with the release's extension module, its symbols kept."""
    target = BUILD / "target"
    environment = {
        **os.environ,
        "PYO3_PYTHON": python,
        "CARGO_TARGET_DIR": str(target),
        "CARGO_PROFILE_RELEASE_STRIP": "none",
    }
    command = ["cargo", "build", "--release", "--package", "cffi-backend"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    shutil.copy(target / "release" / "lib_cffi_backend.so", BUILD / "_cffi_backend.so")
    return BUILD


def functions_run(python: str, folder: Path, program: str, library: str) -> set[str]:
    """The mangled names of the extension module's functions that the program runs."""
    paths = [str(folder), str(native.BUILD / "modules")]
    code = f"import sys\nsys.path[:0] = {paths!r}\n{program}"
    with tempfile.TemporaryDirectory() as temporary:
        options = ["--tool=callgrind", "--quiet", "--demangle=no", "--compress-strings=no"]
        out = Path(temporary) / "out"
        command = ["valgrind", *options, f"--callgrind-out-file={out}", python, "-I", "-c", code]
        subprocess.run([*command, library], check=True)
        names, inside = set(), False
        for entry in out.read_text().splitlines():
            key, _, value = entry.partition("=")
            if key == "ob":
                inside = Path(value).name.startswith("_cffi_backend")
            elif key == "fn" and inside:
                names.add(value.split("'")[0])
    return names


def patterns(names: Iterable[str]) -> set[str]:
    """What the names have in common in all builds: no hashes of crates."""
    without_hash = (re.sub(r"17h[0-9a-f]{16}E.*", "17h*", name) for name in names)
    # "Mangling v0", Rust Reference: a crate's disambiguator is "s", base 62, "_".
    found = {re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", name) for name in without_hash}
    return {it for it in found if it[0].isalpha() or it[0] == "_"}


def lines(names: Iterable[str]) -> str:
    # Or .text.unlikely.NAME: for functions that are marked as cold.
    return "\n".join(f"        *(.text*.{name})" for name in sorted(names))


if __name__ == "__main__":
    main(sys.argv[1:])
