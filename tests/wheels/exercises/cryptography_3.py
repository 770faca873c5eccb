"""cryptography 3.4 and pyOpenSSL 20: OpenSSL through one API-mode module, driven from Python.

From 35 on cryptography does its own work in Rust; until then every key, name and certificate
went through CFFI.
"""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.fernet import Fernet
from cryptography.hazmat.bindings._openssl import ffi, lib
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import pkcs12
from OpenSSL import SSL, crypto
from support import in_threads, raises

NOW = datetime.datetime(2026, 1, 1)
YEARS = datetime.timedelta(days=36500)


def certificate(subject, key, issuer=None, issuer_key=None):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - YEARS / 4)
        .not_valid_after(NOW + YEARS)
        .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(issuer_key or key, hashes.SHA256())
    )


CA_KEY, LEAF_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))
CA = certificate("test authority", CA_KEY)
LEAF = certificate("localhost", LEAF_KEY, CA, CA_KEY)


def check_the_bindings() -> None:
    assert ffi.string(lib.OpenSSL_version(lib.OPENSSL_VERSION)).startswith(b"OpenSSL 1.1.1")
    assert len(dir(lib)) > 1000
    assert "X509" in ffi.list_types()[0]


def check_certificates() -> None:
    pem = LEAF.public_bytes(serialization.Encoding.PEM)
    again = x509.load_pem_x509_certificate(pem)
    assert again == LEAF and again.subject == LEAF.subject and again.issuer == CA.subject
    names = again.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [extension.critical for extension in again.extensions] == [True, False, False]
    CA_KEY.public_key().verify(
        again.signature,
        again.tbs_certificate_bytes,
        padding.PKCS1v15(),
        again.signature_hash_algorithm,
    )
    assert again.not_valid_after.year > 2100 and hash(again) == hash(LEAF)


def check_requests_and_revocation_lists() -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(LEAF.subject)
    request = builder.sign(LEAF_KEY, hashes.SHA256())
    assert request.is_signature_valid
    revoked = x509.RevokedCertificateBuilder().serial_number(7).revocation_date(NOW).build()
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(CA.subject)
        .last_update(NOW)
        .next_update(NOW + YEARS)
        .add_revoked_certificate(revoked)
        .sign(CA_KEY, hashes.SHA256())
    )
    assert crl.is_signature_valid(CA_KEY.public_key())
    assert [one.serial_number for one in crl] == [7]


def check_keys() -> None:
    for key in (LEAF_KEY, ec.generate_private_key(ec.SECP384R1())):
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
        again = serialization.load_pem_private_key(pem, b"secret")
        assert again.private_numbers() == key.private_numbers()
        with raises(ValueError):
            serialization.load_pem_private_key(pem, b"wrong")
        with raises(TypeError, "Password was not given"):
            serialization.load_pem_private_key(pem, None)
    packed = pkcs12.serialize_key_and_certificates(
        b"name", LEAF_KEY, LEAF, [CA], serialization.NoEncryption()
    )
    key, leaf, others = pkcs12.load_key_and_certificates(packed, None)
    assert leaf == LEAF and others == [CA]


def check_signatures() -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    signature = LEAF_KEY.sign(b"text", pss, hashes.SHA256())
    LEAF_KEY.public_key().verify(signature, b"text", pss, hashes.SHA256())
    with raises(InvalidSignature):
        LEAF_KEY.public_key().verify(signature, b"test", pss, hashes.SHA256())
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    assert LEAF_KEY.decrypt(LEAF_KEY.public_key().encrypt(b"text", oaep), oaep) == b"text"
    edwards = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    edwards.public_key().verify(edwards.sign(b"text"), b"text")
    one, other = x25519.X25519PrivateKey.generate(), x25519.X25519PrivateKey.generate()
    assert one.exchange(other.public_key()) == other.exchange(one.public_key())


