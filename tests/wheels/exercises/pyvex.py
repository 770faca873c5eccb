"""pyvex: in line; what ``cdef()`` parsed is kept in a file, and assigned in the next process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

# It keeps its file there; the processes below share it, and nobody else has one.
FOLDER = tempfile.mkdtemp(dir=os.getcwd())
tempfile.tempdir = FOLDER

import archinfo  # noqa: E402 - after the folder is set
import pyvex  # noqa: E402 - it asks for the folder as it is imported

LIFT = """
import tempfile, sys
tempfile.tempdir = sys.argv[1]
import archinfo, pyvex
block = pyvex.lift(bytes.fromhex("554889e5c3"), 0x1000, archinfo.ArchAMD64())
print(block.jumpkind, block.size, len(block.statements))
"""


def check_lifting() -> None:
    block = pyvex.lift(b"\x55\x48\x89\xe5\xc3", 0x1000, archinfo.ArchAMD64())
    assert (block.jumpkind, block.size, block.instructions) == ("Ijk_Ret", 5, 3)
    assert "PUT(rsp)" in str(block)


def check_other_processors() -> None:
    arm = pyvex.lift(bytes.fromhex("1eff2fe1"), 0x1000, archinfo.ArchARM())
    assert arm.jumpkind == "Ijk_Ret" and arm.size == 4
    mips = pyvex.lift(bytes.fromhex("03e0000800000000"), 0x1000, archinfo.ArchMIPS32())
    assert mips.jumpkind == "Ijk_Ret" and mips.instructions == 2


def check_what_was_kept() -> None:
    (kept,) = Path(FOLDER).glob("pyvex_ffi_parser_cache.*")
    before = kept.read_bytes()
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", LIFT, FOLDER], capture_output=True, text=True, check=True
        )
        assert done.stdout.split()[:2] == ["Ijk_Ret", "5"]
    assert kept.read_bytes() == before


def check_sizes() -> None:
    from pyvex.native import ffi

    assert ffi.sizeof("IRConst") == 16 and ffi.typeof("IRExpr").kind == "struct"
    assert ffi._parser._int_constants["Iop_INVALID"] == 0x1400
