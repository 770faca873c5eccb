"""What docs/building.md shows: its files and commands, section by section, and its errors."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import documents
import pytest
from documents import Block
from environments import ROOT, Environment

PAGE = ROOT / "docs" / "building.md"
BLOCKS = documents.blocks(PAGE)
SECTIONS = list(dict.fromkeys(block.section for block in BLOCKS))
# Installs what the commands of the others need.
FIRST = "What it needs"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """One for all sections, with what the page says that they need."""
    environment = Environment(tmp_path_factory.mktemp("page"))
    folder = tmp_path_factory.mktemp("first")
    [block] = [block for block in BLOCKS if block.section == FIRST]
    for command in documents.commands(block.text):
        documents.run(command, folder, environment.variables)
    environment.prove_ours(builds=0)
    yield environment
    # Nothing that was installed later has brought another one.
    environment.prove_ours(len(environment.builds()))


@pytest.mark.parametrize("section", [section for section in SECTIONS if section != FIRST])
def test_section(section: str, environment: Environment, tmp_path: Path) -> None:
    found = [block for block in BLOCKS if block.section == section]
    before = len(environment.builds())
    isolated = 0
    for block in found:
        if block.language == "console":
            for command in documents.commands(block.text):
                documents.run(command, tmp_path, environment.variables)
                isolated += command.words == "python -m pip install ."
        else:
            write(block, tmp_path)
    assert "console" in [block.language for block in found]
    environment.prove_ours(before + isolated)


def write(block: Block, folder: Path) -> None:
    """Put the file that a block is into the folder of its section.

    What is named as part of an example has to be there; the section is about a copy of it.
    """
    name, text = named(block)
    if name.startswith("examples/"):
        assert text in (ROOT / name).read_text(), f"{name} has no such lines"
        example = ROOT.joinpath(*Path(name).parts[:2])
        shutil.copytree(example, folder, dirs_exist_ok=True)
        return
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def named(block: Block) -> tuple[str, str]:
    """The name in the comment at the beginning of a block, and what is below it."""
    first, _, text = block.text.partition("\n")
    name = re.fullmatch(r"(?:# |/\* )([\w./]+)(?: \*/)?", first)
    assert name, f"{PAGE.name}:{block.line}: nothing runs this block"
    return name[1], text


# What brings about the errors of the page's last table: commands behind files that they need.
SCRIPT = """
from cffi import FFI
builder = FFI()
builder.cdef({cdef!r})
builder.{source}
if __name__ == "__main__":
    builder.compile()
"""
SQUARE = 'set_source("_m", "static int square(int x) { return x * x; }")'
SETUP = "from setuptools import setup\nsetup(cffi_modules=['square_build.py:builder'])\n"
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "name"
version = "1.0"
[tool.setuptools]
py-modules = []
"""
WITHOUT_SETUPTOOLS = """
import runpy, sys
sys.modules["setuptools"] = sys.modules["distutils"] = None
runpy.run_path("square_build.py", run_name="__main__")
"""


def script(source: str = SQUARE, cdef: str = "int square(int);") -> dict[str, str]:
    return {"square_build.py": SCRIPT.format(cdef=cdef, source=source)}


ERRORS: dict[str, tuple[dict[str, str], str]] = {
    "ImportError: compiling a module needs …, which is not installed: 'pip install setuptools'": (
        {**script(), "without.py": WITHOUT_SETUPTOOLS},
        "python without.py",
    ),
    "VerificationError: CompileError: …No such file or directory…": (
        script(),
        "CC=no-such-compiler python square_build.py",
    ),
    "fatal error: patchlevel.h: No such file or directory": (
        script(),
        "cffi-gen-src exec-python --ffi-var=builder square_build.py _m.c; cc -c _m.c",
    ),
    "VerificationError: CompileError: …": (
        script(cdef="typedef struct { int x; } square;"),
        "python square_build.py",
    ),
    "warning: implicit declaration of function": (
        script(cdef="int cube(int);"),
        "CFLAGS=-Wno-error=implicit-function-declaration python square_build.py",
    ),
    "ImportError: …undefined symbol: …": (
        script('set_source("_m", "int square(int);")'),
        "python square_build.py && python -c 'import _m'",
    ),
    "VerificationError: LinkError: …": (
        script(f'{SQUARE[:-1]}, libraries=["no_such_library"])'),
        "python square_build.py",
    ),
    "PkgConfigError: Package …was not found in the pkg-config search path": (
        script('set_source_pkgconfig("_m", ["no-such-package"], "")'),
        "python square_build.py",
    ),
    "PkgConfigError: cannot run pkg-config": (
        script('set_source_pkgconfig("_m", ["zlib"], "")'),
        'PATH="$VIRTUAL_ENV/bin" python square_build.py',
    ),
    "ffi.error: struct …: wrong size for field …": (
        script('set_source("_m", "struct s { short x; };")', "struct s { int x; };"),
        "python square_build.py && python -c 'import _m; _m.ffi.sizeof(\"struct s\")'",
    ),
    "ModuleNotFoundError: No module named '_cffi_backend'": (
        script(),
        # Without site-packages.
        "python square_build.py && python -S -c 'import _m'",
    ),
    "Unknown distribution option: 'cffi_modules'": (
        {**script(), "setup.py": SETUP, "pyproject.toml": PYPROJECT},
        "python -m pip wheel -v . && ls *-none-any.whl",
    ),
    "configuration error: `tool.setuptools` must not contain {'cffi_modules'} properties": (
        {"pyproject.toml": f'{PYPROJECT}cffi_modules = ["square_build.py:builder"]\n'},
        "python -m pip wheel --no-build-isolation .",
    ),
    "error: package directory '…' does not exist": (
        {
            **script('set_source("package._m", None)'),
            "setup.py": SETUP,
            "pyproject.toml": PYPROJECT.partition("[tool.")[0],
        },
        "mkdir -p src/package && python -m pip wheel --no-build-isolation .",
    ),
    "'…' does not name an existing file": (
        {**script(), "setup.py": SETUP, "pyproject.toml": PYPROJECT},
        "python -m build --no-isolation",
    ),
}


def test_every_error_is_tested() -> None:
    table = PAGE.read_text().partition("## When it fails\n")[2]
    rows = re.findall(r"^\| (`+)(?! )(.+?)(?<! )\1[ ,]", table, re.M)
    assert [text for _, text in rows] == list(ERRORS)


@pytest.mark.parametrize("message", ERRORS)
def test_error(message: str, environment: Environment, tmp_path: Path) -> None:
    files, command = ERRORS[message]
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env=environment.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    pattern = ".*".join(re.escape(part) for part in message.split("…"))
    assert re.search(pattern, done.stdout), done.stdout
    # Warnings are the two that let the command succeed.
    is_warning = message.startswith(("warning", "Unknown"))
    assert (done.returncode == 0) == is_warning, done.stdout
