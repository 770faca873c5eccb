"""Each project of examples/ is built and used as its README says, and then looked at."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import documents
import pytest
from environments import Environment

STABLE_ABI = not sysconfig.get_config_var("Py_GIL_DISABLED")
ENDING = ".abi3.so" if STABLE_ABI else sysconfig.get_config_var("EXT_SUFFIX")
THIS_VERSION = f"cp{sys.version_info[0]}{sys.version_info[1]}"


class Project:
    """A copy of an example, with an environment to install it into."""

    def __init__(self, repository: Path, name: str, folder: Path) -> None:
        self.environment = Environment(folder)
        self.folder = folder / name
        shutil.copytree(repository / "examples" / name, self.folder)
        blocks = documents.blocks(self.folder / "README.md")
        self.blocks = [documents.commands(block.text) for block in blocks]
        self.builds = 0

    def follow(self) -> list[documents.Command]:
        """Run the commands of the next block of the README."""
        commands = self.blocks.pop(0)
        for command in commands:
            self.run(command)
            # `pip install .` makes an environment for the build.
            self.builds += re.search(r"pip install .*\.$", command.words) is not None
        self.environment.prove_ours(self.builds)
        return commands

    def run(self, command: documents.Command) -> str:
        return documents.run(command, self.folder, self.environment.variables)

    def python(self, code: str) -> str:
        """What Python code prints, away from the sources."""
        command = [self.environment.folder / "bin" / "python", "-I", "-c", code]
        return subprocess.check_output(command, cwd="/", text=True)

    def tag(self, package: str) -> str:
        """For which Pythons its wheel is."""
        [metadata] = self.environment.packages.glob(f"{package}-*.dist-info/WHEEL")
        [tag] = re.findall(r"^Tag: (\w+-\w+)-", metadata.read_text(), re.M)
        return str(tag)

    def modules(self, package: str) -> list[str]:
        """The extension modules that are installed."""
        return sorted(path.name for path in (self.environment.packages / package).glob("*.so"))


@pytest.fixture
def project(request: pytest.FixtureRequest, repository: Path, tmp_path: Path) -> Iterator[Project]:
    """The example that the test is named after."""
    name = request.node.name.removeprefix("test_")
    project = Project(repository, name, tmp_path)
    assert project.blocks
    yield project
    assert not project.blocks, "the README says more than the test does"


def test_every_example_is_here(repository: Path) -> None:
    tested = re.findall(r"^def test_(\w+)\(project", Path(__file__).read_text(), re.M)
    folders = [path.name for path in (repository / "examples").iterdir() if path.is_dir()]
    assert sorted(tested) == sorted(folders)


CHECKSUMS = """
import array, binascii, zlib
import checksums

def fletcher16(data):
    first = second = 0
    for byte in data:
        first = (first + byte) % 255
        second = (second + first) % 255
    return second << 8 | first

data = bytes(range(256)) * 5
for kind in bytes, bytearray, memoryview, lambda data: array.array("i", data):
    assert checksums.crc32(kind(data)) == zlib.crc32(data)
    assert checksums.adler32(kind(data)) == zlib.adler32(data)
    assert checksums.crc16(kind(data)) == binascii.crc_hqx(data, 0xFFFF)
    assert checksums.Fletcher16(kind(data)).value == fletcher16(data)

sum = checksums.Fletcher16(data[:100])
sum.add(data[100:])
assert sum.value == fletcher16(data)
assert checksums.crc16(data[100:], checksums.crc16(data[:100])) == checksums.crc16(data)
assert checksums.crc32(data[100:], checksums.crc32(data[:100])) == zlib.crc32(data)
assert checksums.adler32(data[100:], checksums.adler32(data[:100])) == zlib.adler32(data)
assert checksums.crc16(b"123456789") == 0x29B1
print("checked")
"""


def test_meson(project: Project) -> None:
    project.follow()
    assert project.modules("checksums") == [f"_small{ENDING}", f"_zlib{ENDING}"]
    assert project.tag("checksums") == f"{THIS_VERSION}-abi3"
    assert project.python(CHECKSUMS) == "checked\n"

    project.follow()
    ending = sysconfig.get_config_var("EXT_SUFFIX")
    assert project.modules("checksums") == [f"_small{ending}", f"_zlib{ending}"]
    assert project.tag("checksums") == f"{THIS_VERSION}-{THIS_VERSION}{sys.abiflags}"
    assert project.python(CHECKSUMS) == "checked\n"


HULLS = """
import random
from convexhull import Hull

