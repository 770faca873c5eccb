"""Results as pictures: ours as a part of upstream's, on a logarithmic scale, with a line at 1.

Bars are ours, and go to the left where ours is faster; the marks beside them are what the
other libraries take of upstream's time.  Text stays text in the SVG that is written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")

from cases.case import CTYPES, CYTHON, NANOBIND, UPSTREAM
from matplotlib import pyplot
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from results import Average, Line, Results, sections, short

# Okabe and Ito's colours, which those who see few of them can tell apart.
BLUE, SKY, ORANGE, GREEN, VERMILION, PURPLE, GREY = (
    "#0072B2",
    "#56B4E9",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#555555",
)
MARKS = {CTYPES: ("o", ORANGE), NANOBIND: ("^", GREEN), CYTHON: ("s", PURPLE)}
ROW = 0.21
"""Inches for a line."""
TARGET = Line2D(
    [], [], ls="", marker="|", color="black", markersize=10, markeredgewidth=1.6, label="target"
)
TICKS = (1e-5, 1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)

pyplot.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "benches",
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans", "Helvetica", "Arial", "sans-serif"],
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
    }
)


def group_figure(title: str, lines: Sequence[Line]) -> Figure | None:
    """The lines of a group that have a ratio, section by section."""
    parts = [
        (name, [line for line in of if line.counts and line.ratio() is not None])
        for name, of in sections(list(lines))
    ]
    parts = [(name, of) for name, of in parts if of]
    if not parts:
        return None
    rows = sum(len(of) for _, of in parts) + 1.5 * len(parts)
    figure, axes = pyplot.subplots(figsize=(9, rows * ROW + 0.9), layout="constrained")
    place = 0.0
    labels: dict[float, str] = {}
    for name, of in parts:
        place += 0.5
        axes.text(
            -0.01,
            place,
            name,
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            weight="bold",
        )
        place += 1
        for line in of:
            draw_line(axes, place, line)
            labels[place] = line.name
            place += 1
    finish(axes, labels, place)
    drawn = [line for _, of in parts for line in of]
    what = " or ".join({"ns": "time", "bytes": "memory"}[unit] for unit in units(drawn))
    axes.set_title(f"{title}: {what} as a part of upstream's", loc="left", fontsize=10)
    handles: list[Artist] = [Patch(color=BLUE, label="ours")]
    if any(line.slower for line in drawn):
        handles.append(Patch(color=VERMILION, label="ours, slower than upstream's"))
    handles += [
        Line2D([], [], ls="", marker=mark, color=colour, markersize=4.5, label=column)
        for column, (mark, colour) in MARKS.items()
        if any(column in line.values for line in drawn)
    ]
    if any(line.target for line in drawn):
        handles.append(TARGET)
    figure.legend(handles=handles, loc="outside lower right", ncols=6, frameon=False)
    return figure


def units(lines: Sequence[Line]) -> list[str]:
    return list(dict.fromkeys(line.unit for line in lines))


def draw_line(axes: Axes, place: float, line: Line) -> None:
    ratio = line.ratio()
    assert ratio is not None
    bar(axes, place, ratio, 0.72, VERMILION if line.slower else BLUE)
    upstream = line.values[UPSTREAM]
    for column, (mark, colour) in MARKS.items():
        value = line.values.get(column)
        if value is not None and value > 0:
            axes.plot(value / upstream, place, mark, color=colour, markersize=4.5, zorder=4)
    if line.target is not None and line.target.against == UPSTREAM:
        target(axes, place, line.target.limit)


def summary_figure(runs: Sequence[Results]) -> Figure:
    """The geometric means of each run, beside each other, with their targets."""
    names = list(dict.fromkeys(average.name for run in runs for average in run.averages))
    figure, axes = pyplot.subplots(
        figsize=(9, len(names) * (0.17 + 0.17 * len(runs)) + 1.0), layout="constrained"
    )
    height = 0.8 / len(runs)
    handles: list[Artist] = []
    for index, run in enumerate(runs):
        of = {average.name: average for average in run.averages}
        colour = (BLUE, SKY, GREEN)[index % 3]
        for row, name in enumerate(names):
            if name in of:
                place = row - 0.4 + (index + 0.5) * height
                draw_average(axes, place, height * 0.9, of[name], colour)
        handles.append(Patch(color=colour, label=f"CPython {run.machine['Python']}"))
    finish(axes, dict(enumerate(names)), len(names) - 0.5)
    axes.set_title(
        "Geometric means: time as a part of upstream's cffi 2.1.1 (less is faster)",
        loc="left",
        fontsize=10,
    )
    handles.append(TARGET)
    figure.legend(handles=handles, loc="outside lower right", ncols=4, frameon=False)
    return figure


def draw_average(axes: Axes, place: float, height: float, of: Average, colour: str) -> None:
    bar(axes, place, of.ratio, height, VERMILION if of.ratio > 1 else colour)
    if of.target is not None:
        target(axes, place, of.target)


def bar(axes: Axes, place: float, ratio: float, height: float, colour: str) -> None:
    """From 1 to the ratio, which stands at the right."""
    axes.barh(place, ratio - 1, left=1, height=height, color=colour, zorder=3)
    axes.text(
        1.06,
        place,
        short(ratio),
        transform=axes.get_yaxis_transform(),
        ha="right",
        va="center",
        fontsize=8,
        color=VERMILION if ratio > 1 else GREY,
    )


def target(axes: Axes, place: float, limit: float) -> None:
    """A line across the bar, with a rim that sets it off."""
    for colour, width in (("white", 3.5), ("black", 1.6)):
        axes.plot(limit, place, "|", color=colour, markersize=10, markeredgewidth=width, zorder=5)


def finish(axes: Axes, labels: dict[float, str], end: float) -> None:
    """The scale, the names, and the line at 1."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.09) / 1.6, max(high, 1.25))
    axes.set_ylim(end, -0.7)
    axes.set_yticks(list(labels), list(labels.values()))
    axes.tick_params(axis="y", length=0)
    low, high = axes.get_xlim()
    ticks = [tick for tick in TICKS if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.minorticks_off()
    axes.grid(axis="x", color="#dddddd", linewidth=0.6, zorder=0)
    axes.axvline(1, color="black", linewidth=1, zorder=5)


def svg(figure: Figure) -> str:
    """As an element of a page: no prologue, and a size that follows the page's."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    text = buffer.getvalue()
    text = text[text.index("<svg ") :]
    text = re.sub(r"(?s)<metadata>.*?</metadata>", "", text)
    return re.sub(r'(?: width| height)="[^"]*pt"', "", text, count=2)


def save(figure: Figure, path: Path) -> None:
    """By the ending of the name: .svg, .png."""
    if path.suffix == ".svg":
        figure.savefig(path, metadata={"Date": None, "Creator": None})
    else:
        figure.savefig(path, dpi=110)
    pyplot.close(figure)
