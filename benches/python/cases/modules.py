"""Modules: from declarations to their text, without a compiler."""

from __future__ import annotations

from cases.case import Group

_module = Group("module")

# Upstream's prints what it does: that goes where nobody looks, in both.
EMIT = "with redirect_stdout(StringIO()): emit(StringIO())"
PREPARE = (
    "from contextlib import redirect_stdout; from io import StringIO;"
    "ffi = FFI(); ffi.cdef({cdef}); ffi.set_source('_m', {source}); emit = ffi.{step}"
)
EMIT_C = PREPARE.format(cdef="LARGE", source="''", step="emit_c_code")
EMIT_PYTHON = PREPARE.format(cdef="LARGE", source="None", step="emit_python_code")

CASES = [
    _module.case("emit_c_code, 15 lines", EMIT, EMIT_C.replace("LARGE", "SMALL")),
    _module.case("emit_python_code, 15 lines", EMIT, EMIT_PYTHON.replace("LARGE", "SMALL")),
    _module.case("emit_c_code, 400 of each", EMIT, EMIT_C, target=0.05),
    _module.case("emit_python_code, 400 of each", EMIT, EMIT_PYTHON, target=0.05),
]
