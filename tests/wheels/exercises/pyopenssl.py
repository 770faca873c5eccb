"""pyOpenSSL: drives cryptography's CFFI bindings from Python, with callbacks of ffi.callback()."""

from __future__ import annotations

import datetime
import gc
import socket
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL, crypto
from OpenSSL._util import ffi, lib
from support import in_threads, raises

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


def certificate(subject, key, issuer=None, issuer_key=None):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
        .sign(issuer_key or key, hashes.SHA256())
    )


CA_KEY, LEAF_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
CA = certificate("test authority", CA_KEY)
LEAF = certificate("localhost", LEAF_KEY, CA, CA_KEY)


def server_context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_privatekey(LEAF_KEY)
    context.use_certificate(LEAF)
    context.check_privatekey()
    return context


def client_context(verify=None) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.get_cert_store().add_cert(crypto.X509.from_cryptography(CA))
    context.set_verify(SSL.VERIFY_PEER, verify)
    return context


def handshake(client: SSL.Connection, server: SSL.Connection) -> None:
    """Both sides in this thread, their bytes carried by hand."""
    client.set_connect_state()
    server.set_accept_state()
    open_ends = {client, server}
    for _ in range(20):
        for end in list(open_ends):
            try:
                end.do_handshake()
                open_ends.discard(end)
            except SSL.WantReadError:
                pass
        carry(client, server)
        if not open_ends:
            return
    raise AssertionError("the handshake does not come to an end")


def carry(client: SSL.Connection, server: SSL.Connection) -> None:
    for source, target in ((client, server), (server, client)):
        try:
            while data := source.bio_read(65536):
                target.bio_write(data)
        except SSL.WantReadError:
            pass


def pair(client=None, server=None) -> tuple[SSL.Connection, SSL.Connection]:
    client = SSL.Connection(client or client_context(), None)
    server = SSL.Connection(server or server_context(), None)
    client.set_tlsext_host_name(b"localhost")
    handshake(client, server)
    return client, server


def check_tls_in_memory() -> None:
    client, server = pair()
    assert client.get_protocol_version_name() == "TLSv1.3"
    assert client.get_cipher_name() == server.get_cipher_name()
    assert client.get_peer_certificate().to_cryptography() == LEAF
    assert client.send(b"ping") == 4
    carry(client, server)
    assert server.recv(100) == b"ping"
    target = bytearray(10)
    server.sendall(memoryview(b"pong"))
    carry(client, server)
    assert client.recv_into(target) == 4 and target[:4] == b"pong"
    client.shutdown()
    carry(client, server)
    with raises(SSL.ZeroReturnError):
        server.recv(100)


def check_tls_over_a_socket_pair() -> None:
    left, right = socket.socketpair()
    server = SSL.Connection(server_context(), left)
    client = SSL.Connection(client_context(), right)
    payload = bytes(range(256)) * 4096

    def serve() -> None:
        server.set_accept_state()
        server.do_handshake()
        server.sendall(payload)
        server.shutdown()

    thread = threading.Thread(target=serve)
    thread.start()
    client.set_connect_state()
    client.set_tlsext_host_name(b"localhost")
    client.do_handshake()
    received = bytearray()
    try:
        while True:
            received += client.recv(65536)
    except (SSL.ZeroReturnError, SSL.SysCallError):
        pass
    thread.join()
    assert received == payload
    left.close()
    right.close()


def check_verify_callback() -> None:
    seen = []

    def verify(connection, leaf, error, depth, ok):
        seen.append((leaf.get_subject().CN, error, depth, ok))
        return bool(ok)

    client, _ = pair(client_context(verify))
    assert [(name, depth, ok) for name, _, depth, ok in seen] == [
        ("test authority", 1, 1),
        ("localhost", 0, 1),
    ]
    chain = client.get_verified_chain()
    assert [one.get_subject().CN for one in chain] == ["localhost", "test authority"]


def check_verify_callback_refuses() -> None:
    with raises(SSL.Error, "certificate verify failed"):
        pair(client_context(lambda *_: False))


def check_verify_callback_raises() -> None:
    """An exception in a callback that OpenSSL calls arrives at the outer call."""

    def verify(*_):
        raise RuntimeError("from the callback")

    with raises(RuntimeError, "from the callback"):
        pair(client_context(verify))


def check_unknown_authority() -> None:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_PEER)
    with raises(SSL.Error, "certificate verify failed"):
        pair(context)


def check_server_name_and_alpn_callbacks() -> None:
    names, offers = [], []

    def choose(connection, protocols):
        offers.append(protocols)
        return b"h2"

    server, client = server_context(), client_context()
    server.set_tlsext_servername_callback(
        lambda connection: names.append(connection.get_servername())
    )
    server.set_alpn_select_callback(choose)
    client.set_alpn_protos([b"http/1.1", b"h2"])
    ours, _ = pair(client, server)
    assert names == [b"localhost"] and offers == [[b"http/1.1", b"h2"]]
    assert ours.get_alpn_proto_negotiated() == b"h2"


