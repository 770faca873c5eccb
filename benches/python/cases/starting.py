"""Starting: what new processes do first.  Programs, not statements: startup.py runs them."""

from __future__ import annotations

GROUP = "start-up"
INSIDE = "in a new process"
WHOLE = "whole processes"

IMPORT = "import cffi"
FIRST = "import, cdef, dlopen, a call"
MODULE = "a compiled module, a call"
BARE = "a bare interpreter"

FIRST_CALL = (
    "from cffi import FFI; ffi = FFI(); ffi.cdef('int abs(int);');"
    "assert ffi.dlopen(None).abs(-7) == 7"
)
FIRST_CALL_OF_CTYPES = "import ctypes; assert ctypes.CDLL(None).abs(-7) == 7"
COMPILED = "from bench_upstream import lib; assert lib.add(3, 4) == 7"
