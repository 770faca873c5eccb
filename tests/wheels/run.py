"""Packages from PyPI, unmodified, exercised with our wheel and with upstream's cffi.

    run.py --wheel build/wheels/py3.11/*.whl              every package
    run.py --wheel ... pygit2 cairocffi --verbose         these, with the traceback of each failure
    run.py                                                with upstream's cffi alone
    run.py --wheel ... --suites                           their own test suites, of their sdists
    run.py --wheel ... --sdists                           built from them first

Ends in a table and one line ``wheels: N passed, N failed``.  What fails with upstream's cffi too
does not count as ours; what ours fails beyond that does, as does a check that crashes or hangs.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

import environments
from environments import HERE, Environment, SetUpError
from exercise import Outcome, run_exercise
from report import Row, first_line, print_table


def main() -> int:
    options = parse_arguments()
    # Ends as by Ctrl+C, stopping what was started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.suites or options.sdists:
            import suites

            rows = suites.run(options)
        else:
            rows = run_exercises(options)
    except SetUpError as error:
        print(f"wheels: {error}", file=sys.stderr)
        return 2
    return print_table(
        "sdists" if options.sdists else "suites" if options.suites else "wheels", rows
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packages", nargs="*", help="names in packages.toml or suites.toml")
    parser.add_argument("--wheel", type=Path, help="a wheel of ours")
    parser.add_argument("--suites", action="store_true", help="the packages' own test suites")
    parser.add_argument("--sdists", action="store_true", help="build them from their sdists")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one exercise")
    parser.add_argument("--verbose", action="store_true", help="tracebacks and output")
    options = parser.parse_args()
    if options.wheel is not None:
        options.wheel = options.wheel.resolve()
        if not options.wheel.is_file():
            parser.error(f"no such wheel: {options.wheel}")
    return options


def run_exercises(options: argparse.Namespace) -> list[Row]:
    packages = environments.load("packages.toml")
    unknown = set(options.packages) - set(packages)
    if unknown:
        raise SetUpError(f"unknown packages {sorted(unknown)}; there are: {' '.join(packages)}")
    chosen = {name: packages[name] for name in options.packages or packages}
    environments.system_packages({need for one in chosen.values() for need in one.get("needs", [])})
    releases = {
        earlier: Release(options, f"requirements{suffix}.txt", suffix)
        for earlier, suffix in ((False, ""), (True, "-earlier"))
        if any(one.get("earlier", False) is earlier for one in chosen.values())
    }
    rows = []
    for name, package in chosen.items():
        exercise = package.get("exercise", name)
        release = releases[package.get("earlier", False)]
        row = Row(name, release.versions[package.get("package", name)], package["mode"])
        for place in release.places:
            outcomes = run_exercise(
                place,
                exercise,
                package.get("environment", {}),
                options.timeout,
                package.get("without", []),
            )
            row.outcomes[place.name] = outcomes
            tell(name, place, outcomes, options.verbose)
        rows.append(row)
    return rows


class Release:
    """Pinned versions of the packages, and the environments that have them."""

    def __init__(self, options: argparse.Namespace, requirements: str, suffix: str) -> None:
        path = HERE / requirements
        lines = path.read_text().splitlines()
        self.versions = dict(line.split("==") for line in lines if "==" in line)
        self.places = [environments.upstream([path], suffix)]
        if options.wheel:
            self.places.append(environments.ours(options.wheel, [path], suffix))


def tell(name: str, place: Environment, outcomes: dict[str, Outcome], verbose: bool) -> None:
    words = [outcome.word for outcome in outcomes.values()]
    print(f"{name} with {place.name}: {words.count('passed')} of {len(words)} passed", flush=True)
    for check, outcome in outcomes.items():
        if outcome.word == "passed":
            continue
        print(f"  {check} {outcome.word}: {first_line(outcome)}")
        if verbose and outcome.where:
            print("    " + outcome.where.replace("\n", "\n    "))


if __name__ == "__main__":
    sys.exit(main())
