"""Runs the packages' own test suites, with their wheels or with what was built from their sdists.

Nothing of them is kept in the repository: sdists are downloaded into build/ and only the tests
are taken out of them, so that no package can be imported from beside its tests by accident.
What the tests do is told by the plugin that upstream's own suite runs with.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import environments
from builds import build
from environments import BUILD, HERE, ROOT, Environment, SetUpError
from exercise import MAX_RESTARTS, Outcome, clean_variables, run_exercise, stop
from report import Row

PLUGIN = ROOT / "tests" / "conformance" / "plugin"
SDISTS = BUILD / "sdists"


def run(options: argparse.Namespace) -> list[Row]:
    return run_sdists(options) if options.sdists else run_suites(options)


def run_suites(options: argparse.Namespace) -> list[Row]:
    """The suites with the wheels from PyPI."""
    suites = {name: suite for name, suite in load_suites().items() if not suite.get("built")}
    chosen = choose(suites, options.packages)
    environments.system_packages({need for one in chosen.values() for need in one.get("needs", [])})
    requirements = [HERE / "requirements.txt", HERE / "requirements-suites.txt"]
    places = [environments.upstream(requirements, "-suites")]
    if options.wheel:
        places.append(environments.ours(options.wheel, requirements, "-suites"))
    rows = []
    for name, suite in chosen.items():
        row = Row(name, suite.get("version", "(installed)"), "its own tests")
        folder = unpack(places[0], name, suite)
        for place in places:
            row.outcomes[place.name] = tell(name, place, run_suite(place, name, suite, folder))
        rows.append(row)
    return rows


def run_sdists(options: argparse.Namespace) -> list[Row]:
    """Builds packages against each cffi, exercises them and runs their suites."""
    packages = environments.load("sdists.toml")
    suites = load_suites()
    chosen = choose(packages, options.packages)
    environments.system_packages(
        {need for one in chosen.values() for need in one.get("needs", [])} | {"gcc", "g++"}
    )
    requirements = [HERE / "requirements-build.txt", HERE / "requirements-suites.txt"]
    # For what they need beside cffi: those that are built replace the wheels.
    requirements.insert(0, HERE / "requirements.txt")
    places = [environments.upstream(requirements, "-sdists")]
    if options.wheel:
        places.append(environments.ours(options.wheel, requirements, "-sdists"))
    rows = []
    for name, package in chosen.items():
        row = Row(name, package["version"], package["build"])
        sdist = download(places[0], name, package["version"])
        for place in places:
            wheel = options.wheel if place.name == "ours" else None
            outcomes = {"(build)": build(place, name, sdist, package, wheel)}
            if outcomes["(build)"].word == "passed":
                if "exercise" in package:
                    outcomes |= run_exercise(place, package["exercise"], {}, options.timeout, [])
                if "suite" in package:
                    suite_name = package["suite"]
                    suite = suites[suite_name]
                    folder = unpack(places[0], suite_name, suite)
                    outcomes |= run_suite(place, suite_name, suite, folder)
            row.outcomes[place.name] = tell(name, place, outcomes)
        rows.append(row)
    return rows


def load_suites() -> dict[str, dict]:
    suites = environments.load("suites.toml")
    return {
        name: {**suites[suite["like"]], **suite} if "like" in suite else suite
        for name, suite in suites.items()
    }


def choose(table: dict[str, dict], names: list[str]) -> dict[str, dict]:
    unknown = set(names) - set(table)
    if unknown:
        raise SetUpError(f"unknown names {sorted(unknown)}; there are: {' '.join(table)}")
    return {name: table[name] for name in names or table}


def download(environment: Environment, name: str, version: str) -> Path:
    """The sdist of a package, by pip; once."""
    folder = SDISTS / f"{name}-{version}"
    if not list(folder.glob("*.tar.gz")):
        command = [environment.python, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", name, "--dest", folder, f"{name}=={version}"]
        environments.run(command)
    (sdist,) = folder.glob("*.tar.gz")
    return sdist


def unpack(environment: Environment, name: str, suite: dict) -> Path:
    """The folder that a suite runs in."""
    folder = BUILD / "suites" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Keeps pytest from looking for a configuration further up.
    (folder / "pytest.ini").write_text("[pytest]\n")
    if "unpack" in suite:
        with tarfile.open(download(environment, name, suite["version"])) as archive:
            for member in archive.getmembers():
                path = member.name.partition("/")[2]
                if member.isfile() and ".." not in path and path.startswith(tuple(suite["unpack"])):
                    source = archive.extractfile(member)
                    assert source is not None
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(source.read())
    if "prepare" in suite:
        command = [str(environment.python), "-c", suite["prepare"]]
        if subprocess.run(command, cwd=folder).returncode != 0:
            raise SetUpError(f"could not prepare the tests of {name}")
    return folder


def run_suite(environment: Environment, name: str, suite: dict, folder: Path) -> dict[str, Outcome]:
    tests = suite["tests"]
    outcomes: dict[str, Outcome] = {}
    for group in [[one] for one in tests] if suite.get("separate") else [tests]:
        outcomes |= run_pytest(environment, name, suite, folder, group)
    return outcomes


def run_pytest(
    environment: Environment, name: str, suite: dict, folder: Path, tests: list[str]
) -> dict[str, Outcome]:
    """The outcome of every test; a crash or a hang costs one."""
    logs = BUILD / "logs" / environment.name / name
    logs.mkdir(parents=True, exist_ok=True)
    stem = tests[0].replace("/", "-")
    report, done, log = (logs / f"{stem}.{kind}" for kind in ("jsonl", "done", "log"))
    log.write_text("")
    command = [str(environment.python), "-m", "pytest", "-q", "--tb=short"]
    command += ["-p", "cffi_conformance", "-p", "no:cacheprovider"]
    # The names of tests begin behind this folder.
    root = environment.packages if suite.get("installed") else folder
    command += ["--rootdir", str(root), "-c", str(folder / "pytest.ini")]
    command += suite.get("arguments", [])
    command += (["--pyargs"] if suite.get("installed") else []) + tests
    variables = clean_variables() | suite.get("environment", {})
    variables |= {
        "PYTHONPATH": str(PLUGIN),
        "PYTHONDONTWRITEBYTECODE": "1",
        # Some name their cases by the order of a set.
        "PYTHONHASHSEED": "0",
        "CFFI_CONFORMANCE_REPORT": str(report),
        "CFFI_CONFORMANCE_DONE": str(done),
        # Programs that tests start, Python first of all.
        "PATH": f"{environment.python.parent}:{os.environ['PATH']}",
    }
    outcomes: dict[str, Outcome] = {}
    for _ in range(MAX_RESTARTS):
        done.write_text("".join(f"{test}\n" for test in outcomes))
        report.write_text("")
        ending = run_process(command, folder, variables, report, log, suite.get("minutes", 4))
        if read_report(environment, report, log, ending, outcomes):
            break
    return outcomes


def run_process(
    command: list[str],
    folder: Path,
    variables: dict[str, str],
    report: Path,
    log: Path,
    minutes: float,
) -> str:
    """Run pytest; say how it ended. It hangs when the report has not grown for so long."""
    with open(log, "a") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        size, since = -1, time.monotonic()
        try:
            while True:
                try:
                    status = process.wait(0.5)
                    break
                except subprocess.TimeoutExpired:
                    pass
                now = report.stat().st_size
                if now != size:
                    size, since = now, time.monotonic()
                elif time.monotonic() - since > minutes * 60:
                    stop(process)
                    return "timeout"
        except BaseException:
            stop(process)
            raise
    return f"signal {-status}" if status < 0 else f"status {status}"


def read_report(
    environment: Environment, report: Path, log: Path, ending: str, outcomes: dict[str, Outcome]
) -> bool:
    """Add what one process reported; False if it broke off within a test."""
    running = None
    finished = False
    for line in report.read_text().splitlines():
        entry = json.loads(line)
        if "started" in entry:
            running = entry["started"]
        elif "collection" in entry:
            word = "skipped" if entry["collection"] == "skipped" else "failed"
            outcomes[f"(collection) {entry['id']}"] = Outcome(word, entry["message"])
        elif "imported" in entry:
            finished = True
            wrong = [
                f"{module} was imported from {file}"
                for module, file in entry["imported"].items()
                if file is not None and environment.folder not in Path(file).parents
            ]
            if wrong:
                outcomes["(the cffi)"] = Outcome("failed", "; ".join(wrong))
        else:
            word = {"xfailed": "skipped", "error": "failed"}.get(entry["outcome"], entry["outcome"])
            outcomes[entry["id"]] = Outcome(word, entry["message"])
            running = None
    if finished:
        if ending.startswith("signal"):
            outcomes["(the end of the process)"] = Outcome("crashed", ending)
        return True
    if running is not None:
        word = "hung" if ending == "timeout" else "crashed"
        outcomes[running] = Outcome(word, f"{ending}, see {log}")
        return False
    outcomes["(the process)"] = Outcome("crashed", f"{ending}, see {log}")
    return True


def tell(name: str, place: Environment, outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
    words = [outcome.word for outcome in outcomes.values()]
    others = {word: words.count(word) for word in sorted(set(words)) if word != "passed"}
    text = "".join(f", {count} {word}" for word, count in others.items())
    print(f"{name} with {place.name}: {words.count('passed')} passed{text}", flush=True)
    return outcomes
