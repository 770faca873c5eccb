"""The programs of docs/freezing.md, frozen by PyInstaller as it says there.

They run without any Python around them, and what they have imported has to be what
is in our wheel.  Not here: other tools that freeze programs.
"""

from __future__ import annotations

import os
import re
import sys
import zipfile
from pathlib import Path

import pytest
from commands import output_of

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements-freezing.txt")
WHEELS = Path(os.environ.get("CFFI_WHEELS", ROOT / "build" / "wheels" / Path(sys.prefix).name))
DOCUMENT = (ROOT / "docs" / "freezing.md").read_text()
PRINTED = {"in_line": "6", "api_mode": "42", "abi_mode": "5", "package": "sealed"}
# Says behind the program's own output which files were imported.
LAST_WORDS = """
import sys
for name in ("_cffi_backend", "cffi", "setuptools", "distutils"):
    if name in sys.modules:
        print(name, sys.modules[name].__file__)
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the frozen programs are looked into by their ELF files"
)


def run(*command: object, cwd: Path, **environment: str) -> str:
    return output_of(command, cwd, environment)


@pytest.fixture(scope="module")
def wheel() -> Path:
    (found,) = WHEELS.glob("cffi-*.whl")
    return found


@pytest.fixture(scope="module")
def tools(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of an environment with PyInstaller and our wheel."""
    folder = tmp_path_factory.mktemp("freezing") / "environment"
    run(sys.executable, "-m", "venv", folder, cwd=ROOT, **os.environ)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps"]
    run(*pip, "--requirement", REQUIREMENTS, wheel, cwd=ROOT, **os.environ)
    return folder / "bin"


@pytest.fixture(scope="module")
def programs(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the programs of the document, and the modules that they import."""
    folder = tmp_path_factory.mktemp("programs")
    for name, text in re.findall(r"^```python\n# (\w+)\.py\n(.*?)^```", DOCUMENT, re.M | re.S):
        (folder / f"{name}.py").write_text(text + (LAST_WORDS if name in PRINTED else ""))
    assert "\n    python build_modules.py\n" in DOCUMENT
    run(tools / "python", "build_modules.py", cwd=folder, PATH=os.environ["PATH"])
    return folder


def test_every_command_is_tested() -> None:
    assert set(re.findall(r"^    pyinstaller (\w+)\.py$", DOCUMENT, re.M)) == PRINTED.keys()


@pytest.mark.parametrize("name", PRINTED)
def test_frozen_program(name: str, tools: Path, programs: Path, wheel: Path) -> None:
    search = f"{tools}:{os.environ['PATH']}"
    # Its configuration is kept in the user's folder otherwise.
    made = run(
        tools / "pyinstaller",
        "--noconfirm",
        f"{name}.py",
        cwd=programs,
        PATH=search,
        PYINSTALLER_CONFIG_DIR=str(programs / "configuration"),
    )
    assert "hook-copyreg.py" in made
    assert "WARNING" not in made

    frozen = programs / "dist" / name
    printed = run(frozen / name, cwd=Path("/")).splitlines()
    assert printed[0] == PRINTED[name]
    imported = dict(line.split(" ", 1) for line in printed[1:])
    backend = Path(imported.pop("_cffi_backend"))
    with zipfile.ZipFile(wheel) as archive:
        assert backend.read_bytes() == archive.read(backend.name)
    assert backend.parent == frozen / "_internal"
    if name == "in_line":
        assert frozen in Path(imported.pop("cffi")).parents
    assert imported == {}
    # The environment has setuptools. Only compiling needs it, and imports it then.
    listed = modules_in(programs / "build" / name / f"xref-{name}.html")
    assert "_cffi_backend" in listed
    assert not {module for module in listed if module.split(".")[0] in ("setuptools", "distutils")}


def modules_in(listing: Path) -> set[str]:
    """The modules that PyInstaller lists."""
    return set(re.findall(r'<a name="([\w.]+)"', listing.read_text()))
