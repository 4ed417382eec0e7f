"""All architectures, as real processes: what they share, and what tells them apart."""

from __future__ import annotations

import os
import resource
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.servers.conftest import REQUEST, Running, read_all, read_response

Start = Callable[..., Running]
KEPT = REQUEST  # HTTP/1.1 keeps a connection unless told otherwise


@pytest.fixture(scope="session")
def page(root: Path) -> bytes:
    return (root / "servers" / "page.html").read_bytes()


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("kind", ["static", "rendered"])
def test_page_is_exact(start: Start, architecture: str, kind: str, page: bytes) -> None:
    server = start(architecture, "--page", kind)
    answer = server.ask()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body(answer) == page
    assert body(server.ask(REQUEST.replace(b"GET", b"HEAD"))) == b""
    assert server.ask(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 404")


def test_listens_on_ipv6(start: Start, architecture: str, page: bytes) -> None:
    server = start(architecture, "--host", "::1")
    assert body(server.ask()) == page


def test_many_at_once(start: Start, architecture: str, page: bytes) -> None:
    server = start(architecture)
    clients = [server.connect() for _ in range(60)]
    for client in clients:
        client.sendall(REQUEST)
    for client in clients:
        with client:
            assert body(read_all(client)) == page


def test_keep_alive_and_pipelining(
    start: Start, architecture: str, page: bytes
) -> None:
    server = start(architecture, "--keep-alive")
    with server.connect() as client:
        for _ in range(3):
            client.sendall(KEPT)
            assert read_response(client)[1] == page
        last = KEPT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        client.sendall(KEPT + KEPT + last)
        assert read_all(client).count(page) == 3


def test_request_in_pieces(start: Start, architecture: str, page: bytes) -> None:
    server = start(architecture)
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in REQUEST:
            client.sendall(bytes([byte]))
        assert body(read_all(client)) == page


def test_response_taken_slowly(start: Start, architecture: str, page: bytes) -> None:
    """Partial writes: pipelined pages that no socket's buffer holds at once."""
    server = start(architecture, "--keep-alive")
    count = 400  # about 6 MB
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(15)
        client.connect((server.host, server.port))
        last = KEPT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        client.sendall(KEPT * (count - 1) + last)
        assert read_all(client).count(page) == count


def test_slow_request_is_408(start: Start, architecture: str) -> None:
    server = start(architecture, "--request-timeout", "0.3")
    with server.connect() as silent, server.connect() as slow:
        slow.sendall(b"GET / HT")
        assert read_all(slow).startswith(b"HTTP/1.1 408 ")
        assert read_all(silent) == b""


def test_error_reaches_a_client_that_still_sends(
    start: Start, architecture: str
) -> None:
    server = start(architecture)
    with server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
        client.sendall(b"x" * 300_000)
        assert read_all(client).startswith(b"HTTP/1.1 405 ")


def test_resets_harm_nobody(start: Start, architecture: str, page: bytes) -> None:
    server = start(architecture, "--keep-alive")
    for sent in (b"", b"GET /", REQUEST, REQUEST * 50):
        with server.connect() as client:
            client.sendall(sent)
            # Closing then sends a reset instead of an end.
            client.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
    last = KEPT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert body(server.ask(last)) == page
    assert server.stop() == 0


def test_idle_client_holds_up_single_alone(
    start: Start, architecture: str, page: bytes
) -> None:
    server = start(architecture)
    with server.connect(), server.connect() as second:
        second.sendall(REQUEST)
        if architecture != "single":
            assert body(read_all(second)) == page
            return
        second.settimeout(0.5)
        with pytest.raises(TimeoutError):
            second.recv(1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stops_cleanly(
    start: Start,
    architecture: str,
    number: int,
    page: bytes,
    eventually: Callable[..., None],
) -> None:
    """What is in flight is served, who has asked nothing is left, no child stays."""
    server = start(architecture, "--keep-alive", "--grace", "5")
    me = psutil.Process(server.process.pid)

    def served() -> int:
        if architecture == "multithread":
            return me.num_threads() - 1
        # The listening socket, and the connections.
        return len(me.children()) or len(me.net_connections()) - 1

    with server.connect() as client:
        client.sendall(REQUEST[:10])
        eventually(lambda: served() == 1)
        with server.connect() as idle:
            if architecture != "single":  # whose second client waits in the queue
                eventually(lambda: served() == 2)
            children = me.children()
            server.process.send_signal(number)
            if architecture != "single":
                assert idle.recv(1) == b""
            client.sendall(REQUEST[10:])
            assert read_response(client)[1] == page
    assert server.process.wait(timeout=10) == 0
    assert not any(child.is_running() for child in children)
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_grace_is_bounded(start: Start, architecture: str) -> None:
    server = start(architecture, "--grace", "0.2")
    with server.connect() as client:
        client.sendall(b"GET /")
        assert server.stop() == 0


def test_ctrl_c_reaches_the_whole_group(start: Start, architecture: str) -> None:
    server = start(architecture, "--grace", "0.2", start_new_session=True)
    with server.connect() as client:
        client.sendall(b"GET /")
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(timeout=10) == 0


@pytest.mark.parametrize("workers", ["multiprocess", "multithread"])
def test_bound_on_workers(
    start: Start, workers: str, page: bytes, eventually: Callable[..., None]
) -> None:
    server = start(workers, "--max-workers", "3")
    me = psutil.Process(server.process.pid)

    def count() -> int:
        return len(me.children()) if workers == "multiprocess" else me.num_threads() - 1

    holding = [server.connect() for _ in range(3)]
    eventually(lambda: count() == 3)
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
    eventually(lambda: count() == 0)  # none is left, not even as a zombie


def test_children_die_with_a_killed_parent(
    start: Start, eventually: Callable[..., None]
) -> None:
    server = start("multiprocess")
    me = psutil.Process(server.process.pid)
    with server.connect():
        eventually(me.children)
        [child] = me.children()
        server.process.kill()
        server.process.wait()
        eventually(lambda: not child.is_running())


def test_select_outlives_more_clients_than_it_can_watch(
    start: Start, page: bytes
) -> None:
    needed = 2_300
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), max(hard, needed)))
    server = start("select", "--backlog", "2000", "--request-timeout", "60")
    clients = [server.connect() for _ in range(2_000)]
    assert server.process.poll() is None
    # The first thousand are answered, and make room for the others.
    for client in clients:
        client.sendall(REQUEST)
    for client in clients:
        with client:
            assert body(read_all(client)) == page
    assert server.stop() == 0


