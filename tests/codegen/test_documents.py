"""The examples of docs/modules.md work as shown: each is a program, run after those before it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def test_examples(repository: Path, tmp_path: Path) -> None:
    text = (repository / "docs" / "modules.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    assert len(blocks) == 7
    shown = 0
    for number, block in enumerate(blocks):
        lines = []
        for line in block.splitlines():
            # `expression    # value` states what the value is.
            value = re.fullmatch(r"(\S.*\S) +# (\S+)", line)
            shown += value is not None
            lines.append(f"assert ({value[1]}) == {value[2]}" if value else line)
        script = tmp_path / f"example_{number}.py"
        script.write_text("\n".join(lines))
        result = subprocess.run(
            [sys.executable, script], cwd=tmp_path, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
    assert shown == 9