def is_left(a, b, c):
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

random.seed(3)
for round in range(100):
    points = [(random.randrange(10), random.randrange(10)) for _ in range(random.randrange(3, 40))]
    corners = Hull(points).corners
    assert set(corners) <= set(points)
    # A corner is on neither side of none but its own two edges.
    for a, b in zip(corners, corners[1:] + corners[:1]):
        assert all(is_left(a, b, point) >= 0 for point in points)
        assert len(corners) < 3 or all(is_left(a, b, c) > 0 for c in corners if c not in (a, b))

assert Hull([]).corners == []
assert Hull([(1, 2)] * 3).corners == [(1, 2)]
assert Hull([(0, 0), (1, 1), (2, 2), (0, 0)]).corners == [(0, 0), (2, 2)]
assert Hull([(0, 0), (2, 0), (0, 2)]).area == 2
print("checked")
"""


def test_cmake(project: Project) -> None:
    project.follow()
    assert project.modules("convexhull") == [f"_hull{ENDING}"]
    assert project.tag("convexhull") == "cp310-abi3"
    assert project.python(HULLS) == "checked\n"


STATEMENTS = """
import zlib
import minisql

database = minisql.Database()
assert database.rows("create table t(name, size)") == []
assert database.rows("insert into t values ('one', 1.5), ('f\u00fcnf', null)") == []
assert database.rows("select name, size, crc32(name) from t") == [
    ("one", 1.5, zlib.crc32(b"one")),
    ("f\u00fcnf", None, zlib.crc32("f\u00fcnf".encode())),
]
wrong_statements = {
    "selec": 'near "selec": syntax error',
    "select f(1)": "no such function: f",
}
for wrong, message in wrong_statements.items():
    try:
        database.rows(wrong)
    except minisql.Error as error:
        assert str(error) == message
    else:
        raise AssertionError(wrong)
try:
    minisql.Database("/no/such/folder/file")
except minisql.Error as error:
    assert "unable to open" in str(error)
else:
    raise AssertionError("opened")
print(minisql.__file__)
"""


def test_setuptools(project: Project) -> None:
    project.follow()
    installed = project.environment.packages / "minisql"
    assert project.tag("minisql") == "cp310-abi3"
    assert project.modules("minisql") == [f"_sqlite{ENDING}"]
    assert (installed / "_zlib.py").exists()
    assert project.python(STATEMENTS) == f"{installed / '__init__.py'}\n"

    source = project.folder / "src" / "minisql"
    assert not [*source.glob("_sqlite.*"), *source.glob("_zlib.*")]
    [install, *_] = project.follow()
    assert project.python(STATEMENTS) == f"{source / '__init__.py'}\n"
    assert [path.name for path in source.glob("*.so")] == [f"_sqlite{ENDING}"]

    script = source / "zlib_build.py"
    script.write_text(
        script.read_text().replace("unsigned int size);", "unsigned int size); int f(int);")
    )
    project.run(install)
    assert project.python("import minisql; print(dir(minisql.zlib))") == "['crc32', 'f']\n"


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_ENABLE_SHARED"), reason="needs a shared libpython"
)
def test_plugin(project: Project) -> None:
    [*_, command] = project.follow()
    # Another Python on PATH may have another cffi: which one was it?
    verbose = {**project.environment.variables, "PYTHONVERBOSE": "1"}
    lines = documents.run(command, project.folder, verbose).splitlines()
    [imported] = [
        line for line in lines if line.startswith("# extension module '_cffi_backend' loaded")
    ]
    assert f"from '{project.environment.packages}" in imported

    # Each text has a thread, and all of them start with the same call.
    texts = " ".join(["texts/rain.txt"] * 40)
    for _ in range(5):
        printed = project.run(documents.Command(f"./host ./words.so ./sentences.so -- {texts}", ""))
        assert printed.count("rain.txt: 64.3 % different 4.7 words/sentence\n") == 40
    failed = project.run(
        documents.Command("./host ./words.so -- texts/empty.txt texts/absent.txt", "")
    )
    assert "texts/empty.txt: no score\ntexts/absent.txt: no score\n" in failed
    assert failed.count("ZeroDivisionError") == 1