def check_info_and_keylog_callbacks() -> None:
    events, keys = [], []
    context = client_context()
    context.set_info_callback(lambda connection, where, ret: events.append((where, ret)))
    context.set_keylog_callback(lambda connection, line: keys.append(line))
    pair(context)
    assert any(where & SSL.SSL_CB_HANDSHAKE_DONE for where, _ in events)
    assert any(line.startswith(b"CLIENT_HANDSHAKE_TRAFFIC_SECRET ") for line in keys)


def check_ocsp_callbacks() -> None:
    asked = []
    server, client = server_context(), client_context()

    def staple(connection, data):
        asked.append(data)
        return b"staple"

    def on_staple(connection, staple, data):
        # What is no OCSP response is not sent under TLS 1.3.
        assert staple in (b"", b"staple")
        asked.append(data)
        return True

    server.set_ocsp_server_callback(staple, "theirs")

    client.set_ocsp_client_callback(on_staple, "mine")
    ours = SSL.Connection(client, None)
    ours.request_ocsp()
    handshake(ours, SSL.Connection(server, None))
    assert asked == ["theirs", "mine"]


def check_passphrase_callback() -> None:
    pem = crypto.dump_privatekey(
        crypto.FILETYPE_PEM, crypto.PKey.from_cryptography_key(LEAF_KEY), "aes256", b"secret"
    )
    asked = []

    def passphrase(writing):
        asked.append(writing)
        return b"secret"

    key = crypto.load_privatekey(crypto.FILETYPE_PEM, pem, passphrase)
    assert key.bits() == 256 and asked == [False]
    with raises(crypto.Error):
        crypto.load_privatekey(crypto.FILETYPE_PEM, pem, lambda _: b"wrong")
    with raises(ValueError, "in the callback"):
        crypto.load_privatekey(crypto.FILETYPE_PEM, pem, raising)


def raising(_writing):
    raise ValueError("in the callback")


def check_store_context() -> None:
    store = crypto.X509Store()
    store.add_cert(crypto.X509.from_cryptography(CA))
    leaf = crypto.X509.from_cryptography(LEAF)
    crypto.X509StoreContext(store, leaf).verify_certificate()
    store.set_time(datetime.datetime(2001, 1, 1))
    with raises(crypto.X509StoreContextError, "not yet valid"):
        crypto.X509StoreContext(store, leaf).verify_certificate()


def check_certificates_of_openssl() -> None:
    leaf = crypto.X509.from_cryptography(LEAF)
    assert leaf.get_subject().commonName == "localhost" and leaf.get_version() == 2
    assert leaf.get_issuer().get_components() == [(b"CN", b"test authority")]
    assert leaf.digest("sha256").count(b":") == 31
    assert leaf.get_serial_number() == LEAF.serial_number and not leaf.has_expired()
    text = crypto.dump_certificate(crypto.FILETYPE_TEXT, leaf)
    assert b"Issuer: CN" in text
    again = crypto.load_certificate(
        crypto.FILETYPE_PEM, crypto.dump_certificate(crypto.FILETYPE_PEM, leaf)
    )
    assert again.to_cryptography() == LEAF
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 2048)
    assert key.check() and key.type() == crypto.TYPE_RSA


def check_sessions_and_application_data() -> None:
    context = client_context()
    client, _ = pair(context)
    marker = object()
    client.set_app_data(marker)
    assert client.get_app_data() is marker
    assert client.get_session() is not None
    assert len(client.export_keying_material(b"label", 32)) == 32
    assert len(client.client_random()) == 32
    assert "TLS_AES_256_GCM_SHA384" in client.get_cipher_list()


def check_errors() -> None:
    with raises(SSL.Error):
        SSL.Context(SSL.TLS_METHOD).set_cipher_list(b"no such cipher")
    with raises(crypto.Error):
        crypto.load_certificate(crypto.FILETYPE_PEM, b"no certificate")
    with raises(TypeError):
        SSL.Context("TLS")
    other = SSL.Context(SSL.TLS_SERVER_METHOD)
    other.use_certificate(LEAF)
    with raises(SSL.Error):
        other.use_privatekey(CA_KEY)
        other.check_privatekey()


def check_handles_to_python_objects() -> None:
    """The bindings' own ffi: handles, casts, weak ownership."""

    class Thing:
        pass

    thing = Thing()
    handle = ffi.new_handle(thing)
    address = ffi.cast("void *", int(ffi.cast("uintptr_t", handle)))
    assert ffi.from_handle(address) is thing
    context = ffi.gc(lib.SSL_CTX_new(lib.TLS_method()), lib.SSL_CTX_free)
    assert ffi.typeof(context) is ffi.typeof("SSL_CTX *") and context != ffi.NULL


def check_contexts_come_and_go() -> None:
    for _ in range(30):
        client, server = pair(client_context(lambda *_: True))
        del client, server
    gc.collect()


def check_from_many_threads() -> None:
    def work(_number: int) -> None:
        for _ in range(10):
            client, server = pair(client_context(lambda *_: True))
            client.send(b"x")
            carry(client, server)
            assert server.recv(1) == b"x"

    in_threads(work, 4)
