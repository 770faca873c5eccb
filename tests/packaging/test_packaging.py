"""What is in the wheel and the sdist, and every way to install from source.

Not here: whether the wheel works on each Python (versions.py).  Builds happen
with cargo's dev profile, except for the wheel under test, which `make` built.
"""

from __future__ import annotations

import os
import re
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from commands import output_of

ROOT = Path(__file__).resolve().parents[2]
SMOKE = Path(__file__).with_name("smoke.py")
PREFIX = "cffi-2.1.1/"
MAX_WHEEL_SIZE = 3_000_000
WHEELS = Path(os.environ.get("CFFI_WHEELS", ROOT / "build" / "wheels" / Path(sys.prefix).name))


def run(*command: object, cwd: Path = ROOT, **environment: str) -> str:
    """Output of a command that has to succeed."""
    environment = {
        # Builds of the workspace's other crates are shared with `cargo test`.
        "CARGO_TARGET_DIR": str(ROOT / "target"),
        "SETUPTOOLS_RUST_CARGO_PROFILE": "dev",
        **os.environ,
        **environment,
    }
    return output_of(command, cwd, environment)


def needed_libraries(extension: Path) -> list[str]:
    """The shared libraries that the dynamic linker loads for an extension module."""
    return re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "--dynamic", "--wide", extension))


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The release wheel that the other tests run against."""
    (found,) = WHEELS.glob("cffi-*.whl")
    return found


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    code = f"from setuptools.build_meta import build_sdist; build_sdist({str(folder)!r})"
    run(sys.executable, "-c", code)
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="session")
def tree(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked sdist: a source tree without this repository around it."""
    folder = tmp_path_factory.mktemp("tree")
    run("tar", "-xzf", sdist, "-C", folder)
    return folder / PREFIX


class Environment:
    """An empty environment to install into."""

    def __init__(self, folder: Path) -> None:
        run(sys.executable, "-m", "venv", folder)
        self.folder = folder
        self.python = folder / "bin" / "python"

    def install(self, *arguments: object, **environment: str) -> None:
        run(
            self.python,
            "-m",
            "pip",
            "install",
            *arguments,
            cwd=self.folder,
            **environment,
        )

    def file_of(self, module: str) -> Path:
        code = f"import {module}; print({module}.__file__)"
        return Path(run(self.python, "-I", "-c", code, cwd=self.folder).strip())

    def smoke(self) -> None:
        assert "smoke test passed" in run(self.python, "-I", SMOKE, cwd=self.folder)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "environment")


def test_wheel_contents(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata_name = next(name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(metadata_name).decode())
        declared = archive.read(metadata_name.replace("METADATA", "entry_points.txt")).decode()
    entry_points = [line for line in declared.splitlines() if line]
    extensions = [name for name in names if name.endswith(".so")]
    assert len(extensions) == 1 and re.fullmatch(r"_cffi_backend\.[\w-]+\.so", extensions[0])
    assert {"cffi/__init__.py", "cffi/api.py", "cffi/py.typed"} <= set(names)
    assert {name.split("/")[0] for name in names} == {
        "cffi",
        "_cffi_backend-stubs",
        "cffi-2.1.1.dist-info",
        extensions[0],
    }
    licences = {name.rpartition("/")[2] for name in names if "/licenses/" in name}
    assert licences == {"LICENSE-MIT", "LICENSE-APACHE"}
    assert (metadata["Name"], metadata["Version"]) == ("cffi", "2.1.1")
    assert metadata["License-Expression"] == "MIT OR Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata.get_all("Requires-Dist") is None
    assert entry_points == [
        "[console_scripts]",
        "cffi-gen-src = cffi._cffi_gen_src:run",
        "[distutils.setup_keywords]",
        "cffi_modules = cffi.setuptools_ext:cffi_modules",
        "[pyinstaller40]",
        "hook-dirs = cffi._pyinstaller:get_hook_dirs",
    ]


def test_wheel_has_every_python_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("cffi/")}
    package = ROOT / "python" / "cffi"
    sources = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == sources


def test_wheel_is_small_and_stripped(wheel: Path, tmp_path: Path) -> None:
    if Path(sys.prefix).name.endswith("-dev"):
        pytest.skip("not the release profile")
    assert wheel.stat().st_size <= MAX_WHEEL_SIZE
    (extension,) = extract(wheel, "*.so", tmp_path)
    sections = run("readelf", "--sections", "--wide", extension)
    assert ".symtab" not in sections and ".debug_info" not in sections


def test_wheel_needs_no_library_but_libc(wheel: Path, tmp_path: Path) -> None:
    (extension,) = extract(wheel, "*.so", tmp_path)
    own = re.compile(r"(libc|libm|libdl|libpthread|ld-linux[-\w]*)\.so\.\d+")
    assert not [name for name in needed_libraries(extension) if not own.fullmatch(name)]


def extract(wheel: Path, pattern: str, folder: Path) -> list[Path]:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return sorted(folder.glob(pattern))


def test_sdist_contents(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.removeprefix(PREFIX) for name in archive.getnames()}
    assert {
        "Cargo.toml",
        "Cargo.lock",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "PKG-INFO",
        "README.md",
        "crates/cffi-backend/Cargo.toml",
        "crates/cffi-backend/src/lib.rs",
        "pyproject.toml",
        "python/cffi/py.typed",
        "setup.py",
    } <= names
    # Build products, and what only this repository needs.
    unwanted = re.compile(r"(^|/)(target|build|tests|fuzz|__pycache__)(/|$)|\.(so|pyc|o|a)$")
    assert [name for name in names if unwanted.search(name)] == []


def test_every_crate_source_is_in_the_sdist(tree: Path) -> None:
    def sources(root: Path) -> set[str]:
        folders = [*root.glob("crates/*/src"), *root.glob("crates/*/c")]
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        files += [*root.glob("crates/*/*.toml"), *root.glob("crates/*/build.rs")]
        return {
            path.relative_to(root).as_posix()
            for path in files
            if path.suffix not in (".snap", ".new", ".pending-snap")
        }

    assert sources(tree) == sources(ROOT)


def test_sdist_builds_on_its_own(sdist: Path, environment: Environment) -> None:
    environment.install(sdist)
    environment.smoke()


def test_install_from_a_folder_with_the_system_libffi(tree: Path, environment: Environment) -> None:
    environment.install(tree, CFFI_SYSTEM_LIBFFI="1")
    libraries = needed_libraries(environment.file_of("_cffi_backend"))
    assert [name for name in libraries if name.startswith("libffi.so")]
    environment.smoke()


def test_editable_install(tree: Path, environment: Environment) -> None:
    environment.install("--editable", tree)
    assert tree in environment.file_of("cffi").parents
    assert environment.file_of("_cffi_backend").name.startswith("_cffi_backend.")
    code = "import cffi; f = cffi.FFI(); f.cdef('int abs(int);'); print(f.dlopen(None).abs(-7))"
    assert run(environment.python, "-c", code, cwd=environment.folder) == "7\n"
