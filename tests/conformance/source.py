"""Where the tests come from and what they run against: upstream's sdist, and our installed wheel.

Nothing of upstream is kept in the repository: the sdist is downloaded into
build/, its hash is compared with the one below, and only its tests are unpacked,
so that there is no upstream package on disk that could be imported by accident.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "conformance"
VERSION = "2.1.1"
SDIST_SHA256 = "dd31f52ea1086513bb9df30f8fcee9b8918323ae067a3d5b78bc826a000712be"
# The tests, and files that some of them read or compile.
UNPACKED = (
    "testing/",
    "src/c/test_c.py",
    "src/cffi/parse_c_type.h",
    "src/cffi/_cffi_include.h",
    "src/c/parse_c_type.c",
)

# Tests read our version here, and one of them installs the folder; see offered_wheel.py.
PYPROJECT = """\
[project]
name = "cffi"
version = {version}

[build-system]
requires = []
build-backend = "offered_wheel"
backend-path = ["."]
"""
# What our modules have for embedding, by the name under which a test reads the version in it.
EMBEDDING = ROOT / "crates" / "cffi-codegen" / "src" / "c" / "embedding.h"


class SetUpError(Exception):
    """The tests cannot be run, or what they would run against is not ours."""


def unpack_tests() -> Path:
    """The folder with upstream's tests, downloaded when it is not there yet."""
    folder = BUILD / f"cffi-{VERSION}"
    complete = folder / ".complete"
    if complete.exists() and complete.read_text() == repr(UNPACKED):
        put_ours(folder)
        return folder
    sdist = BUILD / f"cffi-{VERSION}.tar.gz"
    if not sdist.exists():
        download_sdist()
    actual = hashlib.sha256(sdist.read_bytes()).hexdigest()
    if actual != SDIST_SHA256:
        raise SetUpError(f"{sdist} has SHA-256 {actual}, not the pinned {SDIST_SHA256}")
    with tarfile.open(sdist) as archive:
        prefix = f"cffi-{VERSION}/"
        for member in archive.getmembers():
            path = member.name.removeprefix(prefix)
            if member.isfile() and path.startswith(UNPACKED) and ".." not in path:
                file = archive.extractfile(member)
                assert file is not None
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(file.read())
    # Keeps pytest from looking for a configuration further up, in our own repository.
    (folder / "pytest.ini").write_text("[pytest]\n")
    put_ours(folder)
    complete.write_text(repr(UNPACKED))
    return folder


def put_ours(folder: Path) -> None:
    """What tests expect around them, of ours: a project to install, a header."""
    version = re.search(r'^version = (".+")$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert version is not None
    (folder / "pyproject.toml").write_text(PYPROJECT.format(version=version[1]))
    (folder / "src" / "cffi" / "_embedding.h").write_bytes(EMBEDDING.read_bytes())
    backend = Path(__file__).with_name("offered_wheel.py")
    (folder / backend.name).write_bytes(backend.read_bytes())


def the_wheel(wheels: Path) -> Path:
    """The one wheel in a folder."""
    found = sorted(wheels.glob("cffi-*.whl"))
    if len(found) != 1:
        raise SetUpError(f"expected one wheel in {wheels}, found {len(found)}; run `make build`")
    return found[0]


def download_sdist() -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    requirement = BUILD / "requirement.txt"
    requirement.write_text(f"cffi=={VERSION} --hash=sha256:{SDIST_SHA256}\n")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--require-hashes",
    ]
    command += [
        "--no-binary",
        "cffi",
        "--dest",
        str(BUILD),
        "--requirement",
        str(requirement),
    ]
    if subprocess.run(command).returncode != 0:
        raise SetUpError("could not download the sdist of cffi from PyPI")


def prove_ours(wheels: Path) -> None:
    """Raise SetUpError unless this environment has our wheel, file by file, and no other cffi."""
    path = the_wheel(wheels)
    site = Path(sysconfig.get_path("platlib"))
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            if ".dist-info/" in name:
                continue
            installed = site / name
            if not installed.exists() or installed.read_bytes() != wheel.read(name):
                raise SetUpError(f"{installed} is not the file of {path.name}; run `make build`")
    distribution = importlib.metadata.distribution("cffi")
    if distribution.requires:
        raise SetUpError(f"cffi in {site} requires {distribution.requires}, so it is upstream's")
    if importlib.util.find_spec("pycparser") is not None:
        raise SetUpError("pycparser can be imported here, so nobody would notice its use")


def check_imported(imported: dict[str, str | None], pycparser: bool) -> list[str]:
    """What is wrong about the modules that a test process had imported at its end.

    Some of the tests use the extension module alone, without the package.
    """
    site = Path(sysconfig.get_path("platlib"))
    problems = ["pycparser could be imported"] if pycparser else []
    for name, file in imported.items():
        if file is None:
            if name == "_cffi_backend":
                problems.append(f"{name} was not imported at all")
        elif site not in Path(file).parents:
            problems.append(f"{name} was imported from {file}, not from {site}")
    return problems


def compile_fixtures() -> Path:
    """testfuncs.c as an extension module for this Python."""
    source = Path(__file__).with_name("testfuncs.c")
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    target = BUILD / f"_conformance_fixtures{suffix}"
    if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
        return target
    include = sysconfig.get_path("include")
    command = [
        "cc",
        "-O1",
        "-shared",
        "-fPIC",
        "-Wall",
        f"-I{include}",
        str(source),
        "-o",
        str(target),
    ]
    if subprocess.run(command).returncode != 0:
        raise SetUpError(f"could not compile {source}")
    return target
