"""What the README and the demo show has to work as shown."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import documents
import pytest

# One line of each section of the demo, as a pattern.
DEMO_SHOWS = [
    r"printf returned 37",
    r"read 1440 bytes into <cdata 'pixel_t\[\]' owning 1440 bytes>",
    r"(\d+) bytes -> \d+ -> \1, the same again",
    r"\{'name': 'Rust', 'year': '2012', 'age': '14'\}",
    r'a wrong statement: near "SELEC": syntax error',
    r"Mercury 0.33, Mars 0.64, Venus 4.87, Earth 5.97, Neptune 102",
    r'cannot parse "int image_save\(imaget \*image, const char \*path\);"',
    r"<cdef source string>:3:\d+",
]


@pytest.fixture(scope="module")
def demo(repository: Path) -> str:
    """What the demo prints."""
    command = [sys.executable, "demo/demo.py"]
    start = time.monotonic()
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert time.monotonic() - start < 5
    return result.stdout


@pytest.mark.parametrize("pattern", DEMO_SHOWS)
def test_demo(demo: str, pattern: str) -> None:
    assert re.search(pattern, demo), demo


@pytest.mark.parametrize(
    ("page", "output"), [("README.md", "42 is the answer"), ("docs/gil.md", "")]
)
def test_examples(repository: Path, tmp_path: Path, page: str, output: str) -> None:
    [block] = documents.blocks(repository / page)
    code, shown = documents.with_assertions(block.text)
    assert shown == 3
    script = tmp_path / "example.py"
    script.write_text(code)
    result = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert output in result.stdout


def test_links(repository: Path) -> None:
    pages = [
        *repository.glob("*.md"),
        *repository.glob("docs/*.md"),
        *repository.glob("examples/**/*.md"),
    ]
    checked = 0
    for page in pages:
        for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
            if target.startswith("https://"):
                continue
            checked += 1
            name, _, heading = target.partition("#")
            path = page.parent / name if name else page
            assert path.exists(), f"{page}: {target}"
            assert not heading or heading in headings(path), f"{page}: {target}"
    assert checked > 30


def headings(page: Path) -> set[str]:
    """The names of its headings in links: letters and digits, and a hyphen for each space."""
    texts = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in texts}
