"""bcrypt 3.2, the last with CFFI: an API-mode module for the stable ABI."""

from __future__ import annotations

import bcrypt
from bcrypt._bcrypt import ffi, lib
from support import in_threads, raises

SALT = b"$2b$04$abcdefghijklmnopqrstuu"


def check_hashes() -> None:
    text = bcrypt.hashpw(b"password", bcrypt.gensalt(4))
    assert text.startswith(b"$2b$04$") and len(text) == 60
    assert bcrypt.checkpw(b"password", text) and not bcrypt.checkpw(b"passwort", text)
    assert bcrypt.hashpw(b"password", text) == text


def check_a_known_answer() -> None:
    # Of the test vectors of John the Ripper.
    text = b"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
    assert bcrypt.hashpw(b"U*U", text) == text


def check_key_derivation() -> None:
    key = bcrypt.kdf(b"password", b"salt", 32, 4, ignore_few_rounds=True)
    assert key.hex().startswith("5bbf0cc293587f1c")


def check_errors() -> None:
    with raises(ValueError, "Invalid salt"):
        bcrypt.hashpw(b"password", b"no salt")
    with raises(TypeError, "Unicode-objects must be encoded"):
        bcrypt.hashpw("password", SALT)


def check_the_bindings() -> None:
    out = ffi.new("char[]", 128)
    assert lib.bcrypt_hashpass(b"x", SALT, out, len(out)) == 0
    assert ffi.string(out) == bcrypt.hashpw(b"x", SALT)
    assert ffi.buffer(out)[:7] == b"$2b$04$"


def check_from_many_threads() -> None:
    expected = bcrypt.hashpw(b"x", SALT)

    def work(_number: int) -> None:
        for _ in range(10):
            assert bcrypt.hashpw(b"x", SALT) == expected

    in_threads(work, 4)
