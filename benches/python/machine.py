"""Where a run took place, and when: what a reader of its numbers wants to know."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = """
import importlib.metadata, json
def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"
names = ["cffi", "pycparser", "nanobind", "Cython"]
print(json.dumps({name: version(name) for name in names}))
"""


def describe(upstream: str) -> dict[str, str]:
    """By what a reader would ask for; `upstream` is the Python with what is compared with."""
    versions = json.loads(output([upstream, "-I", "-c", VERSIONS]) or "{}")
    revision = output(["git", "-C", str(ROOT), "describe", "--always", "--dirty"])
    return {
        "date": datetime.date.today().isoformat(),
        "revision": revision or "unknown",
        "Python": platform.python_version(),
        "upstream": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "processor": f"{processor()}, {os.cpu_count()} logical processors",
        "system": f"{system()}, Linux {platform.release()}",
        "compilers": f"{first_line(['cc', '--version'])}; {first_line(['rustc', '--version'])}",
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def stay_on_one_processor() -> None:
    """Keeps this process, and those that it starts, from moving between processors.

    Where a new thread or process begins is the largest noise there is.
    """
    if hasattr(os, "sched_setaffinity"):
        # The first one has most of the interrupts.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def python_tag() -> str:
    """As the Makefile names environments."""
    return f"py{sys.version_info[0]}.{sys.version_info[1]}{sys.abiflags}"


def processor() -> str:
    found = re.search(r"^model name\s*: (.*)$", read("/proc/cpuinfo"), re.M)
    return found[1] if found else platform.machine()


def system() -> str:
    found = re.search(r'^PRETTY_NAME="?(.*?)"?$', read("/etc/os-release"), re.M)
    return found[1] if found else platform.system()


def read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def first_line(command: list[str]) -> str:
    return output(command).partition("\n")[0] or f"no {command[0]}"


def output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""
