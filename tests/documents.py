"""What Markdown files show: their blocks of code, the values and the output that they state.

Not here: where the code runs, which each test says for itself.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    language: str
    """The word behind the fence; empty for a block without one."""
    text: str
    section: str
    """The heading of the second level that it is under."""
    line: int
    """Where its text begins in the file."""


@dataclass(frozen=True)
class Command:
    """A line behind ``$``, and the lines below it."""

    words: str
    output: str
    """What it prints on standard output, ``…`` being any text; where nothing is shown, anything."""


def blocks(document: Path) -> list[Block]:
    found = []
    section = ""
    fence: tuple[int, str] | None = None
    lines = document.read_text().splitlines()
    for number, line in enumerate(lines):
        if line.startswith("```"):
            if fence is None:
                fence = (number + 1, line[3:].strip())
            else:
                start, language = fence
                text = "".join(f"{line}\n" for line in lines[start:number])
                found.append(Block(language, text, section, start + 1))
                fence = None
        elif fence is None and line.startswith("## "):
            section = line[3:]
    assert fence is None, f"{document}: a block is not closed"
    return found


def with_assertions(code: str) -> tuple[str, int]:
    """Python code in which ``expression    # value`` asserts what it states, and how many do."""
    lines = []
    shown = 0
    for line in code.splitlines():
        value = re.fullmatch(r"(\S.*\S) +# (\S+|\[.*\])", line)
        if value:
            shown += 1
            line = f"assert ({value[1]}) == {value[2]}, {value[1]}"
        lines.append(line)
    return "\n".join(lines), shown


def commands(text: str) -> list[Command]:
    """The commands of a block of the language ``console``."""
    lines = text.splitlines()
    assert lines[0].startswith("$ "), f"not a command: {lines[0]}"
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return [Command(words, "".join(f"{line}\n" for line in output)) for words, output in found]


def run(command: Command, folder: Path, environment: dict[str, str]) -> str:
    """What a command prints, which has to succeed and to print what is shown.

    Standard output comes first, standard error behind it.
    """
    done = subprocess.run(
        ["sh", "-c", command.words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    printed = f"$ {command.words}\n{done.stdout}{done.stderr}"
    assert done.returncode == 0, printed
    if command.output:
        assert matches(command.output, done.stdout), f"{printed}\nshown:\n{command.output}"
    return printed


def matches(shown: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in shown.split("…"))
    return re.fullmatch(pattern, printed) is not None
