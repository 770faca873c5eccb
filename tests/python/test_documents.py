"""What the README and the demo show has to work as shown."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

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


def test_readme_example(repository: Path, tmp_path: Path) -> None:
    text = (repository / "README.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert blocks
    lines = []
    for line in "".join(blocks).splitlines():
        # `expression    # value` states what the value is.
        shown = re.fullmatch(r"(\S.*?)  +# (\S+|\[.*\])", line)
        lines.append(f"assert ({shown[1]}) == {shown[2]}" if shown else line)
    assert sum(line.startswith("assert") for line in lines) == 3
    script = tmp_path / "example.py"
    script.write_text("\n".join(lines))
    result = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "42 is the answer" in result.stdout
