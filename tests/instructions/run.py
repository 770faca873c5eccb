"""Counts instructions of common operations, which noise cannot change.

    run.py             compares with expected.toml
    run.py --update    writes it

What is compared is what the extension module does itself: its instructions, and
how often it calls something outside of it. The interpreter's own instructions are
left out, because they are another number in each build of it.

Growth is compared over sizes: a thousand declarations cost four times as much
as 250, and what comes after them costs the same.

Of the first call by a compiled module it is counted over how much of the library the
code is spread that runs: reading and mapping pages takes most of that time.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "benches" / "python"))

import callgrind
from native import compile_library, compile_module
from operations import GROWTHS, OPERATIONS, SIZES
from worker import ROUNDS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "instructions"
BENCHES = ROOT / "benches" / "python"
EXPECTED = HERE / "expected.toml"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
TOLERANCE = 0.08
# Of the shortest operations one instruction is more than that.
SLACK = 4
# Another compiler makes other code of the same source.
TOLERANCE_OF_OTHER_COMPILERS = 0.30
# Above linear, for tables that double.
GROWTH_TOLERANCE = 0.25
# Linux maps pages in windows of this size ("fault-around"), in bytes.
WINDOW = 1 << 16
# Without startup.ld there are 12.
WINDOWS_AT_START = 4
FIRST_CALL = """
import sys
sys.path.insert(0, sys.argv[1])
from bench_ours import lib
assert lib.add(3, 4) == 7
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write what was counted")
    options = parser.parse_args()
    counts = count()
    if options.update:
        update(counts)
    failed = check_operations(counts) + check_growth(counts) + check_start_up()
    passed = len(OPERATIONS) + len(GROWTHS) + 1 - failed
    print(f"instructions: {passed} passed, {failed} failed")
    return 1 if failed else 0


def count() -> dict[str, callgrind.Counts]:
    if shutil.which("valgrind") is None or not Path("/usr/include/valgrind").is_dir():
        subprocess.run([ROOT / "tools" / "apt.sh", "valgrind"], check=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    marker = BUILD / "marker.so"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", marker, HERE / "marker.c"], check=True)
    library = compile_library()
    compile_module(sys.executable, "ours")
    paths = [marker, library, BENCHES / "bench.h", library.parent / "modules"]
    command = [sys.executable, HERE / "worker.py", *paths]
    return callgrind.run([str(word) for word in command], "_cffi_backend")


def per_round(counts: callgrind.Counts) -> tuple[int, int]:
    """Instructions of the extension module, and calls out of it."""
    return round(counts.own / ROUNDS), round(counts.calls / ROUNDS)


def check_operations(counts: dict[str, callgrind.Counts]) -> int:
    """The number of operations that are not as expected."""
    document = tomllib.loads(EXPECTED.read_text())
    same_compiler = document["compiler"] == compiler()
    tolerance = TOLERANCE if same_compiler else TOLERANCE_OF_OTHER_COMPILERS
    # The nearest version that was counted: only a few paths differ.
    versions = document["operations"]
    number = int(VERSION[2:])
    # Of two that are as near, the later one.
    nearest = min(versions, key=lambda it: (abs(int(it[2:]) - number), -int(it[2:])))
    expected = versions[nearest]
    failed = 0
    for operation in OPERATIONS:
        instructions, calls = per_round(counts[operation.name])
        known = expected.get(operation.name)
        if known is None:
            print(f"{operation.name}: not in {EXPECTED.name}; run with --update")
            failed += 1
            continue
        before = max(known["instructions"], 1)  # there may be none at all
        change = (instructions - known["instructions"]) / before
        allowed = max(tolerance, SLACK / before)
        line = f"{operation.name:32} {instructions:6} ({change:+.1%}) {calls:4} calls"
        if abs(change) > allowed or calls != known["calls"]:
            failed += 1
            line += f"   expected {known['instructions']} and {known['calls']}"
            if change < -allowed or calls < known["calls"]:
                line += ": better; run with --update"
        print(line)
    return failed


def check_growth(counts: dict[str, callgrind.Counts]) -> int:
    """The number of steps that grow faster than the declarations."""
    failed = 0
    small, large = SIZES
    for growth in GROWTHS:
        ratio = counts[f"{growth.name}/{large}"].total / counts[f"{growth.name}/{small}"].total
        linear = large / small if growth.per_unit else 1
        line = f"{growth.name:32} {ratio:6.2f} times as many for {linear:g} times the size"
        if ratio > linear * (1 + GROWTH_TOLERANCE):
            failed += 1
            line += ": not linear"
        print(line)
    return failed


def check_start_up() -> int:
    """Whether too many windows of code are mapped, 0 or 1."""
    modules = compile_library().parent / "modules"
    command = [sys.executable, "-I", "-c", FIRST_CALL, str(modules)]
    windows = {address // WINDOW for address in callgrind.addresses(command, "_cffi_backend")}
    line = f"{'import and first call':32} {len(windows):6} windows of 64 kB"
    failed = not 0 < len(windows) <= WINDOWS_AT_START
    print(line + f": more than {WINDOWS_AT_START}; run `make startup-order`" * failed)
    return int(failed)


def update(counts: dict[str, callgrind.Counts]) -> None:
    """Replaces the counts of this version of Python."""
    document = tomllib.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    versions = document.get("operations", {})
    versions[VERSION] = {
        operation.name: per_round(counts[operation.name]) for operation in OPERATIONS
    }
    lines = [
        "# Instructions of the extension module for one operation, and calls out of it.",
        f'compiler = "{compiler()}"',
    ]
    for version, operations in sorted(versions.items(), key=lambda it: int(it[0][2:])):
        lines += ["", f'[operations."{version}"]']
        for name, found in operations.items():
            instructions, calls = found.values() if isinstance(found, dict) else found
            lines.append(f'"{name}" = {{ instructions = {instructions}, calls = {calls} }}')
    EXPECTED.write_text("\n".join(lines) + "\n")


def compiler() -> str:
    answer = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True)
    return " ".join(answer.stdout.split()[:2])


if __name__ == "__main__":
    sys.exit(main())
