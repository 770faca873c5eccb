"""What ``import cffi`` brings in: little, and nothing of anybody else's.

How long it takes is measured by ``make bench``.
"""

from __future__ import annotations

import subprocess
import sys

import cffi

AT_IMPORT = {"_cffi_backend", "cffi", "cffi.api", "cffi.error", "cffi.lock"}


def modules_after(code: str) -> set[str]:
    """What is in sys.modules after the code, and was not before it."""
    script = (
        f"import sys; before = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before))"
    )
    command = [sys.executable, "-I", "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_import_is_small() -> None:
    assert modules_after("import cffi") <= AT_IMPORT


def test_first_call_imports_nothing_large() -> None:
    code = (
        "import cffi; ffi = cffi.FFI(); ffi.cdef('int abs(int);')\n"
        "assert ffi.dlopen(None).abs(-7) == 7"
    )
    assert modules_after(code) <= AT_IMPORT | {"cffi._dlopen"}


def test_public_names() -> None:
    assert cffi.__version__ == "2.1.1"
    assert cffi.__version_info__ == (2, 1, 1)
    for name in cffi.__all__:
        assert getattr(cffi, name).__module__.partition(".")[0] == "cffi"
