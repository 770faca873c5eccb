"""What all our Python tests share: a check that they test the wheel that was built here."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import _cffi_backend
import cffi
import pytest


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse to run against another cffi, such as upstream's or a source folder."""
    site = Path(sysconfig.get_path("platlib"))
    for module in (cffi, _cffi_backend):
        if module.__file__ is None or site not in Path(module.__file__).parents:
            pytest.exit(f"{module.__name__} comes from {module.__file__}, not from {site}", 3)
    if not hasattr(_cffi_backend, "_InlineFFI"):
        pytest.exit(f"{_cffi_backend.__file__} is not ours", 3)


@pytest.fixture
def ffi() -> cffi.FFI:
    """An FFI without declarations."""
    return cffi.FFI()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return Path(__file__).resolve().parent.parent
