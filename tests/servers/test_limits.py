"""Out of descriptors, processes or threads: it waits, without spinning, and goes on.

Nor does an application that fails take the server with it.
"""

from __future__ import annotations

import contextlib
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.conftest import is_alive
from tests.servers.conftest import (
    ONE_AT_A_TIME,
    POOLS,
    REQUEST,
    WORKER_EACH,
    Running,
    body,
    read_all,
)

Start = Callable[..., Running]
NEED_WORKERS = (
    *(*WORKER_EACH, *POOLS, "multiprocess_join", "multithread_join"),
    *("event_pool", "reuseport"),
)
# A server that gets no process and no thread from when it listens. Root has no limit
# on these, so it gives that up; it could not load its modules had it done so before.
# Each line of its input is the limit from then on.
WITHOUT_WORKERS = """\
import os, resource, sys, threading
"".encode("idna")  # what listening loads
from servers import __main__ as main

def follow():
    for line in sys.stdin:
        _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
        soft = hard if line == "all\\n" else 0
        resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))

def listen(*where, listen=main.Listener):
    if os.getuid() == 0:  # all sockets of a port have to be the same user's
        os.setgid(65534)
        os.setuid(65534)
    return listen(*where)

def announce(listener, name, scheme, announce=main.announce):
    threading.Thread(target=follow, daemon=True).start()
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, hard))
    announce(listener, name, scheme)

main.Listener, main.announce = listen, announce
sys.exit(main.main())
"""
# CPU time in a third of a second of waiting; whatever spins takes all of it.
IDLE_S, IDLE_CPU_S = 0.3, 0.1
MOST_STRETCHES = 20


def assert_idle(server: Running) -> None:
    """What it has still to do takes a while on a busy machine, and then it is idle."""
    used_s = [server.cpu_s()]
    while len(used_s) == 1 or used_s[-1] - used_s[-2] >= IDLE_CPU_S:
        assert server.process.poll() is None
        assert len(used_s) < MOST_STRETCHES, used_s
        time.sleep(IDLE_S)
        used_s.append(server.cpu_s())


@pytest.mark.parametrize("kind", ["static", "file"])
def test_few_open_files(
    start: Start, architecture: str, kind: str, page: bytes
) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))

    server = start(architecture, "--page", kind, preexec_fn=limit)
    clients = [server.connect() for _ in range(60)]
    assert_idle(server)
    for client in clients:
        client.sendall(REQUEST)
    for client in clients:
        with client:
            assert body(read_all(client)) == page
    assert server.stop() == 0


