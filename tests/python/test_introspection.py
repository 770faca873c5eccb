"""What programs on GitHub and PyPI take from the inside of cffi has to go on working.

One test per kind of use, in our own words; docs/introspection.md lists them.  Not here:
what the documentation of CFFI promises, which the other tests and upstream's are about.
"""

from __future__ import annotations

import importlib
import pickle
import re
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

import cffi
import pytest

HEADER = """
typedef struct { int a; struct { short b, c; } inner; union { int u; float v; }; } anonymous_t;
struct tagged {
    struct tagged *next; anonymous_t *link; int bits : 3; const char *const name;
    int grid[2][3]; enum color { RED, GREEN = 5, BLUE } color;
};
typedef struct tagged tagged_t;
typedef tagged_t *tagged_p;
typedef enum { LEFT = -1, RIGHT } side_t;
enum { NAMELESS = 7 };
typedef struct opaque opaque_t;
typedef ... hidden_t;
typedef ... *handle_t;
typedef struct { int x; } *named_p;
typedef int (*callback_t)(anonymous_t, enum color, void (*)(void));
typedef int plain_t(int);
typedef int vector_t[4];
typedef float _Complex complex_t;
struct tail { size_t count; anonymous_t items[]; };
union either { double d; struct tagged t; };
FILE *fopen(const char *, const char *);
int abs(int);
int printf(const char *restrict, ...);
extern const char *const *environ;
static const int TWELVE = 12;
#define MASK 0xff
"""
DOCUMENT = (Path(__file__).parents[2] / "docs" / "introspection.md").read_text()
LAID_OUT = (
    "anonymous_t, struct tagged, side_t, named_p, callback_t, vector_t, union either, struct tail"
)


def declared(text: str = HEADER, **options: object) -> cffi.FFI:
    ffi = cffi.FFI()
    ffi.cdef(text, **options)  # type: ignore[arg-type]
    return ffi


def keys_and_types(ffi: cffi.FFI) -> dict[str, str]:
    return {key: f"{what} {quals}" for key, (what, quals) in ffi._parser._declarations.items()}


def layout(ffi: cffi.FFI, name: str) -> list[tuple[object, ...]]:
    ctype = ffi.typeof(name)
    fields = (getattr(ctype, "fields", None) or []) if ctype.kind in ("struct", "union") else []
    members = [(key, str(f.type), f.offset, f.bitshift, f.bitsize) for key, f in fields]
    return [(ctype.cname, ffi.sizeof(ctype), ffi.alignof(ctype)), *members]


# ---- ffi._parser


def test_declarations_by_kind_and_name() -> None:
    """A generator of bindings lists the functions, and enums with their values."""
    from cffi.model import EnumType, FunctionPtrType, StructType

    table = declared()._parser._declarations
    functions = {key.split(" ", 1)[1] for key in table if key.startswith("function ")}
    assert functions == {"abs", "printf", "fopen"}
    enums = {
        key: dict(zip(what.enumerators, what.enumvalues))
        for key, (what, _) in table.items()
        if isinstance(what, EnumType)
    }
    assert enums["enum color"] == {"RED": 0, "GREEN": 5, "BLUE": 6}
    assert enums["typedef side_t"] == {"LEFT": -1, "RIGHT": 0}
    printf, _ = table["function printf"]
    assert isinstance(printf, FunctionPtrType) and printf.ellipsis
    assert [arg.get_c_name("p") for arg in printf.args] == ["char const * p"]
    struct, _ = table["struct tagged"]
    assert isinstance(struct, StructType) and struct.kind == "struct"
    assert list(struct.fldnames or ()) == ["next", "link", "bits", "name", "grid", "color"]
    assert (struct.fldbitsize or ())[2] == 3


def test_integer_constants() -> None:
    constants = declared()._parser._int_constants
    assert (constants["MASK"], constants["TWELVE"], constants["NAMELESS"]) == (255, 12, 7)


