"""PyNaCl: an API-mode module for the stable ABI, with libsodium linked in."""

from __future__ import annotations

import nacl.bindings
import nacl.encoding
import nacl.exceptions
import nacl.hash
import nacl.hashlib
import nacl.public
import nacl.pwhash
import nacl.secret
import nacl.signing
import nacl.utils
from nacl._sodium import ffi, lib
from support import raises


def check_the_module() -> None:
    assert lib.sodium_init() in (0, 1)
    assert lib.crypto_secretbox_keybytes() == 32
    assert ffi.string(lib.crypto_pwhash_argon2id_strprefix()) == b"$argon2id$"
    assert "crypto_secretbox" in dir(lib)
    assert "crypto_secretstream_xchacha20poly1305_state" in ffi.list_types()[0]
    with raises(AttributeError, "has no function, constant or global variable named 'sodium'"):
        _ = lib.sodium


def check_secret_box() -> None:
    box = nacl.secret.SecretBox(bytes(range(32)))
    sealed = box.encrypt(b"attack at dawn", bytes(24))
    assert sealed.nonce == bytes(24) and len(sealed.ciphertext) == 14 + 16
    assert box.decrypt(sealed) == b"attack at dawn"
    forged = bytes(sealed[:-1]) + bytes([sealed[-1] ^ 1])
    with raises(nacl.exceptions.CryptoError, "Decryption failed"):
        box.decrypt(forged)
    with raises(nacl.exceptions.ValueError, "32 bytes"):
        nacl.secret.SecretBox(b"short")


def check_aead() -> None:
    box = nacl.secret.Aead(bytes(32))
    sealed = box.encrypt(b"text", b"context", bytes(24))
    assert box.decrypt(sealed, b"context") == b"text"
    with raises(nacl.exceptions.CryptoError):
        box.decrypt(sealed, b"another context")


def check_public_box_and_sealed_box() -> None:
    alice, bob = (nacl.public.PrivateKey.from_seed(bytes([n]) * 32) for n in (1, 2))
    sealed = nacl.public.Box(alice, bob.public_key).encrypt(b"hello bob")
    assert nacl.public.Box(bob, alice.public_key).decrypt(sealed) == b"hello bob"
    anonymous = nacl.public.SealedBox(bob.public_key).encrypt(b"from nobody")
    assert nacl.public.SealedBox(bob).decrypt(anonymous) == b"from nobody"
    assert (
        nacl.public.Box(alice, bob.public_key).shared_key()
        == nacl.public.Box(bob, alice.public_key).shared_key()
    )


def check_signatures_of_rfc_8032() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = nacl.signing.SigningKey(seed)
    assert key.verify_key.encode(nacl.encoding.HexEncoder) == (
        b"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )
    signed = key.sign(b"")
    assert signed.signature.hex().startswith("e5564300c360ac729086e2cc806e828a")
    assert key.verify_key.verify(signed) == b""
    with raises(nacl.exceptions.BadSignatureError):
        key.verify_key.verify(b"x", signed.signature)


def check_hashes() -> None:
    hexadecimal = nacl.encoding.HexEncoder
    assert nacl.hash.sha256(b"abc", hexadecimal).startswith(b"ba7816bf8f01cfea")
    assert nacl.hash.blake2b(b"abc", 64, encoder=hexadecimal).startswith(b"ba80a53f981c4d0d")
    keyed = nacl.hashlib.blake2b(b"ab", digest_size=32, key=b"k" * 16)
    copy = keyed.copy()
    keyed.update(b"c")
    copy.update(b"c")
    assert keyed.hexdigest() == copy.hexdigest()
    # The first vector of the reference implementation: key 00 01 … 0f, empty message.
    assert nacl.hash.siphash24(b"", bytes(range(16)), hexadecimal) == b"310e0edd47db6f72"


def check_password_hashes() -> None:
    limits = {"opslimit": 1, "memlimit": 8192}
    key = nacl.pwhash.argon2id.kdf(32, b"password", bytes(16), **limits)
    assert len(key) == 32 and key != nacl.pwhash.argon2id.kdf(32, b"passwort", bytes(16), **limits)
    text = nacl.pwhash.argon2id.str(b"password", **limits)
    assert text.startswith(b"$argon2id$v=19$m=8,t=1,p=1$")
    assert nacl.pwhash.verify(text, b"password")
    with raises(nacl.exceptions.InvalidkeyError):
        nacl.pwhash.verify(text, b"passwort")
    assert len(nacl.pwhash.scrypt.kdf(32, b"password", bytes(32), 2**15, 2**24)) == 32


def check_secret_stream() -> None:
    bindings = nacl.bindings
    writer = bindings.crypto_secretstream_xchacha20poly1305_state()
    reader = bindings.crypto_secretstream_xchacha20poly1305_state()
    header = bindings.crypto_secretstream_xchacha20poly1305_init_push(writer, bytes(32))
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(reader, header, bytes(32))
    pieces = [
        bindings.crypto_secretstream_xchacha20poly1305_push(writer, b"one", b"ad", 0),
        bindings.crypto_secretstream_xchacha20poly1305_push(writer, b"two", None, 3),
    ]
    assert bindings.crypto_secretstream_xchacha20poly1305_pull(reader, pieces[0], b"ad") == (
        b"one",
        0,
    )
    assert bindings.crypto_secretstream_xchacha20poly1305_pull(reader, pieces[1]) == (b"two", 3)


def check_padding_random_and_compare() -> None:
    assert nacl.bindings.sodium_pad(b"abc", 8) == b"abc\x80\0\0\0\0"
    assert nacl.bindings.sodium_unpad(b"abc\x80\0\0\0\0", 8) == b"abc"
    assert len(nacl.utils.random(40)) == 40 and nacl.utils.random(16) != nacl.utils.random(16)
    assert nacl.utils.randombytes_deterministic(8, bytes(32)) == (
        nacl.utils.randombytes_deterministic(8, bytes(32))
    )
    assert nacl.bindings.sodium_memcmp(b"same", b"same")
    assert not nacl.bindings.sodium_memcmp(b"same", b"some")
    assert nacl.bindings.sodium_increment(b"\xff\0") == b"\0\x01"


def check_curve_arithmetic() -> None:
    bindings = nacl.bindings
    key = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c4c1f2ba8bb9f1a1b5e4f8f5e2c2a")
    point = bindings.crypto_scalarmult_base(key)
    assert bindings.crypto_scalarmult(key, point) != point and len(point) == 32
    base = bindings.crypto_scalarmult_ed25519_base_noclamp((1).to_bytes(32, "little"))
    double = bindings.crypto_scalarmult_ed25519_base_noclamp((2).to_bytes(32, "little"))
    assert bindings.crypto_core_ed25519_add(base, base) == double
    assert bindings.crypto_core_ed25519_is_valid_point(double)


def check_from_many_threads() -> None:
    from support import in_threads

    def work(number: int) -> None:
        box = nacl.secret.SecretBox(bytes([number]) * 32)
        for _ in range(200):
            assert box.decrypt(box.encrypt(bytes([number]) * 100)) == bytes([number]) * 100

    in_threads(work, 4)
