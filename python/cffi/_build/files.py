"""Writing generated text, and where it goes."""

from __future__ import annotations

import os
from typing import Any


def write_if_changed(path: str | os.PathLike[str], text: str, verbose: object = False) -> bool:
    """Write 'text' to a file unless that is what it contains already.

    Programs that look at the file's time, such as make, then see that there is
    nothing to do.  Other processes see the old text or the new one, never a
    part.  Returns whether the file was written.
    """
    data = text.encode()
    path = os.fspath(path)
    try:
        with open(path, "rb") as file:
            if file.read(len(data) + 1) == data:
                if verbose:
                    print("(already up-to-date)")
                return False
    except OSError:
        pass  # it does not exist yet
    temporary = f"{path}.~{os.getpid()}"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    return True


def is_file_like(target: Any) -> bool:
    """Whether text is written with target.write() instead of to a path."""
    return hasattr(target, "write")


def module_path(directory: str, module_name: str, extension: str) -> tuple[str, list[str]]:
    """Where the source of a module goes, below 'directory', with the parts of
    the path from there.  The folders of its packages are made."""
    *packages, name = module_name.split(".")
    folder = os.path.join(directory, *packages)
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name + extension), [*packages, name + extension]
