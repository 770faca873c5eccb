"""The exceptions of cffi.

They carry no logic beyond their text.  The extension module raises
``FFIError`` and ``CDefError`` itself and finds the classes here; compiled
modules raise ``ffi.error`` instead, which is a class of its own.
"""


class FFIError(Exception):
    """A declaration contradicts an earlier one, or asks for something that
    cffi cannot do."""

    __module__ = "cffi"


class CDefError(Exception):
    """The C source given to ``ffi.cdef()``, or a C type given as a string,
    is not valid.

    ``args[0]`` is the message.  ``args[1]``, where it is given, is the
    declaration at fault: an object whose ``coord`` has the attributes ``file``
    and ``line``, with which ``str()`` then begins.
    """

    __module__ = "cffi"

    def __str__(self) -> str:
        message = str(self.args[0]) if self.args else ""
        declaration = self.args[1] if len(self.args) > 1 else None
        coord = getattr(declaration, "coord", None)
        file, line = getattr(coord, "file", None), getattr(coord, "line", None)
        if not isinstance(line, int):
            return message
        return f"{file}:{line}: {message}"


class VerificationError(Exception):
    """The C compiler disagrees with a declaration, or a type has no name
    under which C code could mention it."""

    __module__ = "cffi"


class VerificationMissing(Exception):
    """A declaration that was left open with ``...`` was used before a C
    compiler could complete it."""

    __module__ = "cffi"


class PkgConfigError(Exception):
    """``pkg-config`` is missing, or does not know a package."""

    __module__ = "cffi"
