"""Results as one page of HTML that needs nothing else: tables, pictures, where and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import charts
from cases.case import COLUMNS
from results import Line, Results, readable, sections, short
from table import LEGEND

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff;
       max-width: 72em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { margin-top: 2.5em; border-bottom: 1px solid #ccc; }
svg { max-width: 100%; height: auto; }
pre { background: #f5f5f5; padding: 1em; overflow-x: auto; font-size: 12px; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 1px 10px; text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
tr.section td { font-weight: bold; padding-top: 8px; }
td.missed, td.slower { background: #fbe3d6; }
summary { cursor: pointer; color: #0072B2; }
dl { display: grid; grid-template-columns: max-content auto; gap: 0 1em; font-size: 13px; }
dt { color: #555; } dd { margin: 0; }
nav a { margin-right: 1em; }
"""


def page(runs: Sequence[Results]) -> str:
    """Each run below the means of all."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>cffi: benchmarks</title><style>{STYLE}</style></head><body>",
        "<h1>cffi, in Rust: benchmarks</h1>",
        "<p>The same work with this cffi, with upstream's, and where they can do it with ctypes, "
        "nanobind and Cython: measured in turns (A B C A B C …), the smallest time of each. "
        "<code>make bench</code> measures, <code>make bench-html</code> writes this page.</p>",
        charts.svg(charts.summary_figure(runs)),
        f"<pre>{escape(LEGEND)}</pre>",
        *[part for run in runs for part in run_parts(run)],
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def run_parts(run: Results) -> Iterator[str]:
    python = escape(run.machine["Python"])
    yield f'<h2 id="{python}">CPython {python}</h2>'
    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in run.machine.items()
    )
    yield f"<dl>{facts}</dl>"
    yield "<table><tr><th>geometric mean of ours/up<th>lines<th>mean<th>target</tr>"
    for average in run.averages:
        target = "" if average.target is None else f"{average.target:.2f}"
        mark = ' class="missed"' if average.missed else ""
        yield (
            f"<tr><td>{escape(average.name)}<td>{average.lines}"
            f"<td{mark}>{short(average.ratio)}<td>{target}</tr>"
        )
    yield "</table>"
    for group, lines in run.groups():
        yield f"<h3>{escape(group)}</h3>"
        figure = charts.group_figure(group, lines)
        if figure is not None:
            yield charts.svg(figure)
        yield "<details><summary>the numbers</summary><table>"
        heads = "".join(f"<th>{column}" for column in [*COLUMNS, "ours/up", "target"])
        yield f"<tr><th>{heads}</tr>"
        for name, of in sections(lines):
            yield f'<tr class="section"><td colspan="{len(COLUMNS) + 3}">{escape(name)}</tr>'
            yield from map(row, of)
        yield "</table></details>"


def row(line: Line) -> str:
    values = "".join(f"<td>{readable(line.values.get(column), line.unit)}" for column in COLUMNS)
    ratio = line.ratio()
    mark = ' class="missed"' if line.missed or line.slower else ""
    target = "" if line.target is None else f"{line.target.limit:.2f}"
    if line.target is not None and line.target.against != "upstream":
        target += f" of {line.target.against}'s"
    note = f" <small>({escape(line.note)})</small>" if line.note else ""
    return (
        f"<tr><td>{escape(line.name)}{note}{values}"
        f"<td{mark}>{'-' if ratio is None else short(ratio)}<td>{target}</tr>"
    )
