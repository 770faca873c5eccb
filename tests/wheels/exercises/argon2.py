"""argon2-cffi over argon2-cffi-bindings: an API-mode module for the stable ABI."""

from __future__ import annotations

import argon2
from _argon2_cffi_bindings import ffi, lib
from argon2.low_level import ARGON2_VERSION, Type, core, error_to_str, hash_secret, hash_secret_raw
from argon2.low_level import verify_secret as verify
from support import in_threads, raises

CHEAP = {"time_cost": 1, "memory_cost": 64, "parallelism": 1}


def check_the_module() -> None:
    assert lib.ARGON2_OK == 0 and lib.ARGON2_VERSION_NUMBER == ARGON2_VERSION == 0x13
    assert ffi.string(lib.argon2_error_message(lib.ARGON2_VERIFY_MISMATCH)) == (
        b"The password does not match the supplied hash"
    )
    assert ffi.typeof("argon2_context").kind == "struct"
    assert ffi.sizeof("argon2_context") >= 11 * 8


def check_password_hasher() -> None:
    hasher = argon2.PasswordHasher(**CHEAP)
    text = hasher.hash("secret")
    assert text.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert hasher.verify(text, "secret")
    assert not hasher.check_needs_rehash(text)
    assert argon2.PasswordHasher().check_needs_rehash(text)
    with raises(argon2.exceptions.VerifyMismatchError, "does not match"):
        hasher.verify(text, "Secret")
    with raises(argon2.exceptions.InvalidHashError):
        hasher.verify("no hash", "secret")


def check_known_answers() -> None:
    # Of the reference implementation's test.c.
    raw = hash_secret_raw(b"password", b"somesalt", 2, 65536, 1, 32, Type.ID)
    assert raw.hex() == "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"
    text = hash_secret(b"password", b"somesalt", 2, 256, 2, 32, Type.I)
    assert text == (
        b"$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E"
    )


def check_every_type() -> None:
    hashes = {hash_secret(b"x", b"saltsalt", 1, 64, 1, 16, kind) for kind in Type}
    assert len(hashes) == 3
    for kind in Type:
        assert verify(hash_secret(b"x", b"saltsalt", 1, 64, 1, 16, kind), b"x", kind)


def check_errors() -> None:
    with raises(argon2.exceptions.HashingError, "Salt is too short"):
        hash_secret(b"x", b"salt", 1, 64, 1, 16, Type.ID)
    with raises(argon2.exceptions.HashingError, "Memory cost is too small"):
        hash_secret(b"x", b"saltsalt", 1, 1, 1, 16, Type.ID)
    assert error_to_str(lib.ARGON2_OUTPUT_TOO_SHORT) == "Output is too short"
    with raises(OverflowError):
        hash_secret(b"x", b"saltsalt", 2**40, 64, 1, 16, Type.ID)


def check_a_context_built_by_hand() -> None:
    """The whole struct: buffers, NULL callbacks, integers of 32 bits."""
    out = ffi.new("uint8_t[]", 16)
    password, salt = ffi.new("uint8_t[]", b"password"), ffi.new("uint8_t[]", b"saltsalt")
    context = ffi.new(
        "argon2_context *",
        {
            "version": ARGON2_VERSION,
            "out": out,
            "outlen": 16,
            "pwd": password,
            "pwdlen": 8,
            "salt": salt,
            "saltlen": 8,
            "secret": ffi.NULL,
            "ad": ffi.NULL,
            "t_cost": 1,
            "m_cost": 64,
            "lanes": 1,
            "threads": 1,
            "allocate_cbk": ffi.NULL,
            "free_cbk": ffi.NULL,
            "flags": lib.ARGON2_DEFAULT_FLAGS,
        },
    )
    assert core(context, Type.ID.value) == lib.ARGON2_OK
    assert bytes(ffi.buffer(out)) == hash_secret_raw(
        b"password", b"saltsalt", 1, 64, 1, 16, Type.ID
    )
    context.lanes = 0
    assert error_to_str(core(context, Type.ID.value)) == "Too few lanes"


def check_allocators_in_python() -> None:
    """libargon2 calls back for its memory."""
    kept = {}

    @ffi.callback("int(uint8_t **memory, size_t bytes_to_allocate)")
    def allocate(memory, size):
        block = ffi.new("uint8_t[]", size)
        kept[int(ffi.cast("uintptr_t", block))] = block
        memory[0] = block
        return 0

    @ffi.callback("void(uint8_t *memory, size_t bytes_to_allocate)")
    def free(memory, size):
        assert len(kept.pop(int(ffi.cast("uintptr_t", memory)))) == size

    out = ffi.new("uint8_t[]", 16)
    text = ffi.new("uint8_t[]", b"passwordsaltsalt")
    context = ffi.new("argon2_context *")
    context.version = ARGON2_VERSION
    context.out, context.outlen = out, 16
    context.pwd, context.pwdlen = text, 8
    context.salt, context.saltlen = text + 8, 8
    context.t_cost, context.m_cost, context.lanes, context.threads = 1, 64, 1, 1
    context.allocate_cbk, context.free_cbk = allocate, free
    assert core(context, Type.ID.value) == lib.ARGON2_OK and not kept
    assert bytes(ffi.buffer(out)) == hash_secret_raw(
        b"password", b"saltsalt", 1, 64, 1, 16, Type.ID
    )


def check_from_many_threads() -> None:
    expected = hash_secret_raw(b"x", b"saltsalt", 1, 64, 1, 16, Type.ID)

    def work(_number: int) -> None:
        for _ in range(50):
            assert hash_secret_raw(b"x", b"saltsalt", 1, 64, 1, 16, Type.ID) == expected

    in_threads(work, 4)
