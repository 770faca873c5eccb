"""gevent on a loop by CFFI: API-mode modules for the stable ABI, with extern "Python" callbacks.

GEVENT_LOOP says which: libuv-cffi or libev-cffi.
"""

from __future__ import annotations

import os
import signal
import sys
import time

import gevent
import gevent.event
import gevent.fileobject
import gevent.lock
import gevent.monkey
import gevent.os
import gevent.pool
import gevent.pywsgi
import gevent.queue
import gevent.server
import gevent.socket
import gevent.subprocess
import gevent.threadpool
from support import raises

LIBRARY = os.environ["GEVENT_LOOP"].removesuffix("-cffi")
CORE = __import__(f"gevent.{LIBRARY}._corecffi", fromlist=["ffi"])


def check_the_loop() -> None:
    loop = gevent.get_hub().loop
    expected = {"libuv": "gevent.libuv.loop", "libev": "gevent.libev.corecffi"}[LIBRARY]
    assert type(loop).__module__ == expected
    kind = {"libuv": "uv_loop_t", "libev": "struct ev_loop"}[LIBRARY]
    assert CORE.ffi.typeof(f"{kind} *").kind == "pointer"
    if LIBRARY == "libuv":
        assert CORE.ffi.string(CORE.lib.uv_version_string()).count(b".") == 2
    else:
        assert CORE.lib.ev_version_major() == 4


def check_timers_and_order() -> None:
    order = []

    def late(number, seconds):
        gevent.sleep(seconds)
        order.append(number)

    started = time.monotonic()
    gevent.joinall([gevent.spawn(late, n, s) for n, s in ((3, 0.06), (1, 0.01), (2, 0.03))])
    assert order == [1, 2, 3] and 0.05 < time.monotonic() - started < 5
    timer = gevent.get_hub().loop.timer(0.01, 0.01)
    ticks = []
    timer.start(lambda: ticks.append(1) or (timer.stop() if len(ticks) == 3 else None))
    gevent.sleep(0.2)
    assert len(ticks) == 3
    timer.close()


def check_timeouts() -> None:
    with raises(gevent.Timeout), gevent.Timeout(0.01):
        gevent.sleep(10)
    assert gevent.with_timeout(0.01, gevent.sleep, 10, timeout_value="late") == "late"


def check_exceptions_and_kill() -> None:
    def broken():
        raise LookupError("inside")

    greenlet = gevent.spawn(broken)
    hub = gevent.get_hub()
    handler, hub.exception_stream = hub.exception_stream, None
    try:
        with raises(LookupError, "inside"):
            greenlet.get(timeout=5)
    finally:
        hub.exception_stream = handler
    sleeper = gevent.spawn(gevent.sleep, 100)
    gevent.sleep(0)
    sleeper.kill()
    assert sleeper.dead and isinstance(sleeper.value, gevent.GreenletExit)


def check_errors_in_watcher_callbacks() -> None:
    """What a callback of the loop raises goes to the hub, and the loop goes on."""
    hub = gevent.get_hub()
    seen = []
    handle, hub.handle_error = hub.handle_error, lambda *arguments: seen.append(arguments[1])
    timer = hub.loop.timer(0.001)
    try:

        def broken():
            raise OSError("in the callback")

        timer.start(broken)
        gevent.sleep(0.05)
    finally:
        hub.handle_error = handle
        timer.close()
    assert seen == [OSError]


def check_sockets() -> None:
    def echo(socket, address):
        while data := socket.recv(1000):
            socket.sendall(data.upper())

    server = gevent.server.StreamServer(("127.0.0.1", 0), echo)
    server.start()

    def ask(number):
        with gevent.socket.create_connection(("127.0.0.1", server.server_port)) as socket:
            socket.sendall(b"hello %d" % number)
            return socket.recv(100)

    jobs = [gevent.spawn(ask, n) for n in range(50)]
    assert [job.get(timeout=20) for job in jobs] == [b"HELLO %d" % n for n in range(50)]
    server.stop()


def check_large_transfers() -> None:
    left, right = gevent.socket.socketpair()
    payload = os.urandom(2_000_000)
    sender = gevent.spawn(left.sendall, payload)
    received = bytearray()
    while len(received) < len(payload):
        received += right.recv(65536)
    sender.get(timeout=20)
    assert received == payload
    with raises(gevent.socket.timeout):
        right.settimeout(0.01)
        right.recv(1)


def check_udp_and_resolver() -> None:
    one = gevent.socket.socket(gevent.socket.AF_INET, gevent.socket.SOCK_DGRAM)
    one.bind(("127.0.0.1", 0))
    two = gevent.socket.socket(gevent.socket.AF_INET, gevent.socket.SOCK_DGRAM)
    two.sendto(b"datagram", one.getsockname())
    assert one.recvfrom(100)[0] == b"datagram"
    found = gevent.socket.getaddrinfo("localhost", 80, gevent.socket.AF_INET)
    assert found[0][4] == ("127.0.0.1", 80)


def check_http() -> None:
    import urllib.request

    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"path " + environ["PATH_INFO"].encode()]

    server = gevent.pywsgi.WSGIServer(("127.0.0.1", 0), application, log=None)
    server.start()
    url = f"http://127.0.0.1:{server.server_port}/x"
    pool = gevent.threadpool.ThreadPool(2)

    def fetch():
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.read()

    assert pool.spawn(fetch).get(timeout=20) == b"path /x"
    server.stop()
    pool.kill()


