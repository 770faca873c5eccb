"""What all projects need: libraries of the system, and wheels of the build systems."""

from __future__ import annotations

import subprocess

import pytest
from environments import ROOT, download

# What the examples say that they need.
SYSTEM = ["gcc", "libc6-dev", "make", "pkg-config", "zlib1g-dev", "libsqlite3-dev"]


@pytest.fixture(scope="session", autouse=True)
def needs() -> None:
    subprocess.run([ROOT / "tools" / "apt.sh", *SYSTEM], check=True)
    download()
