"""cryptography: its Rust module holds an API-mode module of CFFI (``_rust._openssl``)."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import ssl
import threading

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.fernet import Fernet
from cryptography.hazmat.bindings._rust import _openssl
from cryptography.hazmat.bindings.openssl.binding import Binding
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import verification
from support import raises

ffi, lib = _openssl.ffi, _openssl.lib
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)


def certificate(subject, key, issuer=None, issuer_key=None, names=()):
    """A certificate; without an issuer, of an authority that signs itself."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    signer = issuer_key or key
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
        )
        .add_extension(key_usage(issuer is None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        usage = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(signer, hashes.SHA256())


def key_usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


CA_KEY = ec.generate_private_key(ec.SECP256R1())
CA = certificate("test authority", CA_KEY)
LEAF_KEY = ec.generate_private_key(ec.SECP256R1())
LEAF_NAMES = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
LEAF = certificate("localhost", LEAF_KEY, CA, CA_KEY, LEAF_NAMES)


def pem(thing) -> bytes:
    if hasattr(thing, "private_bytes"):
        return thing.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    return thing.public_bytes(serialization.Encoding.PEM)


def check_the_bindings() -> None:
    assert Binding.ffi is ffi and len(dir(lib)) > 400
    assert ffi.string(lib.OpenSSL_version(lib.OPENSSL_VERSION)).startswith(b"OpenSSL ")
    assert ffi.string(lib.CRYPTOGRAPHY_PACKAGE_VERSION).count(b".") == 2
    assert lib.OpenSSL_version_num() >= 0x30000000
    assert lib.X509_V_OK == 0 and lib.SSL_VERIFY_PEER == 1 and lib.EVP_PKEY_RSA == 6
    assert ffi.typeof("SSL *").kind == "pointer"
    assert repr(ffi.typeof(lib.SSL_new)) == "<ctype 'SSL *(*)(SSL_CTX *)'>"


def check_big_numbers_through_the_bindings() -> None:
    """Pointers to pointers, buffers, ffi.gc(), strings that OpenSSL allocates."""
    holder = ffi.new("BIGNUM **")
    holder[0] = ffi.NULL
    assert lib.BN_hex2bn(holder, b"DEADBEEFCAFE") == 12
    number = ffi.gc(holder[0], lib.BN_free)
    text = lib.BN_bn2hex(number)
    try:
        assert ffi.string(text) == b"DEADBEEFCAFE"
    finally:
        lib.OPENSSL_free(text)
    assert lib.BN_set_word(number, 97) == 1
    assert lib.BN_is_prime_ex(number, 20, ffi.NULL, ffi.NULL) == 1
    assert lib.BN_set_word(number, 98) == 1
    assert lib.BN_is_prime_ex(number, 20, ffi.NULL, ffi.NULL) == 0


def check_memory_streams_through_the_bindings() -> None:
    stream = ffi.gc(lib.BIO_new(lib.BIO_s_mem()), lib.BIO_free)
    assert lib.BIO_write(stream, b"hello world", 11) == 11
    inside = ffi.new("char **")
    assert lib.BIO_get_mem_data(stream, inside) == 11
    assert ffi.buffer(inside[0], 11)[:] == b"hello world"
    out = ffi.new("char[]", 20)
    assert lib.BIO_read(stream, out, 5) == 5 and ffi.string(out) == b"hello"
    assert lib.BIO_read(stream, ffi.from_buffer(memory := bytearray(20)), 20) == 6
    assert memory.startswith(b" world\0")


def check_names_and_numbers_through_the_bindings() -> None:
    assert lib.EVP_get_digestbyname(b"sha256") != ffi.NULL
    assert lib.EVP_get_digestbyname(b"no such digest") == ffi.NULL
    assert lib.OBJ_txt2nid(b"sha256") == lib.OBJ_txt2nid(b"2.16.840.1.101.3.4.2.1") != 0
    count = lib.EC_get_builtin_curves(ffi.NULL, 0)
    curves = ffi.new("EC_builtin_curve[]", count)
    assert lib.EC_get_builtin_curves(curves, count) == count
    assert lib.OBJ_txt2nid(b"prime256v1") in {curve.nid for curve in curves}


def check_the_error_queue() -> None:
    lib.ERR_clear_error()
    assert lib.BIO_new_file(b"/nonexistent/file", b"r") == ffi.NULL
    code = lib.ERR_get_error()
    assert code != 0
    # A system error: OpenSSL has no text of its own for it, so the pointer is NULL.
    assert lib.ERR_reason_error_string(code) == ffi.NULL
    with raises(RuntimeError, "cannot use string() on <cdata 'char *' NULL>"):
        ffi.string(lib.ERR_reason_error_string(code))
    lib.ERR_clear_error()
    assert lib.ERR_get_error() == 0


def check_x509_chain() -> None:
    LEAF.verify_directly_issued_by(CA)
    with raises(InvalidSignature):
        certificate("localhost", LEAF_KEY, CA, LEAF_KEY).verify_directly_issued_by(CA)
    store = verification.Store([CA])
    builder = verification.PolicyBuilder().store(store).time(NOW)
    verifier = builder.build_server_verifier(x509.DNSName("localhost"))
    assert verifier.verify(LEAF, []) == [LEAF, CA]
    with raises(verification.VerificationError):
        builder.build_server_verifier(x509.DNSName("example.org")).verify(LEAF, [])


def check_x509_reading_back() -> None:
    again = x509.load_pem_x509_certificate(pem(LEAF))
    assert again == LEAF and again.fingerprint(hashes.SHA256()) == LEAF.fingerprint(hashes.SHA256())
    names = again.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(LEAF.subject)
        .sign(LEAF_KEY, hashes.SHA256())
    )
    assert request.is_signature_valid
    revoked = (
        x509.RevokedCertificateBuilder().serial_number(LEAF.serial_number).revocation_date(NOW)
    ).build()
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(CA.subject)
        .last_update(NOW)
        .next_update(NOW + DAY)
        .add_revoked_certificate(revoked)
        .sign(CA_KEY, hashes.SHA256())
    )
    assert crl.is_signature_valid(CA_KEY.public_key())
    assert crl.get_revoked_certificate_by_serial_number(LEAF.serial_number) is not None


