"""Results as tables of Markdown, written between two markers of a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cases.case import COLUMNS, UPSTREAM
from results import Line, Results, readable, sections, short

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def rewrite(document: Path, runs: Sequence[Results]) -> None:
    """Replaces what is between the markers."""
    text = document.read_text()
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"{document}: {BEGIN} and {END} are to be in it, in this order")
    lines = [line for run in runs for line in of_run(run)]
    document.write_text("\n".join([before + BEGIN, "", *lines, END + after]))


def of_run(run: Results) -> Iterator[str]:
    yield f"### CPython {run.machine['Python']}"
    yield ""
    for name, value in run.machine.items():
        yield f"- {name}: {value}"
    yield ""
    yield "| geometric mean of ours/up | lines | mean | target |"
    yield "|---|--:|--:|--:|"
    for average in run.averages:
        target = "" if average.target is None else f"{average.target:.2f}"
        missed = " **missed**" if average.missed else ""
        yield f"| {average.name} | {average.lines} | {short(average.ratio)}{missed} | {target} |"
    yield ""
    for group, lines in run.groups():
        yield f"<details><summary>{group}: {len(lines)} lines</summary>"
        yield ""
        yield from of_group(lines)
        yield ""
        yield "</details>"
        yield ""


def of_group(lines: list[Line]) -> Iterator[str]:
    """A table with the columns that the group has."""
    columns = [column for column in COLUMNS if any(column in line.values for line in lines)]
    yield "| | " + " | ".join([*columns, "ours/up", "target"]) + " |"
    yield "|---" + "|--:" * (len(columns) + 2) + "|"
    for name, of in sections(lines):
        yield f"| **{name}** |" + " |" * (len(columns) + 2)
        yield from (row(line, columns) for line in of)


def row(line: Line, columns: list[str]) -> str:
    ratio = line.ratio()
    part = "-" if ratio is None else short(ratio)
    cells = [line.name.replace("|", "\\|")]
    cells += [readable(line.values.get(column), line.unit) for column in columns]
    cells.append(f"**{part}**" if line.missed or line.slower else part)
    target = line.target
    against = "" if target is None or target.against == UPSTREAM else f" of {target.against}'s"
    cells.append("" if target is None else f"{target.limit:.2f}{against}")
    return f"| {' | '.join(cells)} |"
