"""From set_source() to files and libraries: what is written when and where, and what is raised."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import cffi
import pytest
from compilers import needed

SOURCE = "static int add(int x, int y) { return x + y; }"


def prepared(name: str = "_m", source: str | None = SOURCE, **kwds: object) -> cffi.FFI:
    ffi = cffi.FFI()
    ffi.cdef("int add(int x, int y);")
    ffi.set_source(name, source, **kwds)
    return ffi


def load(name: str, path: str) -> ModuleType:
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def identity(path: Path) -> tuple[int, int]:
    """Changes whenever a file is written anew."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


# ---- files


@pytest.mark.parametrize("source, name", [(SOURCE, "_m.c"), (None, "_m.py")])
def test_unchanged_files_are_not_written(tmp_path: Path, source: str | None, name: str) -> None:
    path = tmp_path / name

    def emit(*cdefs: str) -> None:
        ffi = prepared(source=source)
        for cdef in cdefs:
            ffi.cdef(cdef)
        (ffi.emit_python_code if source is None else ffi.emit_c_code)(str(path))

    emit()
    before = identity(path)
    emit()
    assert identity(path) == before
    emit("int sub(int, int);")
    assert identity(path) != before
    assert os.listdir(tmp_path) == [name]


def test_distutils_extension(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ffi = prepared("package._m", libraries=["m"], define_macros=[("A", "1")], sources=["x/y.c"])
    folder = str(tmp_path / "build")
    extension = ffi.distutils_extension(folder)
    source = os.path.join(folder, "package", "_m.c")
    assert capsys.readouterr().err == f"regenerated: {source!r}\n"
    assert extension.name == "package._m"
    assert extension.sources == [source, os.path.join("x", "y.c")]
    assert extension.libraries == ["m"]
    assert extension.define_macros == [("A", "1")]
    before = identity(Path(source))
    ffi.distutils_extension(folder)
    assert capsys.readouterr().err == f"not modified: {source!r}\n"
    assert identity(Path(source)) == before
    ffi.distutils_extension(folder, verbose=False)
    assert capsys.readouterr().err == ""


def test_file_objects(tmp_path: Path) -> None:
    text = io.StringIO()
    prepared().emit_c_code(text)
    prepared().emit_c_code(str(tmp_path / "_m.c"))
    assert text.getvalue() == (tmp_path / "_m.c").read_text()
    text = io.StringIO()
    prepared(source=None).emit_python_code(text)
    assert "FFI('_m'" in text.getvalue()


def test_a_failing_generation_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "_m.py"
    path.write_text("# from before\n")
    ffi = cffi.FFI()
    ffi.cdef("#define X ...")
    ffi.set_source("_m", None)
    with pytest.raises(cffi.VerificationError):
        ffi.emit_python_code(str(path))
    assert path.read_text() == "# from before\n"
    assert os.listdir(tmp_path) == ["_m.py"]


# ---- compile()


def test_compile(tmp_path: Path) -> None:
    path = prepared("package.sub._m").compile(tmpdir=str(tmp_path))
    assert Path(path).parent == tmp_path / "package" / "sub"
    assert load("package.sub._m", path).lib.add(40, 2) == 42


def test_compile_with_a_target(tmp_path: Path) -> None:
    assert prepared().compile(tmpdir=str(tmp_path), target="other.*") == str(tmp_path / "other.so")
    assert prepared().compile(tmpdir=str(tmp_path), target="name.x") == str(tmp_path / "name.x")


def test_compile_cxx(tmp_path: Path) -> None:
    source = "template<class T> static T sum(T x, T y) { return x + y; }\n#define add sum<int>"
    path = prepared(source=source, source_extension=".cpp").compile(tmpdir=str(tmp_path))
    assert (tmp_path / "_m.cpp").exists()
    assert load("_m", path).lib.add(40, 2) == 42


def test_compile_a_python_module(tmp_path: Path) -> None:
    path = prepared("package._m", None).compile(tmpdir=str(tmp_path))
    assert path == str(tmp_path / "package" / "_m.py")


def test_compilers_errors(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The exception says that it failed; the compiler says where and why."""
    ffi = cffi.FFI()
    ffi.cdef("struct s { int declared; };")
    ffi.set_source("_m", "struct s { int other; };")
    before = os.getcwd()
    with pytest.raises(cffi.VerificationError, match="CompileError"):
        ffi.compile(tmpdir=str(tmp_path))
    output = "".join(capfd.readouterr())
    assert "struct s" in output
    assert "declared" in output
    assert os.getcwd() == before


def test_linkers_errors(tmp_path: Path) -> None:
    with pytest.raises(cffi.VerificationError, match="LinkError"):
        prepared(libraries=["no_such_library_anywhere"]).compile(tmpdir=str(tmp_path))


# ---- without setuptools

WITHOUT = """if 1:
    import sys
    for name in ("setuptools", "distutils"):
        sys.modules[name] = None
    import cffi
    ffi = cffi.FFI()
    ffi.cdef("int f(int);")
    ffi.set_source("_m", "")
"""


def without_setuptools(folder: Path, code: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT + code], cwd=folder, text=True, capture_output=True
    )
    return result.stderr


@pytest.mark.parametrize("step", ["compile", "distutils_extension"])
def test_without_setuptools(tmp_path: Path, step: str) -> None:
    message = without_setuptools(tmp_path, f"    ffi.{step}()").splitlines()[-1]
    assert message.startswith("ImportError: ")
    assert "pip install setuptools" in message


def test_text_needs_no_setuptools(tmp_path: Path) -> None:
    assert without_setuptools(tmp_path, "    ffi.emit_c_code('_m.c')") == ""
    assert (tmp_path / "_m.c").exists()


# ---- in the wrong order


@pytest.mark.parametrize(
    "step", ["emit_c_code", "emit_python_code", "compile", "distutils_extension"]
)
def test_before_set_source(step: str) -> None:
    arguments = ["x"] if step.startswith("emit") else []
    with pytest.raises(ValueError, match=rf"set_source\(\) must be called before {step}\(\)"):
        getattr(cffi.FFI(), step)(*arguments)


def test_set_source_twice() -> None:
    ffi = prepared()
    with pytest.raises(ValueError, match="several times"):
        ffi.set_source("_n", "")


def test_the_other_kind_of_module() -> None:
    with pytest.raises(TypeError, match="emit_python_code"):
        prepared().emit_python_code(io.StringIO())
    with pytest.raises(TypeError, match="emit_c_code"):
        prepared(source=None).emit_c_code(io.StringIO())
    with pytest.raises(TypeError, match="distutils_extension"):
        prepared(source=None).distutils_extension()


def test_includes_of_the_other_kind() -> None:
    for base, top in [(SOURCE, None), (None, SOURCE)]:
        ffi = cffi.FFI()
        ffi.include(prepared("_base", base))
        ffi.set_source("_top", top)
        with pytest.raises(cffi.VerificationError, match="not implemented yet"):
            (ffi.emit_python_code if top is None else ffi.emit_c_code)(io.StringIO())


def test_includes_without_a_source() -> None:
    ffi = cffi.FFI()
    ffi.include(cffi.FFI())
    ffi.set_source("_top", "")
    with pytest.raises(cffi.VerificationError, match="has not been prepared with set_source"):
        ffi.emit_c_code(io.StringIO())


def test_pkg_config() -> None:
    needed("pkg-config")
    with pytest.raises(cffi.PkgConfigError, match="no_such_package"):
        cffi.FFI().set_source_pkgconfig("_m", ["no_such_package"], "")
