"""Runs the same snippets under our wheel and under upstream's cffi, and compares what they do.

    run.py                            every snippet
    run.py integers casts             those of snippets/integers.txt and snippets/casts.txt
    run.py -k from_buffer             those whose text contains this
    run.py -k 'lib.record' --verbose  what they do, differing or not

Run it by the Python of the environment that our wheel is installed in; `make test-differential`
does, and says where upstream's is.  A difference has to be listed in differences.toml, with its
reason, and what is listed there has to differ.  A crash of ours fails, listed or not.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "differential"
# As the Makefile names it.
PYTHON_TAG = f"py{sys.version_info[0]}.{sys.version_info[1]}{sys.abiflags}"
UPSTREAM = ROOT / "build" / f"upstream-{PYTHON_TAG}" / "bin" / "python"
UPSTREAM_VERSION = "2.1.1"
CHUNK = 64

Outcome = dict[str, str]


class SetUpError(Exception):
    """There is nothing to compare, or nothing to compare with."""


def main() -> int:
    options = parse_arguments()
    try:
        prove_different(options.upstream)
        library = compile_library()
        snippets = load_snippets()
        reasons = load_reasons(snippets)
        for area in options.areas:
            if area not in snippets:
                raise SetUpError(f"no snippets/{area}.txt")
    except SetUpError as error:
        print(f"differential: {error}", file=sys.stderr)
        return 2

    chosen = [
        snippet
        for area, texts in snippets.items()
        for snippet in texts
        if (not options.areas or area in options.areas) and options.k in snippet
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ours = run_snippets(pool, [sys.executable], chosen, library)
        theirs = run_snippets(pool, [str(options.upstream), "-I"], chosen, library)
        outcomes = list(zip(chosen, ours, theirs))

    failed = 0
    for snippet, our_outcome, their_outcome in outcomes:
        problem = judge(our_outcome, their_outcome, reasons.get(snippet))
        if problem:
            failed += 1
            print(f"{problem}:")
        if problem or options.verbose:
            describe(snippet, our_outcome, their_outcome)
    print(f"differential: {len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


def parse_arguments() -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("areas", nargs="*", help="such as integers; all if none is named")
    parser.add_argument("-k", metavar="TEXT", default="", help="only snippets that contain it")
    parser.add_argument("--upstream", type=Path, default=UPSTREAM, help="upstream's Python")
    parser.add_argument("--verbose", action="store_true", help="what every snippet does")
    return parser.parse_args()


def prove_different(upstream: Path) -> None:
    """Two interpreters of one version, one with upstream's cffi, one with another."""
    code = "import sys, _cffi_backend as b; print(sys.version, b.__file__, b.__version__, sep='|')"
    found = []
    for command in ([sys.executable], [str(upstream), "-I"]):
        try:
            process = subprocess.run([*command, "-c", code], capture_output=True, text=True)
        except OSError as error:
            raise SetUpError(f"cannot run {command[0]}: {error}") from None
        if process.returncode != 0:
            raise SetUpError(f"{command[0]} has no cffi: {process.stderr}")
        found.append(process.stdout.strip().split("|"))
    (our_python, our_file, _), (their_python, their_file, their_version) = found
    if our_python != their_python:
        raise SetUpError(f"different Pythons: {our_python} and {their_python}")
    if our_file == their_file or their_version != UPSTREAM_VERSION:
        raise SetUpError(f"{their_file} is not upstream's, of version {UPSTREAM_VERSION}")


def compile_library() -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        raise SetUpError("no C compiler: `cc` was not found")
    path = BUILD / "fixture.so"
    BUILD.mkdir(parents=True, exist_ok=True)
    source = HERE / "fixture.c"
    process = subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-o", path, source], capture_output=True, text=True
    )
    if process.returncode != 0:
        raise SetUpError(f"{source} does not compile:\n{process.stderr}")
    return path