@pytest.mark.parametrize("restored", [True, False], ids=["from a file", "from another FFI"])
def test_declarations_are_taken_over(restored: bool) -> None:
    """pyvex keeps what was parsed in a file, and assigns it when it runs again."""
    first, second = declared(), cffi.FFI()
    table = first._parser._declarations
    constants = first._parser._int_constants
    if restored:
        table, constants = pickle.loads(pickle.dumps((table, constants)))
    second._parser._declarations = table
    second._parser._int_constants = constants
    assert keys_and_types(second) == keys_and_types(first)
    assert second._parser._int_constants == first._parser._int_constants
    assert second.list_types() == first.list_types()
    for name in LAID_OUT.split(", "):
        assert layout(second, name) == layout(first, name)
    assert second.dlopen(None).abs(-3) == 3
    # Once more changes nothing.
    second._parser._declarations = table
    assert keys_and_types(second) == keys_and_types(first)


@pytest.mark.parametrize("options", [{"packed": True}, {"pack": 2}, {}], ids=str)
def test_packed_declarations_are_taken_over(options: dict[str, object]) -> None:
    first = declared("struct s { char c; long l; struct { char d; int i; } in; };", **options)
    second = cffi.FFI()
    second._parser._declarations = pickle.loads(pickle.dumps(first._parser._declarations))
    assert layout(second, "struct s") == layout(first, "struct s")


def test_open_declarations_are_taken_over() -> None:
    """What a compiler is to find out stays open, in the text of a module too."""
    text = """
        struct open { int a; ...; }; enum some { ONE, ... }; typedef int... number_t;
        typedef float... real_t; extern int table[...]; static char *const NAME;
        #define SIZE ...
        extern "Python" number_t called(struct open *);
    """
    first, second = declared(text), cffi.FFI()
    second._parser._declarations = pickle.loads(pickle.dumps(first._parser._declarations))
    assert keys_and_types(second) == keys_and_types(first)
    assert second._parser._int_constants == first._parser._int_constants
    with pytest.raises(cffi.VerificationMissing):
        second.sizeof("struct open")
    assert second._generate_c("m", "", []) == first._generate_c("m", "", [])


def test_declarations_are_added_to_others() -> None:
    text = "typedef struct { int a; } s_t; enum e { X }; struct t { s_t s; }; typedef ... *p_t;"
    ffi = declared(text)
    table = declared(text + "struct t f(s_t, enum e, p_t); struct u { struct t t; };")
    ffi._parser._declarations = table._parser._declarations
    assert keys_and_types(ffi) == keys_and_types(table)
    assert ffi.sizeof("struct u") == 4


def test_declarations_that_contradict_each_other() -> None:
    ffi = declared("int f(int);")
    with pytest.raises(cffi.FFIError):
        ffi._parser._declarations = declared("int f(long);")._parser._declarations
    assert keys_and_types(ffi) == {"function f": "<int(*)(int)> 0"}


def test_a_parser_of_ones_own() -> None:
    """numba parsed signatures with one, and asked for the ctypes of their parts."""
    import cffi.cparser

    ffi = cffi.FFI()
    signature = cffi.cparser.Parser().parse_type("double(int, char *)")
    assert signature.result.build_backend_type(ffi, None) is ffi.typeof("double")  # type: ignore[attr-defined]
    arguments = [arg.get_cached_btype(ffi, None) for arg in signature.args]  # type: ignore[attr-defined]
    assert arguments == [ffi.typeof("int"), ffi.typeof("char *")]


# ---- attributes of FFI


def test_texts_and_sources_of_an_ffi() -> None:
    """Names of modules are made of the texts, and makefiles of the sources."""
    ffi = declared("int f(int);")
    ffi.cdef("int g(void);")
    assert re.findall(r"int (\w)\(", "\n".join(ffi._cdefsources)) == ["f", "g"]
    ffi.set_source("m", "int x;", sources=["a.c", "b.c"])
    name, source, extension, keywords = ffi._assigned_source
    assert (name, source, extension) == ("m", "int x;", ".c")
    assert keywords["sources"] == ["a.c", "b.c"]
    ffi.dlopen(None)
    assert len(ffi._libraries) == 1 and ffi._windows_unicode is None
    assert ffi._included_ffis == [] and ffi._embedding is None


