"""Our wheels on every supported CPython that is found, that of the stable ABI on several.

Looks on PATH and in pyenv's ``versions/``.  A version that is not there is
named and is no failure; one that is there has to work.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PROBE = "import sys, venv; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"


class Job(NamedTuple):
    """Targets of make, on one version of Python."""

    version: str
    targets: tuple[str, ...]
    settings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return " ".join((f"Python {self.version}", *self.targets, *self.settings))


ALL_TESTS = ("test-conformance", "test-python")
JOBS = [
    Job("3.10", ("smoke",)),
    Job("3.11", ("smoke",)),
    Job("3.12", ("smoke",)),
    Job("3.13", ("smoke", *ALL_TESTS)),
    # The wheel that the first of these builds is the one that the second installs.
    Job("3.12", ("smoke", *ALL_TESTS), ("ABI3=1",)),
    Job("3.13", ("smoke", "test-conformance"), ("ABI3=1",)),
]


def main() -> int:
    passed = failed = skipped = 0
    for job in JOBS:
        interpreter = find(job.version)
        if interpreter is None:
            skipped += 1
            print(f"{job.name}: no such Python was found")
            continue
        start = time.monotonic()
        # Not the release profile: it is the wheel of the other parts, and takes long to link.
        command = ["make", "--no-print-directory", *job.targets]
        command += [f"PYTHON={interpreter}", "PROFILE=dev", *job.settings]
        result = subprocess.run(
            command,
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # The other parts run the tests that compile and those that take long, on one version.
            env={**os.environ, "CFFI_CONFORMANCE_QUICK": "1", "CFFI_THREAD_SECONDS": "2"},
        )
        counts = re.findall(r"^\w+: (\d+) passed, (\d+) failed", result.stdout, re.M)
        good, bad = (sum(int(count[part]) for count in counts) for part in (0, 1))
        if result.returncode != 0:
            bad = max(bad, 1)
            print(result.stdout)
        passed, failed = passed + good, failed + bad
        seconds = time.monotonic() - start
        print(f"{job.name}: {good} passed, {bad} failed ({seconds:.0f} s)", flush=True)
    print(f"versions: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def find(version: str) -> Path | None:
    """An interpreter of this version that runs and can make environments."""
    for candidate in candidates(version):
        try:
            result = subprocess.run([candidate, "-c", PROBE], text=True, capture_output=True)
        except OSError:
            continue
        if result.returncode == 0 and result.stdout.split() == ["cpython", version]:
            return candidate
    return None


def candidates(version: str) -> list[Path]:
    name = f"python{version}"
    found = []
    # pyenv's shims are on PATH for versions that are not switched on: they fail when run.
    on_path = shutil.which(name)
    if on_path:
        found.append(Path(on_path))
    roots = {os.environ.get("PYENV_ROOT", ""), str(Path.home() / ".pyenv")} - {""}
    for root in sorted(roots):
        found += sorted(Path(root, "versions").glob(f"{version}*/bin/{name}"), reverse=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