def check_pkcs12() -> None:
    packed = pkcs12.serialize_key_and_certificates(
        b"name", LEAF_KEY, LEAF, [CA], serialization.BestAvailableEncryption(b"secret")
    )
    key, leaf, others = pkcs12.load_key_and_certificates(packed, b"secret")
    assert leaf == LEAF and others == [CA]
    assert key.private_numbers() == LEAF_KEY.private_numbers()
    with raises(ValueError):
        pkcs12.load_key_and_certificates(packed, b"wrong")


def check_tls_by_the_standard_library() -> None:
    """Keys and certificates from cryptography, the handshake over a socket pair by ssl."""
    for name, data in (("ca.pem", pem(CA)), ("leaf.pem", pem(LEAF)), ("key.pem", pem(LEAF_KEY))):
        with open(name, "wb") as file:
            file.write(data)
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain("leaf.pem", "key.pem")
    client_context = ssl.create_default_context(cafile="ca.pem")
    left, right = socket.socketpair()

    def serve() -> None:
        with server_context.wrap_socket(left, server_side=True) as server:
            server.sendall(server.recv(100).upper())

    thread = threading.Thread(target=serve)
    thread.start()
    with client_context.wrap_socket(right, server_hostname="localhost") as client:
        assert x509.load_der_x509_certificate(client.getpeercert(True)) == LEAF
        client.sendall(b"hello")
        assert client.recv(100) == b"HELLO"
    thread.join()
    for name in ("ca.pem", "leaf.pem", "key.pem"):
        os.remove(name)


def check_signatures() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    signature = key.sign(b"text", pss, hashes.SHA256())
    key.public_key().verify(signature, b"text", pss, hashes.SHA256())
    with raises(InvalidSignature):
        key.public_key().verify(signature, b"test", pss, hashes.SHA256())
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    assert key.decrypt(key.public_key().encrypt(b"text", oaep), oaep) == b"text"
    edwards = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    edwards.public_key().verify(edwards.sign(b"text"), b"text")


def check_key_agreement_and_derivation() -> None:
    a, b = x25519.X25519PrivateKey.generate(), x25519.X25519PrivateKey.generate()
    shared = a.exchange(b.public_key())
    assert shared == b.exchange(a.public_key())
    derive = HKDF(hashes.SHA256(), 32, bytes(16), b"info").derive
    assert len(derive(shared)) == 32


def check_ciphers() -> None:
    for kind in (AESGCM, ChaCha20Poly1305):
        aead = kind(bytes(32))
        sealed = aead.encrypt(bytes(12), b"text", b"context")
        assert aead.decrypt(bytes(12), sealed, b"context") == b"text"
        with raises(InvalidTag):
            aead.decrypt(bytes(12), sealed, b"other")
    encryptor = Cipher(algorithms.AES(bytes(16)), modes.CBC(bytes(16))).encryptor()
    assert (encryptor.update(bytes(16)) + encryptor.finalize()).hex().startswith("66e94bd4ef8a2c3b")
    fernet = Fernet(Fernet.generate_key())
    assert fernet.decrypt(fernet.encrypt(b"text")) == b"text"
