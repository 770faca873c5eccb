"""Builds the wheel for every supported CPython that is found, and runs smoke.py on each.

Looks on PATH and in pyenv's ``versions/``.  A version that is not there is
named and is no failure; one that is there has to work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ("3.10", "3.11", "3.12", "3.13")
PROBE = "import sys, venv; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"


def main() -> int:
    interpreters = {version: find(version) for version in VERSIONS}
    missing = [version for version, path in interpreters.items() if path is None]
    passed = failed = 0
    for version, path in interpreters.items():
        if path is None:
            continue
        start = time.monotonic()
        # Not the release profile: it is the wheel of the other parts, and takes long to link.
        command = [
            "make",
            "--no-print-directory",
            "smoke",
            f"PYTHON={path}",
            "PROFILE=dev",
        ]
        result = subprocess.run(
            command,
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        seconds = time.monotonic() - start
        if result.returncode == 0:
            passed += 1
            print(f"Python {version}: {result.stdout.splitlines()[-1]} ({seconds:.0f} s)")
        else:
            failed += 1
            print(f"Python {version} ({path}) FAILED ({seconds:.0f} s)\n{result.stdout}")
        sys.stdout.flush()
    print("Pythons not found:", ", ".join(missing) or "none")
    print(f"smoke: {passed} passed, {failed} failed, {len(missing)} skipped")
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
