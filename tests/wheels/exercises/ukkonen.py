"""ukkonen: an API-mode module whose source is C++; wide strings as arguments."""

from __future__ import annotations

import ukkonen
from _ukkonen import ffi, lib
from support import raises


def check_distances() -> None:
    assert ukkonen.distance("kitten", "sitting", 10) == 3
    assert ukkonen.distance("", "abc", 10) == 3
    assert ukkonen.distance("same", "same", 10) == 0


def check_the_threshold() -> None:
    assert ukkonen.distance("a" * 100, "b" * 100, 7) == 7


def check_wide_strings() -> None:
    assert ukkonen.distance("Grüße 😀", "Grüsse 😁", 10) == 3
    assert lib.edit_distance_k("😀", 1, "😀x", 2, 5) == 1


def check_the_bindings() -> None:
    assert repr(ffi.typeof(lib.edit_distance_k)) == (
        "<ctype 'int64_t(*)(wchar_t *, int64_t, wchar_t *, int64_t, int64_t)'>"
    )
    with raises(TypeError):
        lib.edit_distance_k(b"bytes", 5, "x", 1, 1)
    with raises(OverflowError):
        lib.edit_distance_k("x", 2**63, "x", 1, 1)
