"""Every feature of compiled modules, over every pair of a generator and a runtime.

    run.py [--upstream PYTHON] [--generator NAME] [--runtime NAME] [--keep FOLDER] [ROW...]

Run it by the Python of the environment that our wheel is installed in.

A row is a file in rows/: build() says what set_source() is given, exercise() tests
the values of the modules that come of it.  A cell is one row's exercise with the
modules that one generator (ours, upstream's) wrote under one runtime (ours,
upstream's).  Each runs in a process of its own: a crash is the failure of one.

Ends in one line ``matrix: N passed, N failed``, after one line for each failure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# As the Makefile names it.
PYTHON_TAG = f"py{sys.version_info[0]}.{sys.version_info[1]}{sys.abiflags}"
UPSTREAM = ROOT / "build" / f"upstream-{PYTHON_TAG}" / "bin" / "python"
WORKERS = os.cpu_count() or 2
COMPILE = [*(os.environ.get("CC") or "cc").split(), "-O0", "-w", "-shared", "-fPIC"]
SECONDS = 60
"""No exercise takes as long, on any machine."""


def isolated(python: str) -> list[str]:
    """An interpreter that finds no cffi but its own."""
    return [python, "-I", "-X", "faulthandler"]


def is_ours(python: str) -> bool | None:
    """Whether an interpreter has our cffi; None if it has none."""
    code = "import _cffi_backend; print(hasattr(_cffi_backend, '_InlineFFI'))"
    result = subprocess.run([*isolated(python), "-c", code], text=True, capture_output=True)
    return {"True": True, "False": False}.get(result.stdout.strip())


def rows_for(generator: str, rows: list[str]) -> list[str]:
    """The rows that a generator knows: upstream's refuses some."""
    if generator == "ours":
        return rows
    texts = {row: (HERE / "rows" / f"{row}.py").read_text() for row in rows}
    return [row for row in rows if "\nNOT_UPSTREAM = " not in texts[row]]


def emit(python: str, folder: Path, rows: list[str]) -> list[dict[str, object]]:
    """Lets a generator write its modules; returns what is to be compiled."""
    script = [*isolated(python), str(HERE / "emit.py"), str(folder), *rows]
    result = subprocess.run(script, text=True, capture_output=True)
    if result.returncode != 0:
        return [{"row": "*", "error": last_line(result.stderr)}]
    tasks: list[dict[str, object]] = json.loads(result.stdout)
    return tasks


def compile(task: dict[str, object], include: str) -> str | None:
    """Compiles a module beside its source; returns the first error."""
    folder = Path(str(task["folder"]))
    target = folder.joinpath(*str(task["name"]).split(".")).with_suffix(".so")
    macros = [f"-D{macro}" for macro in as_list(task["macros"])]
    sources = as_list(task["sources"])
    command = [*COMPILE, f"-I{include}", *macros, "-o", str(target), *sources, "-lm"]
    result = subprocess.run(command, cwd=folder, text=True, capture_output=True)
    if result.returncode == 0:
        return None
    errors = [line for line in result.stderr.splitlines() if "error" in line]
    return errors[0] if errors else last_line(result.stderr)


def as_list(value: object) -> list[str]:
    assert isinstance(value, list)
    return value


def exercise(python: str, folder: Path, row: str) -> str | None:
    """Runs a cell; returns what went wrong."""
    script = [*isolated(python), str(HERE / "exercise.py"), str(folder / row), row]
    try:
        result = subprocess.run(
            script, text=True, capture_output=True, errors="replace", timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"not finished after {SECONDS} seconds"
    if result.returncode == 0:
        return None
    if result.returncode < 0:
        return f"ended by signal {-result.returncode}"
    return shown_error(result.stderr)


def shown_error(traceback: str) -> str:
    """The exception, and the line of the exercise that raised it."""
    lines = traceback.splitlines()
    places = [i for i, line in enumerate(lines) if f"{os.sep}rows{os.sep}" in line]
    code = lines[places[-1] + 1].strip() if places and places[-1] + 1 < len(lines) else "?"
    return f"{last_line(traceback)}   in: {code}"


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


def main() -> int:
    parser = argparse.ArgumentParser(description="Every feature, over generators and runtimes.")
    parser.add_argument("--upstream", type=Path, default=UPSTREAM, help="upstream's Python")
    parser.add_argument("--generator", choices=["ours", "upstream"], help="only this one")
    parser.add_argument("--runtime", choices=["ours", "upstream"], help="only this one")
    parser.add_argument("--keep", type=Path, help="leave the modules in this folder")
    parser.add_argument("rows", nargs="*", help="only these")
    options = parser.parse_args()
    pythons = {"ours": sys.executable, "upstream": str(options.upstream)}
    if [is_ours(python) for python in pythons.values()] != [True, False]:
        print(f"matrix: {pythons} are not ours and upstream's", file=sys.stderr)
        return 2
    rows = options.rows or sorted(path.stem for path in (HERE / "rows").glob("*.py"))
    generators = [options.generator] if options.generator else list(pythons)
    runtimes = [options.runtime] if options.runtime else list(pythons)
    with tempfile.TemporaryDirectory(prefix="matrix-") as temporary:
        folder = (options.keep or Path(temporary)).resolve()
        return run(pythons, generators, runtimes, rows, folder)


def run(
    pythons: dict[str, str],
    generators: list[str],
    runtimes: list[str],
    rows: list[str],
    folder: Path,
) -> int:
    include = sysconfig.get_paths()["include"]
    passed = 0
    failures: list[str] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        chosen = {name: rows_for(name, rows) for name in generators}
        emitted = {
            name: pool.submit(emit, pythons[name], folder / name, chosen[name])
            for name in generators
        }
        broken: dict[tuple[str, str], str] = {}
        compiled = []
        for name in generators:
            for task in emitted[name].result():
                row = str(task["row"])
                if "error" in task:
                    broken[name, row] = f"not generated: {task['error']}"
                else:
                    compiled.append((name, row, pool.submit(compile, task, include)))
        for name, row, future in compiled:
            error = future.result()
            if error is not None:
                broken.setdefault((name, row), f"not compiled: {error}")
        cells = []
        for name in generators:
            for row in chosen[name]:
                problem = broken.get((name, row)) or broken.get((name, "*"))
                for runtime in runtimes:
                    cell = f"{row}: modules of {name}, runtime of {runtime}"
                    if problem:
                        failures.append(f"{cell}: {problem}")
                    else:
                        future = pool.submit(exercise, pythons[runtime], folder / name, row)
                        cells.append((cell, future))
        for cell, future in cells:
            error = future.result()
            if error is None:
                passed += 1
            else:
                failures.append(f"{cell}: {error}")
    for failure in sorted(failures):
        print(f"FAILED {failure}")
    print(f"matrix: {passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