def test_who_asks_often_and_reads_nothing_has_one_file(
    start: Start, architecture: str, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    large = tmp_path / "large"  # one answer is more than the sockets take
    large.write_bytes(bytes(10_000_000))
    server = start(
        *(architecture, "--keep-alive", "--page", "file", "--page-file", str(large)),
        *("--response-timeout", "60"),
    )

    def opened() -> float:
        # The one that each process has from the start is not counted.
        return server.sum(
            lambda one: sum(file.path == str(large) for file in one.open_files()) - 1
        )

    with server.connect() as client:
        client.sendall(REQUEST * 200)
        eventually(lambda: opened() == 1)
        assert_idle(server)
        assert opened() == 1
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    eventually(lambda: opened() == 0)


# A server whose work lasts, and is not to be interrupted.
WORKS_ON = """\
import sys, time
from servers import __main__ as main
from servers.command_line import application
from servers.protocol.steps import Work

class Page:
    size = 0

    def answer(self, head):
        return [Work(lambda: time.sleep(60) or head)]

application.load_page = lambda *_: Page()
sys.exit(main.main())
"""


@pytest.mark.parametrize("workers", [w for w in NEED_WORKERS if w != "reuseport"])
def test_stops_with_all_workers_at_work(
    start: Start, workers: str, eventually: Callable[..., None]
) -> None:
    """The grace bounds what they do, and they do not keep the server."""
    bound = () if workers in ONE_AT_A_TIME else ("--max-workers", "1")
    server = start(workers, *bound, "--grace", "0.2", wrapper=WORKS_ON)
    with server.connect() as client:
        client.sendall(REQUEST)
        eventually(lambda: server.connections() == 1)
        with server.connect() as waiting:
            waiting.sendall(REQUEST)
            assert_idle(server)
            family = server.family()
            assert server.stop() == 0
    eventually(lambda: not any(map(is_alive, family)))


@pytest.mark.parametrize("forking", ["multiprocess", "multiprocess_join", "prefork"])
def test_started_where_children_are_not_waited_for(
    start: Start, forking: str, page: bytes, eventually: Callable[..., None]
) -> None:
    """Whoever starts it may ignore SIGCHLD, and that is inherited."""

    def ignore() -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    few = () if forking == "multiprocess_join" else ("--max-workers", "1")
    server = start(forking, *few, preexec_fn=ignore)
    for _ in range(3):
        assert body(server.ask()) == page
    if forking == "prefork":
        _, child = server.family()
        child.kill()
        eventually(lambda: not child.is_running() and len(server.family()) == 2)
        assert body(server.ask()) == page
    assert server.stop() == 0


NEWBORN = """\
import os, signal
from servers.serving.listener import Listener
from servers.serving.processes import fork

def held():
    return signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, [])

def work():
    assert held()
    os.kill(os.getpid(), signal.SIGTERM)
    listener.leave_to_parent()
    assert not held() and not listener.stopping()

listener = Listener("127.0.0.1", 0, 1)
child = fork(work)
assert not held()
assert os.waitpid(child, 0)[1] == 0
assert not listener.stopping()
"""


def test_a_signal_to_a_child_just_forked_is_its_own(root: Path) -> None:
    subprocess.run([sys.executable, "-c", NEWBORN], cwd=root, check=True, timeout=20)


@pytest.mark.parametrize("workers", NEED_WORKERS)
def test_no_worker_to_be_had(start: Start, workers: str, page: bytes) -> None:
    """It waits for one, and goes on when there is."""
    server = start(workers, wrapper=WITHOUT_WORKERS, stdin=subprocess.PIPE)
    limits = server.process.stdin
    assert limits is not None
    with server.connect() as client:
        client.sendall(REQUEST)
        assert_idle(server)
        print("all", file=limits, flush=True)
        assert body(read_all(client)) == page
    limits.close()
    assert server.stop() == 0


@pytest.mark.parametrize("workers", NEED_WORKERS)
def test_stops_without_a_worker(start: Start, workers: str) -> None:
    server = start(workers, wrapper=WITHOUT_WORKERS, stdin=subprocess.PIPE)
    with server.connect() as client:
        client.sendall(REQUEST)
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert server.stop() == 0


@pytest.mark.parametrize("workers", [*WORKER_EACH, *POOLS])
def test_bound_on_workers(
    start: Start, workers: str, page: bytes, eventually: Callable[..., None]
) -> None:
    server = start(workers, "--max-workers", "3")
    me = psutil.Process(server.process.pid)

    def count() -> int:
        return len(me.children()) + me.num_threads() - 1

    holding = [server.connect() for _ in range(3)]
    eventually(lambda: server.connections() == 3 and count() == 3)
    with server.connect() as waiting:
        waiting.sendall(REQUEST)
        waiting.settimeout(0.5)
        with pytest.raises(TimeoutError):
            waiting.recv(1)
        assert count() == 3
        holding.pop().close()
        waiting.settimeout(15)
        assert body(read_all(waiting)) == page
    for client in holding:
        client.close()
    # Of those that were started for a connection none is left, not even as a zombie.
    eventually(lambda: count() == (3 if workers in POOLS else 0))


@pytest.mark.parametrize("workers", ["multiprocess", "prefork", "reuseport"])
def test_children_die_with_a_killed_parent(
    start: Start, workers: str, eventually: Callable[..., None]
) -> None:
    server = start(workers)
    with server.connect():
        eventually(lambda: server.connections() == 1 and len(server.family()) > 1)
        _, *children = server.family()
        server.process.kill()
        server.process.wait()
        eventually(lambda: not any(map(is_alive, children)))


def test_children_that_die_are_replaced_one_by_one(
    start: Start, page: bytes, eventually: Callable[..., None]
) -> None:
    server = start("prefork", "--max-workers", "6")
    eventually(lambda: len(server.family()) == 7)
    _, *children = server.family()
    began = time.monotonic()
    for child in children:
        child.kill()
    psutil.wait_procs(children)
    eventually(lambda: len(server.family()) == 7)
    assert time.monotonic() - began >= 0.5  # a tenth of a second between two
    assert body(server.ask()) == page
    assert server.stop() == 0


def test_select_outlives_more_clients_than_it_can_watch(
    start: Start, page: bytes
) -> None:
    needed = 2_300
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), max(hard, needed)))
    server = start("select", "--backlog", "2000", "--request-timeout", "60")
    clients = [server.connect() for _ in range(2_000)]
    assert_idle(server)
    # The first thousand are answered, and make room for the others.
    for client in clients:
        client.sendall(REQUEST)
    for client in clients:
        with client:
            assert body(read_all(client)) == page
    assert server.stop() == 0


# A server whose application raises where it is asked to.
RAISES = """\
import sys
from servers import __main__ as main
from servers.protocol import http

def receive(self, data, receive=http.Protocol.receive):
    if b"/raise" in data:
        raise LookupError("as asked")
    return receive(self, data)

http.Protocol.receive = receive
sys.exit(main.main())
"""


def test_application_that_raises_ends_one_connection_alone(
    start: Start, architecture: str, page: bytes
) -> None:
    server = start(architecture, wrapper=RAISES, stderr=subprocess.PIPE)
    with contextlib.suppress(ConnectionError):
        assert server.ask(REQUEST.replace(b" / ", b" /raise ")) == b""
    assert body(server.ask()) == page
    assert server.stop() == 0
    told = server.process.stderr
    assert told is not None
    assert told.read().count("LookupError: as asked") == 1


def test_application_that_raises_where_nobody_is_told(
    start: Start, architecture: str, page: bytes
) -> None:
    """No worker is lost with what it could not say."""
    few = ("--max-workers", "1") if architecture in POOLS else ()
    server = start(architecture, *few, wrapper=RAISES, stderr=subprocess.PIPE)
    assert server.process.stderr
    server.process.stderr.close()
    for _ in range(2):
        with contextlib.suppress(ConnectionError):
            assert server.ask(REQUEST.replace(b" / ", b" /raise ")) == b""
    assert body(server.ask()) == page
    assert server.stop() == 0
