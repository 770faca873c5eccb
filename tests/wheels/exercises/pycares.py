"""pycares: an API-mode module for the stable ABI; callbacks by extern "Python" and handles.

The names are answered by a server of our own on the loopback interface: nothing leaves the machine.
"""

from __future__ import annotations

import gc
import select
import socket
import struct
import threading
import time

import pycares
from pycares._cares import ffi, lib
from support import raises


class Server:
    """Answers DNS queries over UDP from a table, in a thread."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            query, address = self.socket.recvfrom(4096)
            answer = self.answer(query)
            if answer is not None:
                self.socket.sendto(answer, address)

    def answer(self, query: bytes) -> bytes | None:
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        question = query[12 : at + 5]
        name, kind = ".".join(labels), struct.unpack(">H", query[at + 1 : at + 3])[0]
        if name == "silent.test":
            return None
        records = [
            (number, data) for of, number, data in RECORDS if of == name and number in (kind, 5)
        ]
        known = any(of == name for of, _, _ in RECORDS)
        body = b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", number, 1, 300, len(data)) + data
            for number, data in records
        )
        flags = 0x8180 if known else 0x8183
        return query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + question + body


def labels(name: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


RECORDS = [
    ("host.test", 1, bytes([192, 0, 2, 1])),
    ("host.test", 1, bytes([192, 0, 2, 2])),
    ("host.test", 28, bytes.fromhex("20010db8000000000000000000000001")),
    ("alias.test", 5, labels("host.test")),
    ("mail.test", 15, struct.pack(">H", 10) + labels("mx1.test")),
    ("mail.test", 15, struct.pack(">H", 20) + labels("mx2.test")),
    ("text.test", 16, b"\x05hello\x05world"),
    ("_sip.test", 33, struct.pack(">HHH", 1, 2, 5060) + labels("sip.test")),
    ("test", 6, labels("ns.test") + labels("admin.test") + struct.pack(">5I", 1, 2, 3, 4, 5)),
    ("test", 2, labels("ns.test")),
    ("caa.test", 257, b"\x00\x05issueca.test"),
    ("1.2.0.192.in-addr.arpa", 12, labels("host.test")),
]
SERVER = Server()


class Asked:
    """What a callback was called with."""

    def __init__(self) -> None:
        self.calls: list[tuple] = []
        self.event = threading.Event()

    def __call__(self, *arguments) -> None:
        self.calls.append(arguments)
        self.event.set()

    def result(self):
        assert self.event.wait(20), "no answer"
        (value, error), *more = self.calls
        assert not more and error is None, (error, more)
        return value

    def error(self) -> int:
        assert self.event.wait(20), "no answer"
        value, error = self.calls[0]
        assert value is None
        return error


def channel(**options) -> pycares.Channel:
    return pycares.Channel(
        servers=[f"127.0.0.1:{SERVER.port}"], lookups="b", timeout=2, tries=1, **options
    )


def query(name: str, kind: int):
    with_callback = Asked()
    ours = channel()
    ours.query(name, kind, callback=with_callback)
    found = with_callback.result()
    ours.close()
    return [record.data for record in found.answer]


def check_the_module() -> None:
    assert pycares.ARES_VERSION == ffi.string(lib.ares_version(ffi.NULL)).decode()
    assert lib.ARES_SUCCESS == 0 and pycares.errno.strerror(pycares.errno.ARES_ENOTFOUND)
    assert ffi.typeof("struct ares_options").kind == "struct"
    assert ffi.typeof(lib._host_cb).kind == "function"


def check_addresses() -> None:
    assert [data.addr for data in query("host.test", pycares.QUERY_TYPE_A)] == [
        "192.0.2.1",
        "192.0.2.2",
    ]
    assert [data.addr for data in query("host.test", pycares.QUERY_TYPE_AAAA)] == ["2001:db8::1"]


def check_other_records() -> None:
    mails = query("mail.test", pycares.QUERY_TYPE_MX)
    assert [(data.priority, data.exchange) for data in mails] == [
        (10, "mx1.test"),
        (20, "mx2.test"),
    ]
    assert query("text.test", pycares.QUERY_TYPE_TXT)[0].data == b"helloworld"
    service = query("_sip.test", pycares.QUERY_TYPE_SRV)[0]
    assert (service.priority, service.weight, service.port, service.target) == (
        1,
        2,
        5060,
        "sip.test",
    )
    authority = query("test", pycares.QUERY_TYPE_SOA)[0]
    assert (authority.mname, authority.serial, authority.minimum) == ("ns.test", 1, 5)
    assert query("test", pycares.QUERY_TYPE_NS)[0].nsdname == "ns.test"
    assert query("caa.test", pycares.QUERY_TYPE_CAA)[0].value == "ca.test"
    assert query("alias.test", pycares.QUERY_TYPE_CNAME)[0].cname == "host.test"


def check_unknown_names() -> None:
    asked = Asked()
    ours = channel()
    ours.query("nothing.test", pycares.QUERY_TYPE_A, callback=asked)
    assert asked.error() == pycares.errno.ARES_ENOTFOUND
    asked = Asked()
    ours.query("text.test", pycares.QUERY_TYPE_A, callback=asked)
    assert asked.error() == pycares.errno.ARES_ENODATA
    ours.close()


def check_timeouts_and_cancelling() -> None:
    ours, asked = channel(), Asked()
    ours.query("silent.test", pycares.QUERY_TYPE_A, callback=asked)
    ours.cancel()
    assert asked.error() == pycares.errno.ARES_ECANCELLED
    quick = pycares.Channel(servers=[f"127.0.0.1:{SERVER.port}"], lookups="b", timeout=0.1, tries=1)
    asked = Asked()
    quick.query("silent.test", pycares.QUERY_TYPE_A, callback=asked)
    assert asked.error() == pycares.errno.ARES_ETIMEOUT
    quick.close()
    ours.close()


def check_getaddrinfo() -> None:
    """A linked list of structs with sockaddr unions."""
    ours, asked = channel(), Asked()
    ours.getaddrinfo(
        "host.test", 80, family=socket.AF_INET, type=socket.SOCK_STREAM, callback=asked
    )
    nodes = asked.result().nodes
    assert sorted(node.addr for node in nodes) == [(b"192.0.2.1", 80), (b"192.0.2.2", 80)]
    asked = Asked()
    ours.getaddrinfo("127.0.0.1", "80", callback=asked)
    assert asked.result().nodes[0].addr == (b"127.0.0.1", 80)
    asked = Asked()
    ours.getaddrinfo("::1", 443, family=socket.AF_INET6, callback=asked)
    assert asked.result().nodes[0].addr[:2] == (b"::1", 443)
    ours.close()


def check_the_hosts_file() -> None:
    ours, asked = pycares.Channel(lookups="f"), Asked()
    ours.getaddrinfo("localhost", None, family=socket.AF_INET, callback=asked)
    assert asked.result().nodes[0].addr[0] == b"127.0.0.1"
    ours.close()


def check_reverse() -> None:
    ours, asked = channel(), Asked()
    ours.gethostbyaddr("192.0.2.1", callback=asked)
    assert asked.result().name == "host.test"
    asked = Asked()
    flags = pycares.ARES_NI_NUMERICHOST | pycares.ARES_NI_NUMERICSERV
    flags |= pycares.ARES_NI_LOOKUPHOST | pycares.ARES_NI_LOOKUPSERVICE
    ours.getnameinfo(("127.0.0.1", 80), flags, callback=asked)
    assert (asked.result().node, asked.result().service) == ("127.0.0.1", "80")
    ours.close()


def check_an_event_loop_of_our_own() -> None:
    """sock_state_cb tells which sockets to wait for; the callbacks run in process_fd()."""
    waiting: dict[int, tuple[bool, bool]] = {}

    def changed(fd: int, readable: bool, writable: bool) -> None:
        if readable or writable:
            waiting[fd] = (readable, writable)
        else:
            waiting.pop(fd, None)

    ours, asked = channel(sock_state_cb=changed), Asked()
    ours.query("host.test", pycares.QUERY_TYPE_A, callback=asked)
    end = time.monotonic() + 20
    while not asked.calls and time.monotonic() < end:
        readers = [fd for fd, (readable, _) in waiting.items() if readable]
        writers = [fd for fd, (_, writable) in waiting.items() if writable]
        ready = select.select(readers, writers, [], min(ours.timeout() or 0.1, 0.1))
        for fd in ready[0]:
            ours.process_read_fd(fd)
        for fd in ready[1]:
            ours.process_write_fd(fd)
        if not any(ready[:2]):
            ours.process_fd(pycares.ARES_SOCKET_BAD, pycares.ARES_SOCKET_BAD)
    assert len(asked.result().answer) == 2
    ours.close()


def check_many_questions_at_once() -> None:
    ours = channel()
    asked = [Asked() for _ in range(200)]
    for one in asked:
        ours.query("host.test", pycares.QUERY_TYPE_A, callback=one)
    assert all(len(one.result().answer) == 2 for one in asked)
    assert ours.wait(10)
    ours.close()


def check_channels_come_and_go() -> None:
    for _ in range(50):
        ours, asked = channel(), Asked()
        ours.query("host.test", pycares.QUERY_TYPE_A, callback=asked)
        assert len(asked.result().answer) == 2
        del ours
    gc.collect()


def check_arguments() -> None:
    ours = channel()
    assert ours.servers == [f"127.0.0.1:{SERVER.port}"]
    with raises(pycares.AresError):
        ours.servers = ["no address"]
    with raises(TypeError):
        ours.query("x.test", pycares.QUERY_TYPE_A, callback=None)
    with raises(ValueError):
        ours.query("x.test", 99999, callback=Asked())
    with raises(ValueError):
        ours.gethostbyaddr("no address", callback=Asked())
    ours.set_local_ip("127.0.0.1")
    ours.close()
    with raises(RuntimeError):
        ours.query("host.test", pycares.QUERY_TYPE_A, callback=Asked())


def check_buffers_of_the_bindings() -> None:
    address = ffi.new("struct in_addr *")
    assert lib.ares_inet_pton(socket.AF_INET, b"192.0.2.7", address) == 1
    text = ffi.new("char[]", lib.INET_ADDRSTRLEN)
    assert lib.ares_inet_ntop(socket.AF_INET, address, text, lib.INET_ADDRSTRLEN) != ffi.NULL
    assert ffi.string(text) == b"192.0.2.7"
