"""Generates and compiles the module of the compiled calls, with the cffi of this Python.

module.py NAME FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
CALLBACKS = """
extern "Python" int on_int(int);
extern "Python" int on_other(int);
extern "Python" double on_four(double, double, double, double);
"""
SOURCE = """
#include <stdbool.h>
#include <stddef.h>
#include <uchar.h>
#include <wchar.h>
#include "bench.h"
"""


def main(name: str, folder: str) -> None:
    library = str(Path(folder).resolve().parent)
    ffi = FFI()
    ffi.cdef((HERE / "bench.h").read_text() + CALLBACKS)
    ffi.set_source(
        name,
        SOURCE,
        include_dirs=[str(HERE)],
        libraries=["bench"],
        library_dirs=[library],
        runtime_library_dirs=[library],
    )
    ffi.compile(tmpdir=folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
