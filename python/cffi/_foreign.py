"""``FFI(backend=...)``: an FFI whose types and data come from another backend.

Declarations still live in the extension module's parser, shown by ``cparser``;
from there each type is built through the backend's own methods (``_realize``),
and every operation on data is the backend's too.  What the backend cannot do
fails with an AttributeError that names the missing method.

A backend is an object with the methods that this module and ``_realize`` call:
``new_primitive_type(name)``, ``new_pointer_type(ctype)``, ``load_library(name,
flags)``, ``cast(ctype, source)`` and so on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import model
from ._foreign_library import ForeignLibrary, LoadedModule
from ._realize import realize
from .api import FFI
from .error import CDefError

if TYPE_CHECKING:
    from collections.abc import Callable

_char_array = model.char_array_type


def adopt_backend(ffi: FFI, backend: Any) -> None:
    """Turn a new FFI object into one that runs over 'backend'."""
    cls = type(ffi)
    if cls is FFI:
        ffi.__class__ = ForeignFFI
    elif not issubclass(cls, ForeignFFI):
        ffi.__class__ = type(cls.__name__, (cls, ForeignFFI), {})
    assert isinstance(ffi, ForeignFFI)
    ffi._attach(backend)


class ForeignFFI(FFI):
    """An FFI over a backend other than the extension module."""

    _function_caches: list[dict[str, Any]]
    _parsed_types: dict[str, tuple[Any, bool]]
    _cdef_version: object = None

    def _attach(self, backend: Any) -> None:
        self._backend = backend
        self._function_caches = []
        self._parsed_types = {}
        if hasattr(backend, "set_ffi"):
            backend.set_ffi(self)
        for name in vars(backend):
            if name.startswith("RTLD_"):
                setattr(self, name, getattr(backend, name))
        self.NULL = backend.cast(self.BVoidP, 0)
        self.CData, self.CType = backend._get_types()
        self.buffer = backend.buffer

    # ---- declaring and opening

    def _cdef(
        self,
        csource: str,
        override: bool = False,
        packed: bool = False,
        pack: int | None = None,
        dllexport: bool = False,
    ) -> None:
        super()._cdef(csource, override, packed, pack, dllexport)
        self._cdef_version = object()
        self._parsed_types.clear()
        if override:
            for cache in self._function_caches:
                cache.clear()

    def _refresh_views(self) -> None:
        # A struct that was opaque may have its members now, in this FFI's
        # view or in that of one that it includes.
        for parser in (self._parser, *self._parser._included):
            parser._refresh()
            reopened, parser._recomplete = parser._recomplete, []
            for type in reopened:
                realize(self, type)

    def _load_library(self, name: Any, flags: int, keep_gil: Any = False) -> Any:
        # What keeps the GIL is quicker, not different: other backends may release it.
        opened = self._backend.load_library(name, flags)
        library = ForeignLibrary(self, opened, name)
        self._function_caches.append(vars(library))
        return library

    def _adopt_library(self, library: Any, extras: dict[str, Any]) -> Any:
        made = ForeignLibrary(self, LoadedModule(self, library), library)
        vars(made).update(extras)
        return made

    def _dlclose(self, lib: Any) -> None:
        type(lib).__cffi_close__(lib)

    # ---- types

    def _typeof(self, cdecl: str, consider_function_as_funcptr: bool = False) -> Any:
        known = self._parsed_types.get(cdecl)
        if known is None:
            type = self._parser.parse_type(cdecl)
            is_function = isinstance(type, model.RawFunctionType)
            if isinstance(type, model.RawFunctionType):
                type = type.as_function_pointer()
            known = realize(self, type), is_function
            self._parsed_types[cdecl] = known
        btype, is_function = known
        if is_function and not consider_function_as_funcptr:
            raise CDefError(
                f"the type {cdecl!r} is a function type, not a pointer-to-function type"
            )
        return btype

    def _ctype(self, cdecl: Any) -> Any:
        return self._typeof(cdecl) if isinstance(cdecl, str) else cdecl

    def typeof(self, cdecl: Any) -> Any:
        if isinstance(cdecl, str):
            return self._typeof(cdecl)
        if isinstance(cdecl, self.CData):
            return self._backend.typeof(cdecl)
        raise TypeError(type(cdecl))

    def sizeof(self, cdecl: Any) -> int:
        size: int = self._backend.sizeof(self._ctype(cdecl))
        return size

    def alignof(self, cdecl: Any) -> int:
        alignment: int = self._backend.alignof(self._ctype(cdecl))
        return alignment

    def offsetof(self, cdecl: Any, *fields_or_indexes: str | int) -> int:
        return self._locate(self._ctype(cdecl), fields_or_indexes)[1]

    def _locate(self, btype: Any, path: tuple[str | int, ...]) -> tuple[Any, int]:
        """The type and the offset of what 'path' leads to."""
        total = 0
        for depth, step in enumerate(path):
            # Only the first step may go through a pointer: what follows must
            # be inside of the same object.
            inside = () if depth == 0 else (1,)
            btype, offset = self._backend.typeoffsetof(btype, step, *inside)
            total += offset
        return btype, total

    def getctype(self, cdecl: Any, replace_with: str = "") -> str:
        btype = self._ctype(cdecl)
        text = replace_with.strip()
        if text.startswith("*") and "&[" in self._backend.getcname(btype, "&"):
            text = f"({text})"
        elif text and text[0] not in "[(":
            text = " " + text
        name: str = self._backend.getcname(btype, text)
        return name

    # ---- data

    def new(self, cdecl: Any, init: Any = None) -> Any:
        return self._backend.newp(self._ctype(cdecl), init)

    def new_allocator(
        self,
        alloc: Any = None,
        free: Any = None,
        should_clear_after_alloc: bool = True,
    ) -> Any:
        raise NotImplementedError("new_allocator() with a backend of one's own")

    def cast(self, cdecl: Any, source: Any) -> Any:
        return self._backend.cast(self._ctype(cdecl), source)

    def string(self, cdata: Any, maxlen: int = -1) -> Any:
        return self._backend.string(cdata, maxlen)

    def unpack(self, cdata: Any, length: int) -> Any:
        return self._backend.unpack(cdata, length)

    def from_buffer(
        self, cdecl: Any, python_buffer: Any = ..., require_writable: bool = False
    ) -> Any:
        if python_buffer is ...:
            cdecl, python_buffer = self.BCharA, cdecl
        return self._backend.from_buffer(self._ctype(cdecl), python_buffer, require_writable)

    def memmove(self, dest: Any, src: Any, n: int) -> None:
        self._backend.memmove(dest, src, n)

    def callback(
        self,
        cdecl: Any,
        python_callable: Callable[..., Any] | None = None,
        error: Any = None,
        onerror: Callable[..., Any] | None = None,
    ) -> Any:
        if isinstance(cdecl, str):
            cdecl = self._typeof(cdecl, consider_function_as_funcptr=True)

        def make(function: Callable[..., Any]) -> Any:
            if not callable(function):
                raise TypeError("the 'python_callable' argument is not callable")
            return self._backend.callback(cdecl, function, error, onerror)

        return make if python_callable is None else make(python_callable)

    def addressof(self, cdata: Any, *fields_or_indexes: Any) -> Any:
        if isinstance(cdata, ForeignLibrary):
            return type(cdata).__addressof__(cdata, *fields_or_indexes)
        btype, offset = self._backend.typeof(cdata), 0
        if fields_or_indexes:
            btype, offset = self._locate(btype, fields_or_indexes)
        elif btype.kind == "pointer":
            raise TypeError("addressof(pointer)")
        pointer = model.pointer_cache(self, btype)
        return self._backend.rawaddressof(pointer, cdata, offset)

    def gc(self, cdata: Any, destructor: Any, size: int = 0) -> Any:
        return self._backend.gcp(cdata, destructor, size)

    def new_handle(self, obj: Any) -> Any:
        return self._backend.newp_handle(self.BVoidP, obj)

    def from_handle(self, handle: Any) -> Any:
        return self._backend.from_handle(handle)

    def release(self, cdata: Any) -> None:
        self._backend.release(cdata)

    @property
    def errno(self) -> int:
        """The value of errno after the last C call in this thread, and for
        the next one."""
        value: int = self._backend.get_errno()
        return value

    @errno.setter
    def errno(self, value: int) -> None:
        self._backend.set_errno(value)

    def getwinerror(self, code: int = -1) -> Any:
        return self._backend.getwinerror(code)
