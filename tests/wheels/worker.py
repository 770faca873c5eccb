"""Runs the checks of one exercise, one after the other, in this process.

    worker.py EXERCISE REPORT [DONE...]

A check is a function of the file whose name begins with ``check_``; its first line of
documentation is what it is called by.  What happens is appended to REPORT as a line of JSON
each: that a check starts, how it ended, and at the very end which cffi this process had.
Checks named in DONE are left out: that is how the driver goes on behind a check that killed
the process.
"""

from __future__ import annotations

import faulthandler
import importlib.util
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from types import FunctionType

from support import Skipped


def main(file: str, report: str, *done: str) -> None:
    faulthandler.enable()
    exercise = Path(file)
    with (
        open(report, "a", buffering=1, encoding="utf-8") as lines,
        tempfile.TemporaryDirectory(prefix="wheels-") as folder,
    ):
        os.chdir(folder)

        def say(**entry: object) -> None:
            print(json.dumps(entry), file=lines)

        checks = load(exercise)
        say(checks=[name for name, _ in checks])
        for name, check in checks:
            if name in done:
                continue
            say(started=name)
            try:
                check()
            except Skipped as reason:
                say(skipped=name, message=str(reason))
            except BaseException as error:
                say(
                    failed=name,
                    message="".join(traceback.format_exception_only(error)).strip(),
                    where=traceback.format_exc(),
                )
            else:
                say(passed=name)
        os.chdir("/")
        say(finished=True, cffi=origin())


def load(exercise: Path) -> list[tuple[str, FunctionType]]:
    """The checks, in the order of the file; an import that fails is the one failing check."""
    # Their folder is not on the path: they are called like the packages that they use.
    name = f"exercise_{exercise.stem}"
    spec = importlib.util.spec_from_file_location(name, exercise)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        text = traceback.format_exc()

        def check_import() -> None:
            raise ImportError(text.strip().splitlines()[-1] + "\n" + text)

        return [("check_import", check_import)]
    return [(name, value) for name, value in vars(module).items() if name.startswith("check_")]


def origin() -> dict[str, str | None]:
    """Where the modules of cffi came from, of those that were imported."""
    names = [name for name in sys.modules if name.rpartition(".")[2] == "_cffi_backend"]
    return {
        name: getattr(sys.modules[name], "__file__", None)
        for name in (*names, "cffi")
        if name in sys.modules
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
