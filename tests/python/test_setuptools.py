"""``cffi_modules=`` of setuptools: wheels, editable installs, in place, sdists; wrong values."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cffi.setuptools_ext import _set_py_limited_api, add_cffi_module
from setuptools import Distribution, Extension
from setuptools.errors import SetupError

FILES = {
    "pyproject.toml": """
        [build-system]
        requires = ["setuptools"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "project"
        version = "1.0"
    """,
    "setup.py": """
        from setuptools import setup
        setup(package_dir={"": "src"}, packages=["pack"], cffi_modules=[
            "src/pack/api_build.py:ffibuilder",
            "src/pack/abi_build.py:make",
            "src/pack/other_build.py:ffi",
        ])
    """,
    "src/pack/__init__.py": "",
    "src/pack/api_build.py": """
        import cffi
        ffibuilder = cffi.FFI()
        ffibuilder.cdef("int square(int); typedef struct { int x; ...; } point_t;")
        ffibuilder.set_source("pack._api", '''
            static int square(int x) { return x * x; }
            typedef struct { int y, x; } point_t;
        ''')
        if __name__ == "__main__":
            ffibuilder.compile()
    """,
    "src/pack/abi_build.py": """
        import cffi
        def make():
            ffi = cffi.FFI()
            ffi.cdef("size_t strlen(const char *);")
            ffi.set_source("pack._abi", None)
            return ffi
    """,
    "src/pack/other_build.py": """
        import os, sys
        import cffi
        sys.path.insert(0, os.path.dirname(__file__))
        from api_build import ffibuilder
        ffi = cffi.FFI()
        ffi.include(ffibuilder)
        ffi.cdef("int get(point_t *);")
        ffi.set_source("pack._other", '''
            typedef struct { int y, x; } point_t;
            static int get(point_t *p) { return p->x; }
        ''')
    """,
}

USE = """
import sys
sys.path.insert(0, sys.argv[1])
from pack._api import ffi, lib
from pack._abi import ffi as abi
from pack._other import ffi as other_ffi, lib as other
assert lib.square(7) == 49
assert abi.dlopen(None).strlen(b"abc") == 3
assert other.get(ffi.new("point_t *", {"x": 5})) == 5
assert other_ffi.typeof("point_t") is ffi.typeof("point_t")
"""


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = text.strip("\n").splitlines()
        margin = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        path.write_text("".join(f"{line[margin:]}\n" for line in lines))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, FILES)
    return tmp_path


def run(project: Path, *arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def build(project: Path, step: str) -> Path:
    """The file that a step of the build backend makes."""
    out = project / "out"
    out.mkdir()
    run(project, "-c", f"from setuptools import build_meta; build_meta.{step}('out')")
    [path] = out.iterdir()
    return path


def test_wheel(project: Path) -> None:
    with zipfile.ZipFile(build(project, "build_wheel")) as wheel:
        names = set(wheel.namelist())
        wheel.extractall(project / "installed")
    assert {"pack/_abi.py", "pack/api_build.py"} <= names
    assert sum(name.startswith(("pack/_api.", "pack/_other.")) for name in names) == 2
    # Nothing generated stays between the sources.
    assert not list((project / "src").glob("**/_a*"))
    run(project, "-c", USE, "installed")


def test_editable(project: Path) -> None:
    build(project, "build_editable")
    run(project, "-c", USE, "src")


def test_in_place(project: Path) -> None:
    run(project, "setup.py", "-q", "build_ext", "--inplace")
    run(project, "-c", USE, "src")


def test_sdist(project: Path) -> None:
    with tarfile.open(build(project, "build_sdist")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {name for name in FILES if name.startswith("src/")} <= names
    assert not [name for name in names if "_api." in name or "_abi." in name]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (42, "must be a str or a list of str, not 'int'"),
        ("build.py", "'build.py' must be of the form 'path/build.py:ffi_variable'"),
        ("missing.py:ffi", "'missing.py' does not name an existing file$"),
        ("pack.build:ffi", r"\(rewrite cffi_modules to \['pack/build.py:ffi'\]\)"),
        ("pack/build.py:other", "object 'other' not found in module"),
        ("pack/build.py:number", r"is not an FFI instance \(got 'int'\)"),
        ("pack/build.py:function", r"is not an FFI instance \(got 'NoneType'\)"),
        ("pack/build.py:ffi", r"the set_source\(\) method was not called"),
    ],
)
def test_wrong_values(
    value: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = "import cffi\nffi = cffi.FFI()\nnumber = 4\ndef function(): pass\n"
    write(tmp_path, {"pack/build.py": source})
    with pytest.raises(SetupError, match=message):
        add_cffi_module(Distribution(), value)


def test_the_build_script_is_neither_imported_nor_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script = """
        import cffi
        assert __name__ == "__cffi__"
        assert __file__ == "build.py"
        ffi = cffi.FFI()
        ffi.set_source("module", "", libraries=["m"], py_limited_api=False)
    """
    write(tmp_path, {"build.py": script})
    distribution = Distribution()
    add_cffi_module(distribution, "build.py:ffi")
    [extension] = distribution.ext_modules
    assert extension.name == "module"
    assert extension.libraries == ["m"]
    assert extension.py_limited_api is False
    assert ("_CFFI_NO_LIMITED_API", None) in extension.define_macros


def test_the_stable_abi_is_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    import cffi.recompiler

    macros = [("A", "1")]
    kwds = _set_py_limited_api(Extension, {"py_limited_api": False, "define_macros": macros})
    assert kwds["define_macros"] == [("A", "1"), ("_CFFI_NO_LIMITED_API", None)]
    assert macros == [("A", "1")]
    monkeypatch.setattr(cffi.recompiler, "USE_LIMITED_API", False)
    assert "py_limited_api" not in _set_py_limited_api(Extension, {})
