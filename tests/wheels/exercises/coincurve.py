"""coincurve: its wheel brings a copy of upstream's backend, which has to get on with ours."""

from __future__ import annotations

import sys

import _cffi_backend
import coincurve
from coincurve._libsecp256k1 import ffi, lib
from support import raises

KEY = coincurve.PrivateKey(bytes(31) + b"\x01")


def check_two_backends_in_one_process() -> None:
    own = sys.modules.get("coincurve._cffi_backend")
    if own is None:
        # Built from the sdist it may use the installed one.
        assert type(ffi) is _cffi_backend.FFI
    else:
        assert own is not _cffi_backend and type(ffi) is own.FFI
        assert type(ffi) is not _cffi_backend.FFI
    both = _cffi_backend.FFI()
    assert both.sizeof("int") == ffi.sizeof("int") == 4
    assert both.new("int *", 3)[0] == ffi.new("int *", 3)[0]


def check_keys() -> None:
    assert KEY.public_key.format().hex() == (
        "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    )
    assert len(KEY.public_key.format(compressed=False)) == 65
    assert coincurve.PublicKey(KEY.public_key.format()) == KEY.public_key
    with raises(ValueError):
        coincurve.PrivateKey(bytes(32))


def check_signatures() -> None:
    signature = KEY.sign(b"text")
    assert KEY.public_key.verify(signature, b"text")
    assert not KEY.public_key.verify(signature, b"test")
    recoverable = KEY.sign_recoverable(b"text")
    found = coincurve.PublicKey.from_signature_and_message(recoverable, b"text")
    assert found == KEY.public_key
    schnorr = KEY.sign_schnorr(bytes(32))
    assert coincurve.PublicKeyXOnly.from_secret(KEY.secret).verify(schnorr, bytes(32))


def check_arithmetic() -> None:
    two = KEY.add(bytes(31) + b"\x01")
    assert two.to_int() == 2
    combined = coincurve.PublicKey.combine_keys([KEY.public_key, KEY.public_key])
    assert combined == two.public_key
    assert KEY.ecdh(two.public_key.format()) == two.ecdh(KEY.public_key.format())


def check_many() -> None:
    for number in range(1, 200):
        key = coincurve.PrivateKey.from_int(number)
        assert key.public_key.verify(key.sign(b"x"), b"x")


def check_the_bindings() -> None:
    assert lib.SECP256K1_EC_COMPRESSED == 258
    assert ffi.sizeof("secp256k1_pubkey") == 64
