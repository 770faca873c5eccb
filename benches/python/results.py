"""What was measured: lines, means over them, and where; written to a file and read from it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cases.case import OURS, UPSTREAM, Mean, Target


@dataclass(frozen=True)
class Line:
    """One piece of work in every column that can do it."""

    group: str
    section: str
    name: str
    values: Mapping[str, float]
    """Nanoseconds or bytes, by column."""
    unit: str = "ns"
    target: Target | None = None
    counts: bool = True
    """Whether ours is to be as good as upstream's: not where nothing of ours runs."""
    note: str = ""

    def ratio(self, against: str = UPSTREAM) -> float | None:
        """Ours as a part of another column's, where both were measured."""
        ours, other = self.values.get(OURS), self.values.get(against)
        return None if ours is None or not other else ours / other

    @property
    def aimed(self) -> float | None:
        """The ratio that the target is of, where there is a target and it was measured."""
        return None if self.target is None else self.ratio(self.target.against)

    @property
    def missed(self) -> bool:
        return self.target is not None and (self.aimed or 0) > self.target.limit

    @property
    def slower(self) -> bool:
        ratio = self.ratio()
        return self.counts and ratio is not None and round(ratio, 2) > 1


@dataclass(frozen=True)
class Average:
    """The geometric mean of the ratios to upstream of some lines."""

    name: str
    group: str
    ratio: float
    lines: int
    target: float | None = None

    @property
    def aimed(self) -> float | None:
        return None if self.target is None else self.ratio

    @property
    def missed(self) -> bool:
        return self.target is not None and self.ratio > self.target


@dataclass
class Results:
    """One run."""

    machine: Mapping[str, str]
    lines: list[Line] = field(default_factory=list)
    averages: list[Average] = field(default_factory=list)

    def average(self, mean: Mean) -> None:
        """Adds a mean, if all of its lines were measured."""
        ratios = [
            ratio
            for line in self.lines
            if line.group == mean.group
            and (mean.sections is None or line.section in mean.sections)
            and (mean.names is None or line.name in mean.names)
            and line.counts
            and (ratio := line.ratio()) is not None
        ]
        if ratios:
            value = math.exp(sum(map(math.log, ratios)) / len(ratios))
            average = Average(mean.name, mean.group, value, len(ratios), mean.target)
            self.averages.append(average)

    def groups(self) -> Iterator[tuple[str, list[Line]]]:
        """The groups in their order, each with its lines."""
        names = dict.fromkeys(line.group for line in self.lines)
        for name in names:
            yield name, [line for line in self.lines if line.group == name]

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> Results:
        def line(of: dict[str, Any]) -> Line:
            target = of.pop("target")
            return Line(**of, target=None if target is None else Target(*target))

        content = json.loads(path.read_text())
        return cls(
            content["machine"],
            [line(of) for of in content["lines"]],
            [Average(**of) for of in content["averages"]],
        )


def sections(lines: list[Line]) -> Iterator[tuple[str, list[Line]]]:
    """The sections of a group's lines, in their order."""
    for name in dict.fromkeys(line.section for line in lines):
        yield name, [line for line in lines if line.section == name]


def readable(value: float | None, unit: str = "ns") -> str:
    """With three or four digits and the unit that suits."""
    if value is None:
        return "-"
    scales = {
        "ns": (("s", 1e9), ("ms", 1e6), ("us", 1e3)),
        "bytes": (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)),
    }
    for name, size in scales[unit]:
        if value >= size:
            return f"{value / size:.2f} {name}"
    return f"{value:.1f} ns" if unit == "ns" else f"{value:.0f} B"


def short(ratio: float) -> str:
    """A ratio, with two digits that mean something."""
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"
