"""Writes the modules of rows, with the cffi of the interpreter that runs this.

    emit.py FOLDER [ROW...]

Each row gets a folder of its own.  Python modules are complete then; what a C
compiler has to do is printed as JSON: a list of objects with the row, the name of
the module, the folder, the sources and the macros; or with an error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROWS = sorted(path.stem for path in (HERE / "rows").glob("*.py"))


def emit(row: str, folder: Path) -> list[dict[str, object]]:
    """Writes the modules of one row; returns what is to be compiled."""
    module = importlib.import_module(f"rows.{row}")
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    tasks: list[dict[str, object]] = []
    if hasattr(module, "LIBRARY"):
        Path("library.c").write_text(module.LIBRARY)
        tasks.append(task(row, folder, "library", ["library.c"], []))
    for ffi in module.build():
        try:
            extension = ffi.distutils_extension(".", verbose=False)
        except TypeError:  # it is a dlopen()-style module
            ffi.compile()
            continue
        sources = [os.path.normpath(source) for source in extension.sources]
        tasks.append(task(row, folder, extension.name, sources, extension.define_macros))
    return tasks


def task(
    row: str, folder: Path, name: str, sources: list[str], macros: list[tuple[str, str | None]]
) -> dict[str, object]:
    return {
        "row": row,
        "folder": str(folder),
        "name": name,
        "sources": sources,
        "macros": [key if value is None else f"{key}={value}" for key, value in macros],
    }


def main(folder: str, *rows: str) -> None:
    target = Path(folder).resolve()
    sys.path.insert(0, str(HERE))
    # What the generator says of its progress is not for the reader of the JSON.
    output, sys.stdout = sys.stdout, sys.stderr
    tasks: list[dict[str, object]] = []
    for row in rows or ROWS:
        try:
            tasks += emit(row, target / row)
        except Exception as error:
            tasks.append({"row": row, "error": f"{type(error).__name__}: {error}"})
    json.dump(tasks, output)


if __name__ == "__main__":
    main(*sys.argv[1:])
