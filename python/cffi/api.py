"""``cffi.FFI``: declarations from C source, and libraries opened with them.

The class is a thin layer over the extension type that it derives from.  What
programs call often (``new``, ``cast``, ``typeof``, ``sizeof``, ...) is inherited
and never passes through Python code; here are the steps that a program takes
once: declaring, opening, including.

This module is imported by ``import cffi`` and imports little itself:
what a step needs beyond the extension is imported inside of it.
"""

import sys
from _thread import allocate_lock

import _cffi_backend

from .error import CDefError as CDefError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from functools import cached_property as lazy
    from typing import Any, NoReturn

    from .cparser import Parser
    from .model import BaseTypeByIdentity
    from .verifier import Verifier
else:

    class lazy:
        """An attribute that is computed when it is first read.

        Does what functools.cached_property does; importing that module would
        take longer than importing this whole package.
        """

        def __init__(self, compute):
            self._compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner, name):
            self._name = name

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            # setdefault: threads that race all get the same object.
            return instance.__dict__.setdefault(self._name, self._compute(instance))


class _Absent:
    """An attribute that the base class has and this class does not."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> "NoReturn":
        if instance is None:
            raise AttributeError(f"type object {owner.__name__!r} has no attribute {self._name!r}")
        raise AttributeError(f"{owner.__name__!r} object has no attribute {self._name!r}")


class FFI(_cffi_backend._InlineFFI):
    """Declarations of C types, functions and variables, and what can be done
    with them.

    Make one per program or module, declare with ``cdef()`` and open libraries
    with ``dlopen()``::

        ffi = FFI()
        ffi.cdef("int printf(const char *format, ...);")
        C = ffi.dlopen(None)                    # the standard C library
        C.printf(b"hi there, %s\\n", ffi.new("char[]", b"world"))

    ``backend`` is for tests and special cases: an object that makes the types
    and the data instead of the extension module, such as
    ``cffi.backend_ctypes.CTypesBackend()``.
    """

    _backend: "Any" = _cffi_backend
    _windows_unicode: "bool | None" = None
    _embedding: "str | None" = None
    # Functions for which set_source() asked to keep the GIL.
    _keep_gil: "bool | str | tuple[str, ...]" = False
    _assigned_source: "tuple[str, str | None, str, dict[str, Any]]"
    # What the last verify() was done with.
    verifier: "Verifier"

    # Compiled modules have a class of errors of their own; programs ask for it
    # to tell the two apart. Here it is CDefError and FFIError that are raised.
    error = _Absent()

    def __init__(self, backend: object = None) -> None:
        self._lock = allocate_lock()
        self._cdefsources: list[str] = []
        self._included_ffis: list[FFI] = []
        self._libraries: list[Any] = []
        if backend is not None and backend is not _cffi_backend:
            from ._foreign import adopt_backend

            adopt_backend(self, backend)

    def __copy__(self) -> "FFI":
        """The same FFI: a copy would share all declarations with it."""
        return self

    # ---- declaring

    def cdef(
        self,
        csource: str,
        override: bool = False,
        packed: bool = False,
        pack: "int | None" = None,
    ) -> None:
        """Declare what the C source in 'csource' declares: functions, global
        variables, constants, types.

        Functions, variables and constants are then found on the objects that
        ``ffi.dlopen()`` returns, and types wherever a type is named.

        override: let declarations replace earlier ones of the same name,
            which is otherwise an FFIError.
        packed: lay out the structs declared here without any padding.
        pack: the largest alignment that a field may ask for in the structs
            declared here, a power of two; ``pack=1`` is ``packed=True``.

        Raises CDefError if the source is not valid.  In that case nothing of
        it is declared.
        """
        self._cdef(csource, override=override, packed=packed, pack=pack)
        self._cdefsources.append(csource)
        self._refresh_views()

    def embedding_api(self, csource: str, packed: bool = False, pack: "int | None" = None) -> None:
        """Declare the functions that an embedded library exports.

        Takes what ``cdef()`` takes; each function declared here is one that
        Python code is going to implement and C programs call.
        """
        self._cdef(csource, packed=packed, pack=pack, dllexport=True)
        self._cdefsources.append(csource)
        if self._embedding is None:
            self._embedding = ""
        self._refresh_views()

    def include(self, ffi_to_include: "FFI") -> None:
        """Make the typedefs, structs, unions, enums and constants of another
        FFI known to this one, like an #include in C.

        Functions and global variables are not taken over: use the library
        object that the other FFI opened.
        """
        if not isinstance(ffi_to_include, FFI):
            raise TypeError(
                "ffi.include() expects an argument that is also of type "
                f"cffi.FFI, not {type(ffi_to_include).__name__!r}"
            )
        if ffi_to_include is self:
            raise ValueError("self.include(self)")
        self._include(ffi_to_include)
        self._cdefsources += ["[", *ffi_to_include._cdefsources, "]"]
        self._included_ffis.append(ffi_to_include)
        view = self.__dict__.get("_parser")
        if view is not None:
            view._adopt(ffi_to_include._parser)

    def set_unicode(self, enabled_flag: bool) -> None:
        """Windows: say what TCHAR, LPTSTR and the like stand for.

        True makes them wchar_t and defines UNICODE and _UNICODE in compiled
        code, which is what a program normally wants; False makes them char.
        Raises ValueError when called a second time.
        """
        if self._windows_unicode is not None:
            raise ValueError("set_unicode() can only be called once")
        enabled = bool(enabled_flag)
        self._set_unicode(enabled)
        self._windows_unicode = enabled
        self._refresh_views()

    # ---- opening libraries

    def dlopen(
        self, name: "Any", flags: int = 0, keep_gil: "bool | Iterable[str]" = False
    ) -> "Any":
        """Open a dynamic library and return an object that has the declared
        functions, variables and constants as attributes.

        name: a file name (``"libz.so.1"``, ``"./libfoo.so"``), a short name to
            search for (``"z"``), None for the C library and whatever else the
            program is linked with, or a ``void *`` that dlopen() in C returned.
        flags: ``ffi.RTLD_NOW``, ``ffi.RTLD_GLOBAL``, ...; by default symbols are
            resolved at once and stay local.
        keep_gil: True, or the names of functions that are called without
            releasing the GIL: quicker, but all other threads stand still for
            as long as the function runs, and one that waits for another thread
            may wait for ever.

        Raises OSError if the library cannot be found or opened, ValueError for
        a name in 'keep_gil' that is not that of a declared function.  Symbols are
        looked up when they are first used, whatever the library is: as with
        C headers, declarations belong to no library in particular.
        """
        if not (name is None or isinstance(name, (str, self.CData))):
            raise TypeError(
                "dlopen(name): name must be a file name, None, or an already-opened 'void *' handle"
            )
        if not isinstance(keep_gil, (bool, str)):
            keep_gil = tuple(keep_gil)

        def load(path: "Any", flags: int) -> "Any":
            return self._load_library(path, flags, keep_gil)

        if isinstance(name, str) or (name is None and sys.platform == "win32"):
            from ._dlopen import open_by_name

            library = open_by_name(load, name, flags)
        else:
            library = load(name, flags)
        self._libraries.append(library)
        return library

    def dlclose(self, lib: "Any") -> None:
        """Close a library that ``dlopen()`` opened.

        Using a function or variable of it afterwards raises ValueError; a
        pointer to one that was taken before must not be used any more.
        """
        self._dlclose(lib)

    # ---- what belongs to compiled modules

    def set_source(
        self,
        module_name: str,
        source: "str | None",
        source_extension: str = ".c",
        *,
        keep_gil: "bool | Iterable[str]" = False,
        **kwds: "Any",
    ) -> None:
        """Say what the compiled module is called and what is in it.

        module_name: with dots, the module goes into that package.
        source: C code that defines or includes what is declared; None makes a
            Python module that opens libraries at run time (ABI mode).
        source_extension: ``".cpp"`` for C++.
        keep_gil: True, or the names of functions that are called without
            releasing the GIL; see ``dlopen()``.
        kwds: libraries, include_dirs, define_macros, sources, ... as setuptools'
            Extension takes them.

        Raises ValueError when called a second time.
        """
        if hasattr(self, "_assigned_source"):
            raise ValueError("set_source() cannot be called several times per ffi object")
        if not isinstance(module_name, str):
            raise TypeError("'module_name' must be a string")
        import os

        if os.sep in module_name or (os.altsep and os.altsep in module_name):
            raise ValueError(
                "'module_name' must not contain '/': use a dotted name to make a "
                "'package.module' location"
            )
        if not isinstance(keep_gil, (bool, str)):
            keep_gil = tuple(keep_gil)
        self._keep_gil = keep_gil
        self._assigned_source = (str(module_name), source, source_extension, kwds)

    def set_source_pkgconfig(
        self,
        module_name: str,
        pkgconfig_libs: "list[str]",
        source: "str | None",
        source_extension: str = ".c",
        **kwds: "Any",
    ) -> None:
        """Do what ``set_source()`` does, with the options that ``pkg-config``
        prints for the packages in 'pkgconfig_libs' added to those given.

        Raises PkgConfigError if pkg-config is missing or does not know one.
        """
        if not isinstance(pkgconfig_libs, list):
            raise TypeError("the pkgconfig_libs argument must be a list of package names")
        from .pkgconfig import flags_from_pkgconfig, merge_flags

        merge_flags(kwds, flags_from_pkgconfig(pkgconfig_libs))
        self.set_source(module_name, source, source_extension, **kwds)

    def embedding_init_code(self, pysource: str) -> None:
        """Give the Python code that runs when the embedded library is first
        called; it defines what ``embedding_api()`` declares.

        Raises SyntaxError if it is not valid, ValueError when called a second
        time.
        """
        if self._embedding:
            raise ValueError("embedding_init_code() can only be called once")
        from ._build.embedding import clean_init_code

        self._embedding = clean_init_code(pysource)

    def _source_for(self, step: str) -> "tuple[str, str | None, str, dict[str, Any]]":
        """What set_source() was given, for a step that comes after it."""
        try:
            return self._assigned_source
        except AttributeError:
            raise ValueError(f"set_source() must be called before {step}()") from None

    def emit_c_code(self, filename: "Any") -> None:
        """Write the C source of the module to a path or an object with write().

        A file that has this text already is left alone.
        """
        module_name, source, _, kwds = self._source_for("emit_c_code")
        if source is None:
            raise TypeError(
                "emit_c_code() is only for C extension modules, not for "
                "dlopen()-style pure Python modules"
            )
        self._recompile_to(filename, module_name, source, kwds)

    def emit_python_code(self, filename: "Any") -> None:
        """Write the Python source of the module to a path or an object with
        write().

        A file that has this text already is left alone.
        """
        module_name, source, _, kwds = self._source_for("emit_python_code")
        if source is not None:
            raise TypeError(
                "emit_python_code() is only for dlopen()-style pure Python "
                "modules, not for C extension modules"
            )
        self._recompile_to(filename, module_name, source, kwds)

    def _recompile_to(
        self, filename: "Any", module_name: str, source: "str | None", kwds: "dict[str, Any]"
    ) -> None:
        from .recompiler import recompile

        recompile(
            self,
            module_name,
            source,
            c_file=filename,
            call_c_compiler=False,
            uses_ffiplatform=False,
            **kwds,
        )

    def distutils_extension(self, tmpdir: str = "build", verbose: bool = True) -> "Any":
        """Write the C source below 'tmpdir' and return a setuptools Extension
        for it.

        Needs setuptools; raises ImportError with what to install where there
        is none.
        """
        module_name, source, source_extension, kwds = self._source_for("distutils_extension")
        if source is None:
            raise TypeError(
                "distutils_extension() is only for C extension modules, not for "
                "dlopen()-style pure Python modules"
            )
        import os

        from .recompiler import recompile

        os.makedirs(tmpdir, exist_ok=True)
        extension, updated = recompile(
            self,
            module_name,
            source,
            tmpdir=tmpdir,
            extradir=tmpdir,
            source_extension=source_extension,
            call_c_compiler=False,
            **kwds,
        )
        if verbose:
            what = "regenerated" if updated else "not modified"
            sys.stderr.write(f"{what}: {extension.sources[0]!r}\n")
        return extension

    def compile(
        self,
        tmpdir: str = ".",
        verbose: int = 0,
        target: "str | None" = None,
        debug: "bool | None" = None,
    ) -> str:
        """Generate the module and, if it is written in C, compile it.

        tmpdir: the folder that the module, or its package, goes into.
        verbose: show what is done.
        target: the library's file name.  ``"*"`` is what setuptools chooses,
            ``"name.*"`` takes the system's ending; the default is the first for
            extension modules and ``module_name + ".*"`` for embedding.
        debug: compile for debuggers; by default if Python runs with ``-d``.

        Returns the path of the library or of the Python module.  Raises
        VerificationError where the compiler fails.
        """
        module_name, source, source_extension, kwds = self._source_for("compile")
        from .recompiler import recompile

        path: str = recompile(
            self,
            module_name,
            source,
            tmpdir=tmpdir,
            target=target,
            source_extension=source_extension,
            compiler_verbose=verbose,
            debug=debug,
            **kwds,
        )
        return path

    def verify(self, source: str = "", tmpdir: "str | None" = None, **kwargs: "Any") -> "Any":
        """Compile C source and return a library object with the functions,
        variables and constants that are declared.  What the declarations left
        open with ``...`` is known to this FFI from then on.

        source: C code that defines or includes what is declared.
        tmpdir: where the compiled module is kept for the next run; by
            default ``__pycache__`` beside the calling file, or what the
            environment variable CFFI_TMPDIR says.
        kwargs: what ``cffi.verifier.Verifier`` takes: modulename, tag,
            ext_package, ..., and libraries, include_dirs, define_macros, ... as
            setuptools' Extension takes them.

        The Verifier object is afterwards found as ``ffi.verifier``.  Needs a C
        compiler unless the module is there already.  Raises VerificationError
        where the compiler refuses the code or disagrees with a declaration.

        For new programs there is ``set_source()``.
        """
        from .verifier import Verifier, _caller_dir_pycache

        if self._windows_unicode:
            self._apply_windows_unicode(kwargs)
        # Here, because the caller's directory is meant.
        tmpdir = tmpdir or _caller_dir_pycache()
        self.verifier = Verifier(self, source, tmpdir, **kwargs)
        library = self.verifier.load_library()
        self._libraries.append(library)
        return library

    def _adopt_library(self, library: "Any", extras: "dict[str, Any]") -> "Any":
        """The library object for a module that verify() has loaded."""
        return library

    def def_extern(self, *args: object, **kwds: object) -> "NoReturn":
        """Only on the ``ffi`` of a compiled module: raises ValueError."""
        raise ValueError("ffi.def_extern() is only available on API-mode FFI objects")

    # ---- for programs that look inside

    @lazy
    def _parser(self) -> "Parser":
        """The declarations as objects of ``cffi.model``."""
        from .cparser import Parser

        return Parser(self, [ffi._parser for ffi in self._included_ffis])

    @lazy
    def _cached_btypes(self) -> "dict[BaseTypeByIdentity, Any]":
        """ctypes by the ``cffi.model`` object that they were made from."""
        return {}

    @lazy
    def BVoidP(self) -> "Any":
        """The ctype ``void *``."""
        return self.typeof("void *")

    @lazy
    def BCharA(self) -> "Any":
        """The ctype ``char[]``."""
        return self.typeof("char[]")

    def _get_cached_btype(self, type: "BaseTypeByIdentity") -> "Any":
        """The ctype for an object of ``cffi.model``."""
        from ._realize import realize

        return realize(self, type)

    def _cdef(
        self,
        csource: str,
        override: bool = False,
        packed: bool = False,
        pack: "int | None" = None,
        dllexport: bool = False,
    ) -> None:
        if packed not in (False, True):
            raise ValueError("'packed' should be False or True; use 'pack' to give another value")
        super()._cdef(csource, override, packed, pack, dllexport)

    @lazy
    def _parsed_types(self) -> "dict[str, Any]":
        """Programs put in what they do not want parsed again; nothing reads it."""
        return {}

    def _typeof(self, cdecl: str, consider_function_as_funcptr: bool = False) -> "Any":
        """The ctype; for ``int(int)`` that of a pointer to it, if that is asked for."""
        if consider_function_as_funcptr:
            from .model import RawFunctionType

            type = self._parser.parse_type(cdecl)
            if isinstance(type, RawFunctionType):
                return self._get_cached_btype(type.as_function_pointer())
        return self.typeof(cdecl)

    def _refresh_views(self) -> None:
        """Show new declarations to the view, if anybody asked for one."""
        view = self.__dict__.get("_parser")
        if view is not None:
            view._refresh()

    def _apply_windows_unicode(self, kwds: "dict[str, Any]") -> None:
        """Add the macros that set_unicode(True) stands for to the keywords
        of a compilation."""
        macros = kwds.get("define_macros", ())
        if not isinstance(macros, (list, tuple)):
            raise TypeError("'define_macros' must be a list or tuple")
        kwds["define_macros"] = [*macros, ("UNICODE", "1"), ("_UNICODE", "1")]

    def _apply_embedding_fix(self, kwds: "dict[str, Any]") -> None:
        """Add the library of Python to the keywords of a compilation."""
        from ._build.embedding import link_with_python

        link_with_python(kwds)
