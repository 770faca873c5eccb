"""What PyInstaller asks an installed cffi for: the folder of its hooks.

The entry point ``hook-dirs`` names the function here.  Nothing of this is part of
a frozen program, and nothing of it is imported without PyInstaller.
"""

import os


def get_hook_dirs() -> list[str]:
    """The folder in which PyInstaller looks for ``hook-*.py``."""
    return [os.path.dirname(__file__)]
