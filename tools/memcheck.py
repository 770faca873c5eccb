"""Runs the demo and our Python tests under valgrind: no invalid access with our code on the stack.

CPython itself is not free of reports (its import system reads uninitialised
bytes), so an error counts when the extension module is somewhere on its stack.
Leaks are not looked at: interpreters leave much behind when they exit.  Run it by
``make memcheck``, which uses a build with line numbers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = "_cffi_backend"
PYTEST = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
RUNS = {
    "demo": ["demo/demo.py"],
    # What test_leaks.py does a million times is in the other files, too.
    "tests": [*PYTEST, "--ignore=tests/python/test_leaks.py", "tests/python"],
}


def main(arguments: list[str]) -> int:
    if shutil.which("valgrind") is None:
        subprocess.run([ROOT / "tools" / "apt.sh", "valgrind"], check=True)
    passed = failed = 0
    for name, command in RUNS.items():
        extra = arguments if name == "tests" else []
        status, errors = check([*command, *extra])
        for error in errors:
            print(describe(error))
        print(f"{name}: status {status}, {len(errors)} errors with our code on the stack")
        if errors or status != 0:
            failed += 1
        else:
            passed += 1
    print(f"memcheck: {passed} passed, {failed} failed")
    return 1 if failed else 0


def check(command: list[str]) -> tuple[int, list[ElementTree.Element]]:
    """Exit status, and the errors that are ours."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        valgrind = ["valgrind", "--xml=yes", f"--xml-file={report}", "--leak-check=no"]
        # Deep stacks: the caller that matters may be far up.
        valgrind += ["--num-callers=40", sys.executable, *command]
        environment = {**os.environ, "PYTHONMALLOC": "malloc", "CFFI_MEMCHECK": "1"}
        status = subprocess.run(valgrind, cwd=ROOT, env=environment).returncode
        errors = ElementTree.parse(report).getroot().findall("error")
    return status, [error for error in errors if is_ours(error) and not is_leak(error)]


def is_leak(error: ElementTree.Element) -> bool:
    """valgrind's XML lists leaks whatever it was told; types live as long as the process here."""
    return (error.findtext("kind") or "").startswith("Leak_")


def is_ours(error: ElementTree.Element) -> bool:
    return any(OURS in text for text in error.itertext())


def describe(error: ElementTree.Element) -> str:
    kind = error.findtext("kind")
    what = error.findtext("what") or error.findtext("xwhat/text")
    lines = [f"{kind}: {what}"]
    for frame in error.iter("frame"):
        function, file = frame.findtext("fn", "?"), frame.findtext("file", "")
        lines.append(f"    {function} ({file}:{frame.findtext('line', '')})")
        if OURS in frame.findtext("obj", "") and len(lines) > 12:
            break
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
