"""Call C from Python through declarations written in C.

>>> from cffi import FFI
>>> ffi = FFI()
>>> ffi.cdef("size_t strlen(const char *);")
>>> ffi.dlopen(None).strlen(b"hello")
5

Importing this package loads the extension module ``_cffi_backend`` and the
class ``FFI``; everything else is imported when it is first needed.
"""

import _cffi_backend

from .api import FFI
from .error import (
    CDefError,
    FFIError,
    VerificationError,
    VerificationMissing,
)
from .error import (
    PkgConfigError as PkgConfigError,
)

__all__ = [
    "FFI",
    "CDefError",
    "FFIError",
    "VerificationError",
    "VerificationMissing",
]

__version__ = "2.1.1"
__version_info__ = (2, 1, 1)

# Goes into the file names of modules built by ffi.verify().
__version_verifier_modules__ = "0.8.6"

# Programs name these modules without having imported them.
_SUBMODULES = frozenset(
    ("backend_ctypes", "cffi_opcode", "commontypes", "cparser", "ffiplatform", "lock", "model")
    + ("pkgconfig", "recompiler", "setuptools_ext", "verifier")
)

TYPE_CHECKING = False
if not TYPE_CHECKING:  # it would hide wrong names from type checkers

    def __getattr__(name):
        if name in _SUBMODULES:
            from importlib import import_module

            return import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if _cffi_backend.__version__ != __version__:
    raise ImportError(
        f"the package 'cffi' in {__file__!r} is version {__version__}, but the "
        f"extension module '_cffi_backend' in {_cffi_backend.__file__!r} is "
        f"version {_cffi_backend.__version__}: please reinstall cffi"
    )