def check_ciphers_and_digests() -> None:
    encryptor = Cipher(algorithms.AES(bytes(16)), modes.CBC(bytes(16))).encryptor()
    into = bytearray(31)
    assert encryptor.update_into(bytes(16), into) == 16
    assert into.hex().startswith("66e94bd4ef8a2c3b")
    sealed = AESGCM(bytes(32)).encrypt(bytes(12), b"text", b"context")
    assert AESGCM(bytes(32)).decrypt(bytes(12), sealed, b"context") == b"text"
    with raises(InvalidTag):
        AESGCM(bytes(32)).decrypt(bytes(12), sealed, b"other")
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"ab")
    copy = digest.copy()
    copy.update(b"c")
    assert copy.finalize().hex().startswith("ba7816bf8f01cfea")
    code = hmac.HMAC(b"key", hashes.SHA256())
    code.update(b"text")
    code.copy().verify(code.finalize())
    key = PBKDF2HMAC(hashes.SHA1(), 20, b"salt", 2).derive(b"password")
    # RFC 6070.
    assert key.hex() == "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"
    fernet = Fernet(Fernet.generate_key())
    assert fernet.decrypt(fernet.encrypt(b"text")) == b"text"


def carry(client: SSL.Connection, server: SSL.Connection) -> None:
    for source, target in ((client, server), (server, client)):
        try:
            while data := source.bio_read(65536):
                target.bio_write(data)
        except SSL.WantReadError:
            pass


def pair(verify=lambda *_: True) -> tuple[SSL.Connection, SSL.Connection]:
    """Both ends of a connection in memory, after their handshake."""
    contexts = SSL.Context(SSL.SSLv23_METHOD), SSL.Context(SSL.SSLv23_METHOD)
    contexts[0].get_cert_store().add_cert(crypto.X509.from_cryptography(CA))
    contexts[0].set_verify(SSL.VERIFY_PEER, verify)
    contexts[1].use_privatekey(crypto.PKey.from_cryptography_key(LEAF_KEY))
    contexts[1].use_certificate(crypto.X509.from_cryptography(LEAF))
    contexts[1].check_privatekey()
    client, server = (SSL.Connection(context, None) for context in contexts)
    client.set_connect_state()
    server.set_accept_state()
    waiting = {client, server}
    for _ in range(20):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.discard(end)
            except SSL.WantReadError:
                pass
        carry(client, server)
    assert not waiting
    return client, server


def check_tls() -> None:
    seen = []

    def verify(connection, leaf, error, depth, ok):
        seen.append((leaf.get_subject().CN, depth, ok))
        return bool(ok)

    client, server = pair(verify)
    assert seen == [("test authority", 1, 1), ("localhost", 0, 1)]
    client.send(b"ping")
    carry(client, server)
    assert server.recv(100) == b"ping"
    assert client.get_peer_certificate().to_cryptography() == LEAF
    with raises(SSL.Error, "certificate verify failed"):
        pair(lambda *_: False)


def check_certificates_of_openssl() -> None:
    leaf = crypto.X509.from_cryptography(LEAF)
    assert leaf.get_subject().commonName == "localhost" and leaf.get_extension_count() == 3
    assert str(leaf.get_extension(1)) == "DNS:localhost"
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 1024)
    made = crypto.X509()
    made.set_pubkey(key)
    made.get_subject().O = "Ünïcode"
    made.gmtime_adj_notBefore(0)
    made.gmtime_adj_notAfter(3600)
    made.add_extensions([crypto.X509Extension(b"basicConstraints", True, b"CA:false")])
    made.sign(key, "sha256")
    assert made.get_subject().O == "Ünïcode" and not made.has_expired()
    assert b"CA:FALSE" in crypto.dump_certificate(crypto.FILETYPE_TEXT, made)


def check_from_many_threads() -> None:
    def work(_number: int) -> None:
        for _ in range(10):
            client, server = pair()
            client.send(b"x")
            carry(client, server)
            assert server.recv(1) == b"x"

    in_threads(work, 4)
