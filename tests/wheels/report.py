"""The table at the end, and what counts as a failure."""

from __future__ import annotations

from dataclasses import dataclass, field

from exercise import Outcome


@dataclass
class Row:
    """A package: what its checks, or the tests of its suite, did with each cffi."""

    name: str
    version: str
    mode: str
    outcomes: dict[str, dict[str, Outcome]] = field(default_factory=dict)

    def cell(self, cffi: str) -> str:
        """ "passed/total", of what was not skipped."""
        outcomes = self.outcomes.get(cffi)
        if outcomes is None:
            return "-"
        words = [outcome.word for outcome in outcomes.values() if outcome.word != "skipped"]
        return f"{words.count('passed')}/{len(words)}"

    def failures(self) -> list[tuple[str, Outcome]]:
        """What ours does not pass and upstream's does; without ours, what upstream's does not."""
        theirs = self.outcomes.get("upstream", {})
        if "ours" not in self.outcomes:
            return [(name, one) for name, one in theirs.items() if is_bad(one)]
        ours = self.outcomes["ours"]
        # A test that is missing from ours was lost on the way: its process broke off.
        lost = {name: Outcome("missing") for name in theirs if name not in ours}
        return [
            (name, one)
            for name, one in (ours | lost).items()
            if (is_bad(one) or one.word == "missing")
            and (name not in theirs or theirs[name].word == "passed")
        ]


def is_bad(outcome: Outcome) -> bool:
    return outcome.word not in ("passed", "skipped")


def print_table(title: str, rows: list[Row]) -> int:
    """Prints it; the exit status."""
    cells = [("package", "mode", "upstream", "ours")]
    cells += [
        (f"{row.name} {row.version}", row.mode, row.cell("upstream"), row.cell("ours"))
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    print()
    for number, line in enumerate(cells):
        print("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")

    which = "ours" if any("ours" in row.outcomes for row in rows) else "upstream"
    passed = sum(
        outcome.word == "passed" for row in rows for outcome in row.outcomes.get(which, {}).values()
    )
    failed = sum(len(row.failures()) for row in rows)
    print()
    if which == "ours":
        for row in rows:
            for name, outcome in row.failures():
                if outcome.word != "missing":
                    print(f"difference: {row.name} {name} {outcome.word}: {first_line(outcome)}")
            missing = sum(outcome.word == "missing" for _, outcome in row.failures())
            if missing:
                print(f"difference: {row.name} {missing} others were not reached")
    print(f"{title}: {passed} passed, {failed} failed" + ("" if which == "ours" else " (upstream)"))
    return 1 if failed else 0


def first_line(outcome: Outcome) -> str:
    return outcome.message.splitlines()[0][:200] if outcome.message else ""
