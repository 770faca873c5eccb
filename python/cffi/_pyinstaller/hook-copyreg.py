# $PyInstaller-Hook-Priority: -3000
"""Runs for every frozen program: ``copyreg`` is in each, and PyInstaller calls hooks
by the names of modules, which nobody knows of other people's extension modules.

One of PyInstaller's own hooks for ``copyreg``, should there be one, goes first.
"""

from cffi._pyinstaller.compiled import hook as hook
