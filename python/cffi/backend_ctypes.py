"""A backend in pure Python over the ``ctypes`` module.

``FFI(backend=CTypesBackend())`` runs without the extension module's data types
and calls.  Slower, and not complete: see ``_ctypes_backend``.
"""

from ._ctypes_backend.backend import CTypesBackend, CTypesLibrary
from ._ctypes_backend.data import CTypesData, CTypesType

__all__ = ["CTypesBackend", "CTypesData", "CTypesLibrary", "CTypesType"]

# Names of Python 2 that programs import from here.
unicode, long, xrange = str, int, range