def test_backend_of_an_ffi() -> None:
    ffi = declared("typedef struct { int a; } s_t;")
    value = ffi.new("s_t *")
    assert isinstance(value, ffi._backend._CDataBase)
    assert ffi._backend.typeof(value) is ffi.typeof("s_t *")
    function = ffi._backend.load_library(None).load_function(ffi.typeof("int(*)(int)"), "abs")
    assert function(-3) == 3
    model = ffi._parser._declarations["typedef s_t"][0]
    assert ffi._get_cached_btype(model) is ffi.typeof("s_t")
    assert ffi._cached_btypes[model] is ffi.typeof("s_t")


def test_types_of_texts() -> None:
    """Makers of callbacks have written their signatures as functions."""
    ffi = declared("typedef struct { int a; } s_t;")
    pointer = ffi._typeof("int(s_t *)", consider_function_as_funcptr=True)
    assert pointer is ffi.typeof("int(*)(s_t *)") and ffi._typeof("s_t") is ffi.typeof("s_t")
    assert ffi._typeof("s_t *", consider_function_as_funcptr=True) is ffi.typeof("s_t *")
    with pytest.raises(cffi.CDefError):
        ffi._typeof("int(s_t *)")


def test_types_that_are_parsed_once() -> None:
    """A program spares itself the parsing of wgpu's types at a bad moment."""
    ffi = declared("typedef struct { int a; } s_t;")
    with ffi._lock:
        for key, (model, _) in list(ffi._parser._declarations.items()):
            name = key.partition(" ")[2]
            if name not in ffi._parsed_types:
                ffi._parsed_types[name] = (ffi._get_cached_btype(model), False)
    assert ffi._parsed_types["s_t"][0] is ffi.typeof("s_t")


def test_types_for_annotations() -> None:
    value = cffi.FFI().new("int *")
    assert isinstance(value, cffi.api.FFI.CData)
    assert isinstance(cffi.FFI().typeof(value), cffi.api.FFI.CType)


# ---- the generator


def test_python_source_of_declarations_alone(tmp_path: Path) -> None:
    """maturin and milksnake write the module of an ABI without set_source()."""
    from cffi import recompiler

    path = tmp_path / "generated.py"
    assert recompiler.make_py_source(declared("int abs(int);"), "package.generated", str(path))
    assert not recompiler.make_py_source(declared("int abs(int);"), "package.generated", str(path))
    code = "import generated as m; assert m.ffi.dlopen(None).abs(-3) == 3"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_c_source_step_by_step() -> None:
    """cffi-buildtool and Meson projects write the source of a module in steps."""
    from cffi.recompiler import NativeIO, Recompiler, make_c_source, recompile

    ffi = declared("int f(int);")
    ffi.set_source("m", "static int f(int x) { return x; }")
    name, source, _, _ = ffi._assigned_source
    steps = Recompiler(ffi, name)
    steps.collect_type_table()
    steps.collect_step_tables()
    written, at_once, recompiled = NativeIO(), NativeIO(), NativeIO()
    steps.write_source_to_f(written, source)
    make_c_source(ffi, name, str(source), at_once)
    recompile(ffi, name, source, c_file=recompiled, call_c_compiler=False, uses_ffiplatform=False)
    assert "static int f(int x) { return x; }" in written.getvalue()
    assert written.getvalue() == at_once.getvalue() == recompiled.getvalue()
    from cffi.cffi_opcode import CLASS_NAME, OP_FUNCTION, PRIM_INT, PRIMITIVE_TO_INDEX

    assert steps.cffi_types[0].op == OP_FUNCTION and CLASS_NAME[OP_FUNCTION] == "FUNCTION"
    assert PRIMITIVE_TO_INDEX["int"] == PRIM_INT == 7


