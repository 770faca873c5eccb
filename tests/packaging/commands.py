"""Running commands that have to succeed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path


def output_of(command: Iterable[object], cwd: Path, environment: Mapping[str, str]) -> str:
    """What it prints, on either stream. It finds nothing but the environment that it is given."""
    result = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert result.returncode == 0, f"{command}:\n{result.stdout}"
    return result.stdout
