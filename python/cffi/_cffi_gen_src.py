"""The command ``cffi-gen-src``, also ``python -m cffi.gen_src``: the C source of a
module, for build systems that compile it themselves.

    cffi-gen-src exec-python build.py out.c
    cffi-gen-src read-sources package.module cdef.txt source.c out.c

``-`` is standard input, or output.  The command line is the interface; what is
below may change.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .api import FFI

# What a script sees as its __name__, so that what it does as a program is skipped.
_SCRIPT_NAME = "cffi.gen_src"


def run(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Do what the arguments say, by default those of the program.

    Raises SystemExit where they are wrong, and what the script or the FFI
    raises.
    """
    parser = _parser(prog)
    options = parser.parse_args(args)
    if options.command is None:
        parser.error("a subcommand is required: exec-python or read-sources")
    if options.command == "exec-python":
        ffi = _ffi_of_script(options.pyfile, options.ffi_var)
    else:
        if _is_same(options.cdef, options.csrc):
            parser.error(
                f"{options.cdef!r} and {options.csrc!r} are the same file and should not be"
            )
        ffi = _ffi_of_sources(options.module_name, options.cdef, options.csrc)
    text = io.StringIO()
    ffi.emit_c_code(text)
    # Only now: an error leaves the file of an earlier run alone.
    with _open(options.output, "w") as output:
        output.write(text.getvalue())


def _parser(prog: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog or "cffi-gen-src",
        description="Generate the C source of a CFFI extension module.",
    )
    commands = parser.add_subparsers(dest="command", title="subcommands", metavar="SUBCOMMAND")

    script = commands.add_parser(
        "exec-python",
        help="run a Python script that makes an FFI object",
        description="Run a Python script that makes an FFI object and calls set_source() "
        "on it; write the C source of its module.",
    )
    script.add_argument(
        "--ffi-var",
        default="ffibuilder",
        metavar="NAME",
        help="the variable with the FFI object, or with a function that returns it "
        "(default: %(default)s)",
    )
    script.add_argument("pyfile", help="the script")
    script.add_argument("output", help="the C file to write")

    sources = commands.add_parser(
        "read-sources",
        help="read declarations and C source from two files",
        description="Read what cdef() and set_source() would be given from two files; "
        "write the C source of the module.",
    )
    sources.add_argument("module_name", help="the module's name, with those of its packages")
    sources.add_argument("cdef", help="the file with the declarations")
    sources.add_argument("csrc", help="the file with the C source in front of the module")
    sources.add_argument("output", help="the C file to write")
    return parser


def _open(path: str, mode: str) -> IO[str]:
    if path != "-":
        return open(path, mode, encoding="utf-8")
    standard = sys.stdin if mode == "r" else sys.stdout
    # The stream is to stay open.
    return open(standard.fileno(), mode, encoding="utf-8", closefd=False)


def _read(path: str) -> str:
    with _open(path, "r") as file:
        return file.read()


def _is_same(left: str, right: str) -> bool:
    if left == right:
        return True
    try:
        return os.path.samefile(left, right)
    except OSError:
        return False  # one of them is standard input, or does not exist


def _ffi_of_script(pyfile: str, ffi_var: str) -> FFI:
    from .api import FFI

    source = _read(pyfile)
    path = os.path.abspath(pyfile)
    variables: dict[str, object] = {"__name__": _SCRIPT_NAME, "__file__": path}
    before = sys.path[:]
    # As for any script: its neighbours can be imported.
    sys.path.insert(0, os.path.dirname(path))
    try:
        exec(compile(source, path, "exec"), variables)
        if ffi_var not in variables:
            raise NameError(
                f"Expected to find the FFI object with the name {ffi_var!r}, but it was not found."
            )
        ffi = variables[ffi_var]
        if not isinstance(ffi, FFI) and callable(ffi):
            ffi = ffi()
    finally:
        sys.path[:] = before
    if not isinstance(ffi, FFI):
        raise TypeError(
            f"Found an object with the name {ffi_var!r} but it was not an instance of cffi.api.FFI"
        )
    return ffi


def _ffi_of_sources(module_name: str, cdef: str, csrc: str) -> FFI:
    from .api import FFI

    ffi = FFI()
    ffi.cdef(_read(cdef))
    ffi.set_source(module_name, _read(csrc))
    return ffi
