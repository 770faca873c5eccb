"""Environments for projects; what they need of the system."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from environments import ROOT, Environment, download

# What the examples say that they need.
SYSTEM = ["gcc", "libc6-dev", "make", "pkg-config", "zlib1g-dev", "libsqlite3-dev"]


@pytest.fixture(scope="session", autouse=True)
def needs() -> None:
    subprocess.run([ROOT / "tools" / "apt.sh", *SYSTEM], check=True)
    download()


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path)