def check_subprocesses() -> None:
    """Child watchers, pipes, and a child that a signal ends."""
    run = gevent.subprocess.run
    done = run([sys.executable, "-c", "print(input() * 2)"], input=b"ab", capture_output=True)
    assert done.returncode == 0 and done.stdout == b"abab\n"
    jobs = [
        gevent.spawn(gevent.subprocess.call, [sys.executable, "-c", f"raise SystemExit({n})"])
        for n in range(4)
    ]
    assert [job.get(timeout=60) for job in jobs] == [0, 1, 2, 3]
    sleeper = gevent.subprocess.Popen(["sleep", "100"])
    sleeper.terminate()
    assert sleeper.wait(timeout=20) == -signal.SIGTERM
    with raises(gevent.subprocess.TimeoutExpired):
        run(["sleep", "100"], timeout=0.05)


def check_signals() -> None:
    seen = []
    watcher = gevent.signal_handler(signal.SIGUSR1, seen.append, "usr1")
    os.kill(os.getpid(), signal.SIGUSR1)
    gevent.sleep(0.1)
    watcher.cancel()
    assert seen == ["usr1"]


def check_threadpool_and_async() -> None:
    """Other threads wake the loop."""
    pool = gevent.get_hub().threadpool
    started = time.monotonic()
    jobs = [pool.spawn(time.sleep, 0.1) for _ in range(5)]
    gevent.joinall(jobs)
    assert time.monotonic() - started < 5
    watcher = gevent.get_hub().loop.async_()
    event = gevent.event.Event()
    watcher.start(event.set)
    pool.spawn(lambda: (time.sleep(0.02), watcher.send()))
    assert event.wait(10)
    watcher.stop()
    watcher.close()


def check_queues_locks_and_pools() -> None:
    queue = gevent.queue.Queue(3)
    results = []

    def produce():
        for number in range(100):
            queue.put(number)
        queue.put(StopIteration)

    producer = gevent.spawn(produce)
    results.extend(queue)
    producer.join()
    assert results == list(range(100))
    pool = gevent.pool.Pool(10)
    assert sorted(pool.imap_unordered(lambda n: n * n, range(100))) == [n * n for n in range(100)]
    lock = gevent.lock.BoundedSemaphore(1)
    with lock:
        assert not lock.acquire(timeout=0.01)
    result = gevent.event.AsyncResult()
    gevent.spawn_later(0.01, result.set, "done")
    assert result.get(timeout=10) == "done"


def check_pipes_and_files() -> None:
    reading, writing = os.pipe()
    reader = gevent.fileobject.FileObjectPosix(reading, "rb")
    writer = gevent.fileobject.FileObjectPosix(writing, "wb", 0)
    job = gevent.spawn(reader.readline)
    gevent.sleep(0.01)
    writer.write(b"line\n")
    assert job.get(timeout=10) == b"line\n"
    reader.close()
    writer.close()


def check_other_watchers() -> None:
    """A struct and a callback each."""
    loop = gevent.get_hub().loop
    # gevent's loop on libuv has no more.
    counts = dict.fromkeys(("idle", "prepare", "check") if LIBRARY == "libev" else ("check",), 0)
    watchers = []
    for name in counts:
        watcher = getattr(loop, name)()

        def count(name=name):
            counts[name] += 1

        watcher.start(count)
        watchers.append(watcher)
    gevent.sleep(0.02)
    for watcher in watchers:
        watcher.stop()
        watcher.close()
    assert all(counts.values()), counts
    with open("watched", "w") as file:
        file.write("x")
    stat = loop.stat("watched", 0.1)
    event = gevent.event.Event()
    stat.start(event.set)
    gevent.sleep(0.15)
    with open("watched", "a") as file:
        file.write("more")
    assert event.wait(20)
    assert stat.attr is not None and stat.path == "watched"
    stat.stop()
    stat.close()


def check_many_greenlets() -> None:
    total = sum(
        job.get(timeout=60)
        for job in [gevent.spawn(lambda n=n: (gevent.sleep(0.001), n)[1]) for n in range(5000)]
    )
    assert total == sum(range(5000))


def check_loops_in_other_threads() -> None:
    import threading

    results = []

    def work():
        gevent.sleep(0.01)
        results.append(gevent.spawn(lambda: 7).get())
        gevent.get_hub().destroy(destroy_loop=True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [7] * 4


def check_a_monkey_patched_program() -> None:
    """In a process of its own: patched sockets, threads, and an orderly end."""
    program = (
        "from gevent import monkey; monkey.patch_all()\n"
        "import threading, queue, socket, time\n"
        "q = queue.Queue()\n"
        "def put(n): time.sleep(0.01); q.put(n)\n"
        "ts = [threading.Thread(target=put, args=[n]) for n in range(9)]\n"
        "[t.start() for t in ts]; [t.join() for t in ts]\n"
        "a, b = socket.socketpair(); a.sendall(b'x'); assert b.recv(1) == b'x'\n"
        "print(sorted(q.get() for _ in ts))\n"
    )
    done = gevent.subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert done.stdout == b"[0, 1, 2, 3, 4, 5, 6, 7, 8]\n", done
    assert done.returncode == 0 and done.stderr == b"", done


def check_fork() -> None:
    pid = gevent.os.fork()
    if pid == 0:
        gevent.sleep(0.01)
        os._exit(7)
    assert os.waitstatus_to_exitcode(gevent.os.waitpid(pid, 0)[1]) == 7
