"""Pointers to functions: calls, and callbacks."""

from __future__ import annotations

import ctypes
import sys
import traceback
from typing import TYPE_CHECKING, Any, ClassVar

from .address import Address
from .data import CTypesData, new_type
from .primitive import Float, Integer, Void

if TYPE_CHECKING:
    from collections.abc import Callable


class FunctionPointer(Address):
    """A pointer to a function.

    _label: the name of the function, if it was found by its name.
    _python: the function that a callback calls.
    """

    __slots__ = ("_label", "_python")
    _kind = "function"
    _args: ClassVar[tuple[Any, ...]]
    _result: ClassVar[Any]
    _variadic: ClassVar[bool]

    @classmethod
    def _prototype(cls) -> Any:
        returned = None if issubclass(cls._result, Void) else cls._result._sized()
        passed = [arg._sized() for arg in cls._args]
        return ctypes.CFUNCTYPE(returned, *passed, use_errno=True)

    @classmethod
    def _find(cls, library: ctypes.CDLL, name: str) -> Any:
        """The function 'name' of a library."""
        address = ctypes.cast(library[name], ctypes.c_void_p).value
        self = cls._make(address)
        object.__setattr__(self, "_label", name)
        return self

    @classmethod
    def _callback(
        cls,
        function: Callable[..., Any],
        error: Any,
        onerror: Callable[..., Any] | None,
    ) -> Any:
        """A function in C that calls 'function'."""
        if cls._variadic:
            raise NotImplementedError(f"callback with '...': '{cls.cname}'")
        convert = cls._result._convert
        returns_nothing = issubclass(cls._result, Void)
        if error is not None:
            fallback = convert(error)
        else:
            fallback = None if returns_nothing else cls._result._sized()().value

        def invoke(*raw: Any) -> Any:
            try:
                args = [type._receive(value) for type, value in zip(cls._args, raw, strict=True)]
                return convert(function(*args))
            except BaseException:
                return failed()

        def failed() -> Any:
            try:
                if onerror is None:
                    traceback.print_exc()
                    return fallback
                instead = onerror(*sys.exc_info())
                return fallback if instead is None else convert(instead)
            except BaseException:
                traceback.print_exc()
                return fallback

        thunk = cls._prototype()(invoke)
        self = cls._make(ctypes.cast(thunk, ctypes.c_void_p).value, thunk)
        object.__setattr__(self, "_python", function)
        return self

    def __call__(self, *args: Any) -> Any:
        fixed = len(self._args)
        if len(args) < fixed or (len(args) > fixed and not self._variadic):
            at_least = "at least " if self._variadic else ""
            raise TypeError(
                f"'{type(self).cname}' expects {at_least}{fixed} arguments, got {len(args)}"
            )
        if not self._value:
            raise RuntimeError(f"cannot call null function pointer from cdata '{type(self).cname}'")
        named = zip(self._args, args[:fixed], strict=True)
        passed = [kind._pass(value) for kind, value in named]
        for position, value in enumerate(args[fixed:], fixed + 1):
            passed.append(_pass_promoted(position, value))
        return self._result._receive(self._prototype()(self._value)(*passed))

    def _show(self) -> str:
        function = getattr(self, "_python", None)
        return super()._show() if function is None else f"calling {function!r}"

    def _shown_type(self) -> str:
        label = getattr(self, "_label", None)
        if label is None:
            return super()._shown_type()
        before, _, after = self._marker.partition("(*&)")
        space = "" if before[-1] in " )*" else " "
        return f"{before}{space}{label}{after}"


def _pass_promoted(position: int, value: Any) -> Any:
    """An argument in the variadic part, after the default argument promotions
    of C11 6.5.2.2p6."""
    if not isinstance(value, CTypesData):
        raise TypeError(
            f"argument {position} passed in the variadic part needs to be a "
            f"cdata object (got {type(value).__name__})"
        )
    kind = type(value)
    if isinstance(value, Integer) and kind._size() < ctypes.sizeof(ctypes.c_int):
        return ctypes.c_int(int(value))
    if isinstance(value, Float) and kind._storage is ctypes.c_float:
        return ctypes.c_double(float(value))
    if kind._kind == "array":
        return ctypes.c_void_p(value._number())
    return kind._pass(value)


def new_function(args: tuple[Any, ...], result: Any, variadic: bool) -> Any:
    """The ctype of a pointer to a function."""
    names = [arg.cname for arg in args] + ["..."] * variadic
    return new_type(
        FunctionPointer,
        result._marker.replace("&", f"(*&)({', '.join(names)})"),
        _args=args,
        _result=result,
        _variadic=variadic,
    )