def test_few_open_files(start: Start, architecture: str, page: bytes) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))

    server = start(architecture, preexec_fn=limit)
    clients = [server.connect() for _ in range(60)]
    for client in clients:
        client.sendall(REQUEST)
    for client in clients:
        with client:
            assert body(read_all(client)) == page
    assert server.stop() == 0


WRONG = {
    "architecture": (["sellect"], "sellect"),
    "option": (["select", "--bakclog", "3"], "--bakclog"),
    "another's option": (["select", "--max-workers", "3"], "--max-workers"),
    "port": (["select", "--port", "70000"], "70000"),
    "no number": (["select", "--port", "http"], "http"),
    "backlog": (["select", "--backlog", "0"], "0"),
    "page": (["select", "--page", "dynamic"], "static"),
    "time": (["select", "--grace", "-1"], "-1"),
    "no address": (["select", "--host", "256.1.1.1"], "256.1.1.1"),
    "not ours": (["select", "--host", "192.0.2.1"], "192.0.2.1"),
    "workers": (["multithread", "--max-workers", "0"], "0"),
    "nothing": ([], "architecture"),
}


@pytest.mark.parametrize("words, named", WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_line(root: Path, words: list[str], named: str) -> None:
    assert_one_line(root, words, named)


def test_port_in_use_is_one_line(root: Path, start: Start, architecture: str) -> None:
    port = str(start("single").port)
    assert_one_line(root, [architecture, "--port", port], port)


def assert_one_line(root: Path, words: list[str], named: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "servers", *words],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert named in done.stderr
