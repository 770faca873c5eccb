"""Writes what compare.py measured: as a page, as tables in a document, as a picture.

    report.py [--html FILE] [--markdown FILE] [--picture FILE.svg] [RESULTS.json ...]

Without names of results, those of all complete runs in build/bench.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import charts
import markdown
from native import BUILD
from page import page
from results import Results


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--html", type=Path, help="a page that needs nothing else")
    parser.add_argument("--markdown", type=Path, help="a document with the two markers")
    parser.add_argument("--picture", type=Path, help="the means, as .svg or .png")
    parser.add_argument("--groups", type=Path, help="a folder for a .png of each group")
    parser.add_argument("results", type=Path, nargs="*")
    options = parser.parse_args()
    paths = options.results or sorted(BUILD.glob("results-py*.json"))
    if not paths:
        print("nothing was measured yet: run `make bench`", file=sys.stderr)
        return 2
    runs = [Results.read(path) for path in paths]
    if options.html:
        options.html.write_text(page(runs))
    if options.markdown:
        markdown.rewrite(options.markdown, runs)
    if options.picture:
        charts.save(charts.summary_figure(runs), options.picture)
    if options.groups:
        options.groups.mkdir(parents=True, exist_ok=True)
        for run in runs:
            for group, lines in run.groups():
                figure = charts.group_figure(group, lines)
                if figure is not None:
                    name = f"{group}-{run.machine['Python']}.png"
                    charts.save(figure, options.groups / name)
    written = (options.html, options.markdown, options.picture, options.groups)
    print("written: " + ", ".join(str(path) for path in written if path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
