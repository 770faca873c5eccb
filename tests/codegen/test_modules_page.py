"""The examples of docs/modules.md work as shown: each is a program, run after those before it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import documents


def test_examples(repository: Path, tmp_path: Path) -> None:
    blocks = documents.blocks(repository / "docs" / "modules.md")
    assert [block.language for block in blocks] == ["python"] * 7
    shown = 0
    for block in blocks:
        code, values = documents.with_assertions(block.text)
        shown += values
        script = tmp_path / f"line_{block.line}.py"
        script.write_text(code)
        result = subprocess.run(
            [sys.executable, script], cwd=tmp_path, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
    assert shown == 9
