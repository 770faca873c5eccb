"""Libraries that dlopen() returns: what was looked up is an attribute."""

from __future__ import annotations

import dis
import gc
import sys
from typing import Any

import pytest
from cffi import FFI


@pytest.fixture
def ffi() -> Any:
    ffi = FFI()
    ffi.cdef("#define LIMIT 42\nint abs(int); enum color { RED, GREEN = 7 }; extern long timezone;")
    return ffi


def test_what_was_found_is_in_the_dict(ffi: Any) -> None:
    lib = ffi.dlopen(None)
    assert lib.__dict__ == {}
    assert (lib.LIMIT, lib.GREEN, lib.abs(-3)) == (42, 7, 3)
    assert isinstance(lib.timezone, int)
    assert sorted(lib.__dict__) == ["GREEN", "LIMIT", "abs"]
    assert lib.abs is lib.__dict__["abs"]


def test_what_is_put_into_the_dict_is_an_attribute(ffi: Any) -> None:
    lib = ffi.dlopen(None)
    lib.__dict__["other"] = [1]
    assert lib.other == [1]
    del lib.other
    with pytest.raises(AttributeError, match=r"^other$"):
        lib.other  # noqa: B018 - reading it is what raises
    with pytest.raises(AttributeError, match="'Lib' object has no attribute 'other'"):
        del lib.other


def test_redeclarations_reach_every_library(ffi: Any) -> None:
    libs = [ffi.dlopen(None) for _ in range(20)]
    assert [lib.LIMIT for lib in libs] == [42] * 20
    ffi.cdef("#define LIMIT 43", override=True)
    assert [lib.LIMIT for lib in libs] == [43] * 20


def test_libraries_that_are_gone_are_forgotten(ffi: Any) -> None:
    open_library = ffi._load_library  # without the list that keeps them
    kept = open_library(None, 0)
    for _ in range(1000):
        assert open_library(None, 0).LIMIT == 42
    assert kept.LIMIT == 42
    ffi.cdef("#define LIMIT 43", override=True)
    assert kept.LIMIT == 43


def test_a_library_in_its_own_dict_is_collected(ffi: Any) -> None:
    class Witness:
        alive = 0

        def __init__(self) -> None:
            Witness.alive += 1

        def __del__(self) -> None:
            Witness.alive -= 1

    lib = ffi._load_library(None, 0)
    lib.__dict__.update(me=lib, witness=Witness())
    assert Witness.alive == 1
    del lib
    gc.collect()
    assert Witness.alive == 0


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="earlier interpreters call where there is a __getattr__"
)
def test_interpreters_read_attributes_without_a_call(ffi: Any) -> None:
    lib = ffi.dlopen(None)

    def read() -> int:
        return lib.LIMIT

    for _ in range(200):
        assert read() == 42
    names = [instruction.opname for instruction in dis.get_instructions(read, adaptive=True)]
    assert "LOAD_ATTR_WITH_HINT" in names
