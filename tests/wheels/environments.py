"""The environments that packages run in: alike but for their cffi, one upstream's and one ours.

Everything is made below build/packages/, from pinned requirements, and used again as long as
nothing that it was made of has changed.  Packages are downloaded once and installed without
their dependencies, so that nothing can bring another cffi along.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYTHON_TAG = f"py{sys.version_info[0]}.{sys.version_info[1]}{sys.abiflags}"
BUILD = ROOT / "build" / "packages" / PYTHON_TAG
DOWNLOADS = BUILD / "downloads"
UPSTREAM_VERSION = "2.1.1"
# Says which cffi an environment has, from inside of it.
PROBE = """
import importlib.metadata as m, json
import cffi, _cffi_backend
print(json.dumps([m.version("cffi"), m.requires("cffi"), cffi.__file__, _cffi_backend.__file__]))
"""


class SetUpError(Exception):
    """The packages cannot be run, or not with what they have to be run with."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment with one of the two cffis."""

    name: str
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Where it has them installed."""
        return next(self.folder.glob("lib/python*")) / "site-packages"


def upstream(requirements: list[Path], suffix: str = "") -> Environment:
    """The environment with upstream's cffi from PyPI."""
    environment = Environment("upstream", BUILD / f"upstream{suffix}")
    pinned = HERE / "requirements-upstream.txt"
    make(environment, [pinned, *requirements], None)
    prove(environment, upstreams=True)
    return environment


def ours(wheel: Path, requirements: list[Path], suffix: str = "") -> Environment:
    """The environment with our wheel."""
    environment = Environment("ours", BUILD / f"ours{suffix}")
    make(environment, requirements, wheel)
    prove(environment, upstreams=False)
    return environment


def make(environment: Environment, requirements: list[Path], wheel: Path | None) -> None:
    parts = [path.read_bytes() for path in requirements]
    parts += [wheel.read_bytes()] if wheel else []
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()
    stamp = environment.folder / ".made-of"
    if stamp.exists() and stamp.read_text() == key:
        return
    print(f"making {environment.folder.relative_to(ROOT)}", flush=True)
    shutil.rmtree(environment.folder, ignore_errors=True)
    run([interpreter(), "-m", "venv", environment.folder])
    run([environment.python, "-m", "pip", "uninstall", "--quiet", "--yes", "setuptools"])
    for path in requirements:
        download(environment, path)
        install(environment, ["--requirement", path])
    if wheel:
        install(environment, [wheel])
    stamp.write_text(key)


def download(environment: Environment, requirements: Path) -> None:
    """Wheels for everything that a file names, if they are not there yet."""
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    stamp = DOWNLOADS / f".{requirements.stem}"
    key = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == key:
        return
    command = [environment.python, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--wheel-dir", DOWNLOADS, "--find-links", DOWNLOADS]
    # Only what is said to be pure Python may be built, and without any cffi near it.
    command += ["--only-binary", ":all:"]
    for name in pure_packages():
        command += ["--no-binary", name]
    run([*command, "--requirement", requirements])
    stamp.write_text(key)


def pure_packages() -> list[str]:
    return [name for name, package in load("packages.toml").items() if package.get("pure")]


def install(environment: Environment, what: list[str | Path]) -> None:
    command = [environment.python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    run([*command, "--find-links", DOWNLOADS, *what])


def prove(environment: Environment, upstreams: bool) -> None:
    """Raise SetUpError unless the cffi in it is the one that it says, and complete."""
    done = subprocess.run(
        [environment.python, "-I", "-c", PROBE], capture_output=True, text=True, cwd="/"
    )
    if done.returncode != 0:
        raise SetUpError(f"no cffi can be imported in {environment.folder}:\n{done.stderr}")
    version, requires, *files = json.loads(done.stdout)
    if version != UPSTREAM_VERSION:
        raise SetUpError(f"{environment.folder} has cffi {version}, not {UPSTREAM_VERSION}")
    # Ours needs nothing else.
    if bool(requires) != upstreams:
        raise SetUpError(f"the cffi in {environment.folder} requires {requires}")
    for file in files:
        if environment.folder not in Path(file).parents:
            raise SetUpError(f"{environment.folder} imports {file}")


def system_packages(names: set[str]) -> None:
    """Debian packages, looked for first and installed where that is possible."""
    if names and subprocess.run([ROOT / "tools" / "apt.sh", *sorted(names)]).returncode != 0:
        print("going on without them: what needs them fails or is skipped", file=sys.stderr)


def interpreter() -> str:
    """The interpreter behind the environment that this runs in."""
    return getattr(sys, "_base_executable", sys.executable)


def run(command: list[str | Path]) -> None:
    words = [str(word) for word in command]
    if subprocess.run(words).returncode != 0:
        raise SetUpError(f"failed: {' '.join(words)}")


def load(name: str) -> dict[str, dict]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads((HERE / name).read_text())