def test_modules_are_added_to_a_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Build scripts of poetry and hatch call what setuptools would have called."""
    from cffi.setuptools_ext import cffi_modules, execfile
    from setuptools import Distribution

    monkeypatch.chdir(tmp_path)
    script = "import cffi\nffi = cffi.FFI()\nffi.cdef('int f(void);')\nffi.set_source('m', '')\n"
    Path("build_m.py").write_text(script)
    variables: dict[str, object] = {"__name__": "x"}
    execfile("build_m.py", variables)
    assert isinstance(variables["ffi"], cffi.FFI)
    distribution = Distribution()
    cffi_modules(distribution, "cffi_modules", ["build_m.py:ffi"])
    assert [extension.name for extension in distribution.ext_modules] == ["m"]


def test_compiling_by_hand(tmp_path: Path) -> None:
    import cffi.ffiplatform
    from cffi._shimmed_dist_utils import Distribution, Extension, log, mkpath

    assert Distribution().get_command_obj("build_ext") and callable(mkpath) and log.info
    good, bad = tmp_path / "good.c", tmp_path / "bad.c"
    good.write_text("#include <Python.h>\nPyObject *PyInit_good(void) { return NULL; }\n")
    bad.write_text("#error wrong\n")
    path = cffi.ffiplatform.compile(str(tmp_path), Extension(name="good", sources=[str(good)]))
    assert Path(path).parent == tmp_path and Path(path).name.startswith("good.")
    with pytest.raises(cffi.ffiplatform.VerificationError):
        cffi.ffiplatform.compile(str(tmp_path), Extension(name="bad", sources=[str(bad)]))
    assert cffi.ffiplatform.flatten({"b": [1], "a": "x"}) == "2d1sa1sx1sb1l1i"


def test_a_verifier_of_ones_own(tmp_path: Path) -> None:
    """Older packages have theirs built by setup.py, under a name of their choice."""
    from cffi.verifier import Verifier, set_tmpdir

    ffi = declared("int twice(int);")
    source = "static int twice(int x) { return 2 * x; }"
    verifier = Verifier(ffi, source, str(tmp_path), modulename="_of_ones_own", define_macros=[])
    assert verifier.get_extension().name == "_of_ones_own"
    assert verifier.load_library().twice(21) == 42
    assert callable(set_tmpdir)


def test_pkg_config(monkeypatch: pytest.MonkeyPatch) -> None:
    """qtile asks whether there is a package, pangocffi what is wrong with it."""
    from cffi.error import PkgConfigError
    from cffi.pkgconfig import call, flags_from_pkgconfig, merge_flags

    assert merge_flags({"a": ["x"]}, {"a": ["y"]}) == {"a": ["x", "y"]}
    monkeypatch.setenv("PATH", "")
    for ask in (lambda: call("libpulse", "--libs"), lambda: flags_from_pkgconfig(["libpulse"])):
        with pytest.raises(PkgConfigError):
            ask()


# ---- names


def documented_names() -> list[tuple[str, str]]:
    """What the table of modules lists: (module, name or Class.attribute)."""
    section = DOCUMENT.partition("\n## Modules\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(cffi\.\w+)` \| (.+?) \|", section, re.M)
    return [(module, name) for module, names in rows for name in re.findall(r"`([\w.]+)`", names)]


def test_documented_names() -> None:
    """Programs import some of them for what they are, some by the mistake of an editor."""
    names = documented_names()
    assert len(names) > 110
    for module, name in names:
        attrgetter(name)(importlib.import_module(module))


def test_example_in_the_document() -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT, re.M | re.S)
    shown = re.sub(r"^(\S.*\S) +# (\S+)$", r"assert \1 == \2", block, flags=re.M)
    assert shown.count("assert") == 2
    exec(shown, {})


def test_names_that_are_used() -> None:
    from cffi.backend_ctypes import long, unicode, xrange
    from cffi.commontypes import COMMON_TYPES
    from cffi.cparser import _common_type_names, lock
    from cffi.model import global_lock

    for one in (lock, global_lock):
        assert one.acquire(blocking=False)
        one.release()
    assert [unicode(long("7"))] == ["7" for _ in xrange(1)]
    assert _common_type_names("size_t f(int8_t *, other_t);") == {"size_t", "int8_t"}
    assert COMMON_TYPES["bool"] == "_Bool"


@pytest.mark.parametrize("name", sorted(cffi._SUBMODULES))
def test_modules_that_nobody_imported(name: str) -> None:
    """``import cffi; cffi.model.EnumType``, in a process in which nothing has imported it."""
    code = f"import cffi, sys; assert 'cffi.{name}' not in sys.modules; cffi.{name}.__file__"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_other_attributes_appear() -> None:
    assert not hasattr(cffi, "vengine_cpy") and not hasattr(cffi, "nothing")
