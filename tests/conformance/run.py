"""Runs upstream's tests against our installed wheel and compares with the committed table.

    run.py                      every file in expected.toml
    run.py test_c test_model    these, whether they are in the table or not
    run.py test_c -k integer    some tests: reported, not compared
    run.py --record test_c      write what they do into the table

CFFI_CONFORMANCE_QUICK=1 leaves out files that compile hundreds of modules, which is
what tests/packaging/versions.py wants of each further version of Python.

Run it by the Python of the environment that the wheel is installed in; `make
test-conformance` does.  Tests run as they are, one file a process, as many at
once as there are processors and the files allow.  A process that dies or hangs is started again
behind the test at which it did.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import source
import table
from table import Outcome

PYTHON_VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
ENVIRONMENT = Path(sys.prefix).name
# The Makefile names environments and folders of wheels alike, "py3.11" for one, but for wheels
# that several environments share.
WHEELS = Path(os.environ.get("CFFI_WHEELS", source.ROOT / "build" / "wheels" / ENVIRONMENT))
NEEDS_FIXTURES = "src/c/test_c.py"
EMBEDS = "testing/embedding/"
# All that it does is to run programs.
IMPORTS_NOTHING = "testing/cffi1/test_cffi_gen_src.py"
# They compile into one __pycache__ and empty it before; each of these takes over what the one
# in front of it has left there.
SHARE_A_FOLDER = [
    "testing/cffi0/test_verify.py",
    "testing/cffi0/test_verify2.py",
    "testing/cffi0/test_vgen.py",
    "testing/cffi0/test_vgen2.py",
    "testing/cffi0/test_zdistutils.py",
]
# Few tests that take long: they build our wheel and make environments, or wait for threads.
LONG = {
    "testing/cffi0/test_zintegration.py",
    "testing/cffi1/test_cffi_gen_src_meson.py",
    "testing/embedding/test_thread.py",
}
COMPILING = {
    "testing/cffi0/test_verify.py",
    "testing/cffi0/test_verify2.py",
    "testing/cffi0/test_vgen.py",
    "testing/cffi0/test_vgen2.py",
    "testing/cffi0/test_zdistutils.py",
    "testing/cffi0/test_zintegration.py",
    "testing/cffi1/test_cffi_gen_src_meson.py",
    "testing/cffi1/test_recompiler.py",
    "testing/cffi1/test_verify1.py",
    "testing/cffi1/test_zdist.py",
    "testing/embedding/test_basic.py",
    "testing/embedding/test_performance.py",
    "testing/embedding/test_recursive.py",
    "testing/embedding/test_thread.py",
    "testing/embedding/test_tlocal.py",
}
# A file that goes on crashing is broken; nothing is learned from the rest.
MAX_RESTARTS = 40


def main() -> int:
    options = parse_arguments()
    try:
        source.prove_ours(WHEELS)
        folder = source.unpack_tests()
        files = [resolve(folder, name) for name in options.files]
    except source.SetUpError as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2

    expected = table.load()
    passed = failed = 0
    quick = os.environ.get("CFFI_CONFORMANCE_QUICK")
    files = files or sorted(set(expected) - (COMPILING if quick else set()))
    # Those that take longest first, so that none of them is left for the end.
    by_size = sorted(
        files,
        key=lambda file: (
            file not in LONG,
            -expected[file].passed if file in expected else 0,
        ),
    )
    groups = [[file for file in SHARE_A_FOLDER if file in by_size]]
    groups += [[file] for file in by_size if file not in SHARE_A_FOLDER]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        runs = [
            pool.submit(lambda group: [run_file(folder, file, options) for file in group], group)
            for group in groups
        ]
    results = {
        file: result
        for group, run in zip(groups, runs)
        for file, result in zip(group, run.result())
    }
    for file in files:
        actual, problems, seconds = results[file]
        if options.record and not options.k:
            table.record(expected, file, actual)
        if file in expected and not options.k:
            differences = table.compare(expected[file], actual)
        else:
            differences = [
                f"{test} {outcome.word}: {outcome.message}"
                for test, outcome in actual.items()
                if outcome.word not in ("passed", "skipped", "xfailed")
            ]
        differences += problems
        passed_here = sum(outcome.word == "passed" for outcome in actual.values())
        passed += passed_here
        failed += len(differences)
        others = summary_of_others(actual)
        print(f"{file}: {passed_here} passed{others} ({seconds:.1f} s)")
        for difference in differences:
            print("  difference:", shorten(difference, options.verbose), flush=True)
    if options.record:
        table.save(expected)
    # A difference is what fails here, be it an unexpected pass; a listed failure is none.
    print(f"conformance on Python {PYTHON_VERSION}: {passed} passed, {failed} failed")
    return 1 if failed else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="such as test_c or testing/cffi0/test_model.py")
    parser.add_argument("-k", metavar="EXPRESSION", help="only tests that match, as in pytest")
    parser.add_argument("--record", action="store_true", help="write the outcomes into the table")
    parser.add_argument("--verbose", action="store_true", help="whole messages")
    parser.add_argument("--timeout", type=float, default=180, help="seconds for one test")
    return parser.parse_args()


def resolve(folder: Path, name: str) -> str:
    """A test file by its path, or by its name alone."""
    if (folder / name).is_file():
        return name
    stem = name.removesuffix(".py")
    found = sorted(folder.rglob(f"{stem}.py"))
    if len(found) != 1:
        raise source.SetUpError(f"{len(found)} test files of upstream are called {name!r}")
    return found[0].relative_to(folder).as_posix()


def run_file(
    folder: Path, file: str, options: argparse.Namespace
) -> tuple[dict[str, Outcome], list[str], float]:
    """The outcome of every test in a file, what else was wrong, and the seconds it took."""
    start = time.monotonic()
    work = source.BUILD / "runs" / ENVIRONMENT / file.replace("/", "-").removesuffix(".py")
    shutil.rmtree(work, ignore_errors=True)
    (work / "tmp").mkdir(parents=True)
    report, done, log = work / "report.jsonl", work / "done.txt", work / "output.txt"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "cffi_conformance",
        "-p",
        "no:cacheprovider",
    ]
    command += [
        "-q",
        "--tb=short",
        "--rootdir",
        str(folder),
        "-c",
        str(folder / "pytest.ini"),
        file,
    ]
    if options.k:
        command += ["-k", options.k]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).with_name("plugin")),
        "PYTHONDONTWRITEBYTECODE": "1",
        # For virtualenv, ninja and cffi-gen-src.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CFFI_CONFORMANCE_WHEEL": str(source.the_wheel(WHEELS)),
        # Several hundred modules are compiled; what the optimiser does is not under test.
        "CFLAGS": "-O0",
        # Upstream's tests share a numbered folder of the temporary one.
        "TMPDIR": str(work / "tmp"),
        "CFFI_CONFORMANCE_REPORT": str(report),
        "CFFI_CONFORMANCE_DONE": str(done),
    }
    if file.startswith(EMBEDS):
        # The Python inside of a program is not that of an environment.
        environment["PYTHONPATH"] += os.pathsep + sysconfig.get_path("platlib")
    if file == NEEDS_FIXTURES:
        environment["CFFI_CONFORMANCE_FIXTURES"] = str(source.compile_fixtures())

    outcomes: dict[str, Outcome] = {}
    problems: list[str] = []
    for _ in range(MAX_RESTARTS):
        done.write_text("".join(f"{file}::{test}\n" for test in outcomes))
        report.write_text("")
        ending = run_process(command, folder, environment, report, log, options.timeout)
        finished = read_report(report, file, outcomes, problems, ending)
        if finished:
            break
    else:
        problems.append(f"given up after {MAX_RESTARTS} crashes")
    if options.verbose:
        print(log.read_text(errors="replace"))
    elif any(outcome.word in ("crashed", "timeout") for outcome in outcomes.values()) or problems:
        print(f"  pytest's output is in {log}")
    return outcomes, problems, time.monotonic() - start


def run_process(
    command: list[str],
    folder: Path,
    environment: dict[str, str],
    report: Path,
    log: Path,
    timeout: float,
) -> str:
    """Run pytest; say how it ended: "exit", "timeout", or the signal."""
    with open(log, "a") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        seen, since = -1, time.monotonic()
        while True:
            try:
                status = process.wait(0.2)
                break
            except subprocess.TimeoutExpired:
                pass
            size = report.stat().st_size
            if size != seen:
                seen, since = size, time.monotonic()
            elif time.monotonic() - since > timeout:
                process.kill()
                process.wait()
                return "timeout"
    return f"signal {-status}" if status < 0 else "exit"


def read_report(
    report: Path,
    file: str,
    outcomes: dict[str, Outcome],
    problems: list[str],
    ending: str,
) -> bool:
    """Add the outcomes of one process; False if it broke off and the rest is to run."""
    running = None
    finished = False
    before = len(outcomes)
    for line in report.read_text().splitlines():
        entry = json.loads(line)
        if "started" in entry:
            running = entry["started"].removeprefix(f"{file}::")
        elif "collection" in entry:
            problems.append(f"collection {entry['collection']}: {entry['message']}")
        elif "imported" in entry:
            finished = True
            # The tests of the backend alone do not import the package.
            if file != IMPORTS_NOTHING:
                problems += source.check_imported(entry["imported"], entry["pycparser"])
        else:
            test = entry["id"].removeprefix(f"{file}::")
            # A teardown that fails after a passed test is the outcome that counts.
            outcomes[test] = Outcome(entry["outcome"], entry["message"])
            running = None
    if finished:
        if ending != "exit":
            problems.append(f"the process ended by {ending} after its last test")
        return True
    if running is None:
        problems.append(f"the process ended by {ending} outside of any test")
        return len(outcomes) == before
    outcomes[running] = Outcome("timeout" if ending == "timeout" else "crashed", ending)
    return False


def summary_of_others(outcomes: dict[str, Outcome]) -> str:
    words: dict[str, int] = {}
    for outcome in outcomes.values():
        if outcome.word != "passed":
            words[outcome.word] = words.get(outcome.word, 0) + 1
    return "".join(f", {count} {word}" for word, count in sorted(words.items()))


def shorten(text: str, verbose: bool) -> str:
    if verbose:
        return text
    first = text.strip().splitlines()[0] if text.strip() else ""
    return first if len(first) <= 220 else first[:217] + "..."


if __name__ == "__main__":
    sys.exit(main())
