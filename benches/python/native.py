"""Compiles what is called: the shared library, and the extension modules around it.

Not a build system: nanobind's own source is compiled once for each version, what has
not changed is not compiled again, and cffi's modules are, as each cffi may have.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "bench"

# What nanobind's CMake files choose for a release, but -O3 where they have -Os: speed is the point.
CXX_FLAGS = ["-O3", "-DNDEBUG", "-std=c++17", "-fPIC", "-fvisibility=hidden"]
REQUIREMENTS = "benches/python/requirements-upstream.txt"
ASK_SYSCONFIG = """
import sysconfig
print(sysconfig.get_config_var("EXT_SUFFIX"), sysconfig.get_path("include"), sep="\\n")
"""
WITHOUT = "`--without nanobind` leaves the column out"
ASK = """
import importlib.metadata, json, sysconfig, nanobind
print(json.dumps({
    "version": importlib.metadata.version("nanobind"),
    "include": nanobind.include_dir(),
    "source": nanobind.source_dir(),
    "python_include": sysconfig.get_path("include"),
    "suffix": sysconfig.get_config_var("EXT_SUFFIX"),
}))
"""


class Nanobind(NamedTuple):
    """Where an interpreter has nanobind, and what its extension modules need."""

    version: str
    include: str
    source: str
    python_include: str
    suffix: str

    @property
    def include_flags(self) -> list[str]:
        robin_map = Path(self.include).parent / "ext" / "robin_map" / "include"
        return [f"-I{path}" for path in (self.python_include, self.include, robin_map)]


def compile_library() -> Path:
    """The functions of bench.h, for everyone."""
    BUILD.mkdir(parents=True, exist_ok=True)
    library = BUILD / "libbench.so"
    if is_newer(library, HERE / "bench.c", HERE / "bench.h"):
        return library
    run("cc", "-O2", "-shared", "-fPIC", "-pthread", "-o", library, HERE / "bench.c")
    return library


def compile_module(python: str, generator: str) -> None:
    """The module `bench_GENERATOR` for compiled calls, by the generator that `python` has."""
    folder = BUILD / "modules"
    folder.mkdir(parents=True, exist_ok=True)
    run(python, HERE / "module.py", f"bench_{generator}", folder)


def compile_nanobind(python: str, library: Path) -> Path:
    """The extension module for `python`, which has nanobind; it calls `library`."""
    if shutil.which("g++") is None:
        raise SystemExit(
            "g++ not found: the column `nanobind` needs it (Debian: apt-get install g++); "
            f"{WITHOUT}"
        )
    nanobind = find_nanobind(python)
    runtime = BUILD / f"nanobind-{nanobind.version}{nanobind.suffix}.o"
    if not runtime.exists():
        print(f"compiling nanobind {nanobind.version}", flush=True)
        unfinished = runtime.with_suffix(".tmp.o")
        source = Path(nanobind.source) / "nb_combined.cpp"
        aliasing = "-fno-strict-aliasing"
        run("g++", *CXX_FLAGS, aliasing, *nanobind.include_flags, "-c", "-o", unfinished, source)
        unfinished.rename(runtime)
    module = BUILD / f"bench_nanobind{nanobind.suffix}"
    if is_newer(module, HERE / "bench_nanobind.cpp", HERE / "bench.h", runtime):
        return module
    rpath = f"-Wl,-rpath,{library.parent}"
    inputs = [HERE / "bench_nanobind.cpp", runtime, library]
    run("g++", *CXX_FLAGS, "-shared", *nanobind.include_flags, "-o", module, *inputs, rpath)
    return module


def compile_cython(python: str, library: Path) -> Path:
    """The extension module for `python`, which has Cython; it calls `library`."""
    suffix, include = subprocess.run(
        [python, "-I", "-c", ASK_SYSCONFIG], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split("\n")[:2]
    module = BUILD / f"bench_cython{suffix}"
    if is_newer(module, HERE / "bench_cython.pyx", HERE / "bench.h"):
        return module
    source = BUILD / "bench_cython.c"
    translated = subprocess.run(
        [python, "-I", "-m", "cython", "-3", HERE / "bench_cython.pyx", "-o", source]
    )
    if translated.returncode != 0:
        raise SystemExit(
            f"{python} -m cython ended with {translated.returncode}: is "
            f"{REQUIREMENTS} installed, as `make bench` does? "
            "`--without cython` leaves the column out"
        )
    rpath = f"-Wl,-rpath,{library.parent}"
    flags = ["-O3", "-DNDEBUG", "-fPIC", "-shared", "-w", f"-I{include}", f"-I{HERE}"]
    run("cc", *flags, "-o", module, source, library, rpath)
    return module


def is_newer(made: Path, *sources: Path) -> bool:
    """Whether something need not be made again."""
    time = made.stat().st_mtime if made.exists() else 0
    return all(source.stat().st_mtime < time for source in sources)


def find_nanobind(python: str) -> Nanobind:
    answer = subprocess.run([python, "-I", "-c", ASK], stdout=subprocess.PIPE, text=True)
    if answer.returncode != 0:
        raise SystemExit(
            f"{python} has no nanobind: install {REQUIREMENTS}, as `make bench` does; {WITHOUT}"
        )
    nanobind = Nanobind(**json.loads(answer.stdout))
    if not (Path(nanobind.python_include) / "Python.h").exists():
        raise SystemExit(
            f"no Python.h in {nanobind.python_include}: the column `nanobind` needs it "
            f"(Debian: apt-get install python3-dev); {WITHOUT}"
        )
    return nanobind


def run(*command: str | Path) -> None:
    status = subprocess.run(command).returncode
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: ended with {status}")
