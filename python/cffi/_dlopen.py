"""Finding a library by the name that a program gave to ``ffi.dlopen()``.

Only the search: opening is the backend's, and a search result is not
remembered.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def open_by_name(load: "Callable[[str, int], Any]", name: "str | None", flags: int) -> "Any":
    """Open 'name' through 'load', searching for it where it is a short name.

    A name with a dot or a slash is first tried as it is.  Raises OSError with
    the texts of both attempts if neither succeeds.  None comes here only on
    Windows, where no one library stands for the C library.
    """
    if name is None:
        raise OSError(
            "dlopen(None) cannot work on Windows for Python 3 "
            "(see http://bugs.python.org/issue23606)"
        )
    refusal = ""
    if "." in name or "/" in name or os.sep in name:
        try:
            return load(name, flags)
        except OSError as error:
            refusal = f"{error}.  Additionally, "

    from ctypes.util import find_library

    path = find_library(name)
    if path is None:
        raise OSError(
            f"{refusal}ctypes.util.find_library() did not manage to locate "
            f"a library called {name!r}"
        )
    return load(path, flags)
