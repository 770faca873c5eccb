"""The one lock primitive of the package, without importing ``threading``."""

from _thread import allocate_lock

__all__ = ["allocate_lock"]
