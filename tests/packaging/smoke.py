"""A minute's worth of cffi: does this wheel work on this Python at all?

Needs nothing but the installed wheel, so that it can run in a bare environment.
"""

import sys
import sysconfig
from pathlib import Path

import _cffi_backend
import cffi


def check_origin() -> None:
    site = Path(sysconfig.get_path("platlib"))
    for module in (cffi, _cffi_backend):
        assert module.__file__ is not None
        assert site in Path(module.__file__).parents, f"{module.__file__} is not in {site}"
        assert module.__version__ == "2.1.1", module.__version__
    assert "pycparser" not in sys.modules


def check_calls() -> None:
    ffi = cffi.FFI()
    ffi.cdef("""
        size_t strlen(const char *s);
        int snprintf(char *buf, size_t size, const char *format, ...);
        typedef struct { int quot; int rem; } div_t;
        div_t div(int numerator, int denominator);
        void qsort(void *base, size_t count, size_t size,
                   int (*compare)(const void *, const void *));
    """)
    libc = ffi.dlopen(None)
    assert libc.strlen(b"hello") == 5

    text = ffi.new("char[]", 40)
    arguments = (
        ffi.cast("int", 42),
        ffi.new("char[]", b"six by nine"),
        ffi.cast("double", 2.5),
    )
    assert libc.snprintf(text, 40, b"%d %s %.1f", *arguments) == 18
    assert ffi.string(text) == b"42 six by nine 2.5"

    result = libc.div(17, 5)
    assert (result.quot, result.rem) == (3, 2)

    numbers = ffi.new("int[]", [3, 1, 2])

    @ffi.callback("int(const void *, const void *)")
    def compare(a, b):  # type: ignore[no-untyped-def]
        return ffi.cast("int *", a)[0] - ffi.cast("int *", b)[0]

    libc.qsort(numbers, 3, ffi.sizeof("int"), compare)
    assert list(numbers) == [1, 2, 3]


def check_data() -> None:
    ffi = cffi.FFI()
    ffi.cdef("typedef struct { char tag; double value; int bits : 3; } item_t;")
    item = ffi.new("item_t *", {"tag": b"x", "value": 1.5, "bits": -2})
    assert (item.tag, item.value, item.bits) == (b"x", 1.5, -2)
    assert ffi.sizeof("item_t") == 24 and ffi.offsetof("item_t", "value") == 8
    try:
        ffi.cdef("int oops(")
    except cffi.CDefError:
        pass
    else:
        raise AssertionError("a wrong declaration was accepted")


if __name__ == "__main__":
    check_origin()
    check_calls()
    check_data()
    print(f"smoke test passed on Python {sys.version.split()[0]}, {_cffi_backend.__file__}")