def load_snippets() -> dict[str, list[str]]:
    """The snippets by area: paragraphs, without the comments."""
    snippets: dict[str, list[str]] = {}
    where: dict[str, str] = {}
    for path in sorted((HERE / "snippets").glob("*.txt")):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        area = snippets.setdefault(path.stem, [])
        for paragraph in re.split(r"\n\s*\n", "\n".join(lines)):
            snippet = paragraph.strip("\n")
            if not snippet:
                continue
            if snippet in where:
                raise SetUpError(f"in {where[snippet]} and again in {path.stem}: {snippet}")
            where[snippet] = path.stem
            area.append(snippet)
    return snippets


def load_reasons(snippets: dict[str, list[str]]) -> dict[str, str]:
    """Why a snippet may differ."""
    known = {snippet for texts in snippets.values() for snippet in texts}
    reasons: dict[str, str] = {}
    table = tomllib.loads((HERE / "differences.toml").read_text())
    for entry in table["difference"]:
        for snippet in entry["snippets"]:
            if snippet not in known:
                raise SetUpError(f"differences.toml lists what is no snippet: {snippet}")
            if snippet in reasons:
                raise SetUpError(f"differences.toml lists it twice: {snippet}")
            reasons[snippet] = entry["reason"]
    return reasons


def run_snippets(
    pool: ThreadPoolExecutor, python: list[str], snippets: list[str], library: Path
) -> Iterator[Outcome]:
    """Starts a worker for each chunk; gives the outcomes, in order, as they come."""
    command = [*python, str(HERE / "worker.py"), str(library)]
    chunks = [snippets[start : start + CHUNK] for start in range(0, len(snippets), CHUNK)]
    return chain.from_iterable(pool.map(partial(run_chunk, command), chunks))


def run_chunk(command: list[str], snippets: list[str]) -> list[Outcome]:
    """The outcomes of these snippets, in order."""
    process = subprocess.run(
        command,
        input="".join(json.dumps(snippet) + "\n" for snippet in snippets),
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    outcomes = [json.loads(line) for line in process.stdout.splitlines()]
    missing = len(snippets) - len(outcomes)
    if missing:
        outcomes += [{"crash": f"of the worker: {process.stderr.strip()}"}] * missing
    python = command[0]
    return [{key: normalise(text, python) for key, text in outcome.items()} for outcome in outcomes]


def normalise(text: str, python: str) -> str:
    """Without addresses and the path of the interpreter; small numbers come from the snippet."""
    printable = text.encode("utf-8", "backslashreplace").decode().replace(python, "python")
    return re.sub(r"\b0x[0-9a-fA-F]{6,}\b", "0xADDR", printable)


def judge(ours: Outcome, theirs: Outcome, reason: str | None) -> str | None:
    """What is wrong with these outcomes, if anything is."""
    if "crash" in ours:
        return "ours crashes"
    if ours == theirs:
        return "listed in differences.toml, but does not differ" if reason else None
    return None if reason else "differs, and is not listed in differences.toml"


def describe(snippet: str, ours: Outcome, theirs: Outcome) -> None:
    print("".join(f"    {line}\n" for line in snippet.splitlines()), end="")
    for key in dict.fromkeys([*theirs, *ours]):
        if theirs.get(key) == ours.get(key):
            print(f"  both, {key}: {ours[key]}")
            continue
        for theirs_here, ours_here in differing(theirs.get(key), ours.get(key)):
            print(f"  upstream, {key}: {theirs_here}")
            print(f"  ours, {key}: {ours_here}")
    print(flush=True)


def differing(theirs: str | None, ours: str | None) -> list[tuple[object, object]]:
    """Of two lists of texts, the items that differ; of anything else, all of it."""
    if theirs is None or ours is None:
        return [(theirs or "nothing", ours or "nothing")]
    lists = [parse_list(theirs), parse_list(ours)]
    if not all(lists) or len(lists[0]) != len(lists[1]):
        return [(theirs, ours)]
    return [
        (their_item, our_item) for their_item, our_item in zip(*lists) if their_item != our_item
    ]


def parse_list(text: str) -> list[str]:
    """The texts in the repr() of a list of texts; nothing if it is something else."""
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return []
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else []


if __name__ == "__main__":
    sys.exit(main())
