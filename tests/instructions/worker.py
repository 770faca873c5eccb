"""Runs the operations under callgrind; `begin` and `end` of marker.c say what is counted.

worker.py MARKER LIBRARY HEADER MODULES
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from cffi import FFI
from operations import DECLARATIONS, GROWTHS, OPERATIONS, SIZES

ROUNDS = 500


def main(marker: str, library: str, header: str, modules: str) -> None:
    request = ctypes.CDLL(marker)
    sys.path.insert(0, modules)
    from bench_ours import lib as api

    ffi = FFI()
    ffi.cdef(Path(header).read_text())
    variables = {
        "ffi": ffi,
        "lib": ffi.dlopen(library),
        "kept": ffi.dlopen(library, keep_gil=True),
        "api": api,
    }
    gc.disable()
    for operation in OPERATIONS:
        scope = dict(variables)
        source = f"def run(rounds):\n for _ in range(rounds):\n  {operation.statement}"
        exec(f"{operation.setup}\n{source}", scope)
        # The interpreter specialises code that has run a few times.
        scope["run"](100)
        counted(request, operation.name, partial(scope["run"], ROUNDS))
    tools: dict[str, Any] = {"FFI": FFI, "StringIO": StringIO}
    exec(DECLARATIONS, tools)
    for growth in GROWTHS:
        # The first time imports what the step needs.
        for size in [50, *SIZES]:
            scope = {**tools, "size": size}
            exec(growth.setup, scope)
            statement = partial(exec, compile(growth.statement, growth.name, "exec"), scope)
            counted(request, f"{growth.name}/{size}", statement)


def counted(request: ctypes.CDLL, name: str, work: Callable[[], object]) -> None:
    request.begin()
    work()
    request.end(name.encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
