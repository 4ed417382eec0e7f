"""The lean client against servers that do what they should, and what not.

It needs no patching by gevent, so it is tested here, in this process.
"""

from __future__ import annotations

import _socket
import errno
import os
import resource
import socket
import time

import gevent
import psutil
import pytest

from load.client import lean_client as lean
from load.client.lean_client import LeanClient
from load.client.target import RequestError, attendance_target, page_target
from tests.load.scripted import (
    CLOSE,
    OK,
    Behaviour,
    answer,
    close_at_once,
    hang,
    keep,
    reset,
    serving,
)

Failure = tuple[Behaviour, str]


def client(url: str, timeout_s: float = 5) -> LeanClient:
    return LeanClient(page_target(url, "/"), timeout_s)


def kind(asked: LeanClient) -> str:
    with pytest.raises(RequestError) as told:
        asked.ask()
    return str(told.value)


BODIES = {
    "length": (CLOSE % 5 + b"hello",),
    "length in parts": (CLOSE % 5, b"he", b"llo"),
    "chunked": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"3\r\nhel\r\n",
        b"2\r\nlo\r\n0\r\n\r\n",
    ),
    "until it closes": (b"HTTP/1.0 200 OK\r\n\r\nhel", b"lo"),
    "LF alone": (b"HTTP/1.1 200 OK\nContent-Length: 5\n", b"\nhel", b"lo"),
    "after an interim": (b"HTTP/1.1 100 Continue\r\n\r\n", CLOSE % 5 + b"hello"),
}


@pytest.mark.parametrize("parts", BODIES.values(), ids=BODIES)
def test_bodies(parts: tuple[bytes, ...]) -> None:
    with serving(answer(*parts, after=lambda: time.sleep(0.02))) as server:
        got = client(server.url).ask()
    assert (got.status_code, got.content) == (200, b"hello")


def test_large_body() -> None:
    page = os.urandom(3_000_000)
    with serving(keep(page)) as server:
        assert client(server.url).ask().content == page


def begin_and_hang(connection: socket.socket) -> None:
    answer(CLOSE % 9 + b"hel")(connection)
    hang(connection)


FAILURES: dict[str, Failure] = {
    "reset": (reset, "Connection reset by peer"),
    "silence": (hang, "timed out reading"),
    "silence in the body": (begin_and_hang, "timed out reading"),
    "closed": (close_at_once, "no response"),
    "short": (answer(CLOSE % 14_939 + b"hello"), "short body: 5 bytes of 14,939"),
    "no HTTP": (answer(b"hello"), "bad response: no status line"),
}


@pytest.mark.parametrize("behave, text", FAILURES.values(), ids=FAILURES)
def test_failures(behave: Behaviour, text: str) -> None:
    with serving(behave) as server:
        timeout_s = 0.3 if text.startswith("timed out") else 20
        assert kind(client(server.url, timeout_s)) == text
        assert server.accepted == 1  # a new connection's failure is final


def test_refused() -> None:
    with socket.socket() as bound:  # and not listening
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        assert kind(client(url)) == "Connection refused connecting"


def test_full_queue() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listening:
        address = listening.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:  # from now on the kernel drops connection requests
            one.setblocking(False)
            one.connect_ex(address)
        url = f"http://127.0.0.1:{address[1]}"
        assert kind(client(url, timeout_s=0.3)) == "timed out connecting"
        for one in waiting:
            one.close()


def test_no_open_files_left() -> None:
    with serving(keep(b"hello")) as server:
        asking = client(server.url)
        next_free = os.dup(0)
        os.close(next_free)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (next_free, hard))
        try:
            told = kind(asking)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert told == "Too many open files connecting"


def test_no_local_port_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Exhausted(_socket.socket):
        def connect_ex(self, _: object) -> int:
            return errno.EADDRNOTAVAIL

    monkeypatch.setattr(lean._socket, "socket", Exhausted)
    told = kind(client("http://127.0.0.1:9"))
    assert told == "Cannot assign requested address connecting"


def test_no_such_host() -> None:
    assert kind(client("http://no.such.host.invalid")).endswith(" connecting")


def test_a_connection_is_kept_when_the_server_lets_it() -> None:
    with serving(keep(b"hello")) as server:
        asking = client(server.url)
        assert [asking.ask().content for _ in range(5)] == [b"hello"] * 5
        assert server.accepted == 1
    with serving(answer(CLOSE % 5 + b"hello")) as server:
        asking = client(server.url)
        assert [asking.ask().content for _ in range(3)] == [b"hello"] * 3
        assert server.accepted == 3


def test_a_kept_connection_that_was_closed_is_opened_again() -> None:
    with serving(keep(b"first", times=1), keep(b"second")) as server:
        asking = client(server.url)
        assert asking.ask().content == b"first"
        assert asking.ask().content == b"second"
        assert server.accepted == 2


def test_it_is_opened_again_once() -> None:
    with serving(keep(b"first", times=1), close_at_once) as server:
        asking = client(server.url)
        asking.ask()
        assert kind(asking) == "no response"
        assert server.accepted == 2


def test_what_has_begun_is_not_asked_for_again() -> None:
    def half(connection: socket.socket) -> None:
        answer(OK % 5 + b"\r\nhello")(connection)
        answer(OK % 5 + b"\r\nhe")(connection)

    with serving(half) as server:
        asking = client(server.url)
        asking.ask()
        assert kind(asking) == "short body: 2 bytes of 5"
        assert server.accepted == 1


def test_a_time_out_of_a_kept_connection_is_final() -> None:
    def once(connection: socket.socket) -> None:
        answer(OK % 5 + b"\r\nhello")(connection)
        hang(connection)

    with serving(once) as server:
        asking = client(server.url, timeout_s=0.6)
        asking.ask()
        gevent.sleep(0.4)  # the timer of the first wait is still running
        began = time.monotonic()
        assert kind(asking) == "timed out reading"
        assert 0.59 < time.monotonic() - began < 10
        assert server.accepted == 1


def test_the_time_out_is_for_each_read() -> None:
    slow = answer(CLOSE % 5, *[b"x"] * 5, after=lambda: time.sleep(0.2))
    with serving(slow) as server:
        began = time.monotonic()
        assert client(server.url, timeout_s=0.8).ask().content == b"xxxxx"
        assert time.monotonic() - began > 1


def test_many_at_once() -> None:
    """Greenlets ask side by side: none waits for another's response."""
    late = answer(CLOSE % 5 + b"hello", after=lambda: time.sleep(0.3))
    with serving(late) as server:
        began = time.monotonic()
        asked = [gevent.spawn(client(server.url).ask) for _ in range(20)]
        gevent.joinall(asked, raise_error=True)
        assert time.monotonic() - began < 5
        assert server.accepted == 20


def test_a_path_and_an_address() -> None:
    seen = []

    def look(connection: socket.socket) -> None:
        seen.append(connection.recv(9999))
        connection.sendall(CLOSE % 2 + b"hi")

    with serving(look) as server:
        target = page_target(f"{server.url}/base/", "/page?x=1")
        assert LeanClient(target, 5).ask().content == b"hi"
    assert seen[0].startswith(b"GET /base/page?x=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert seen[0].endswith(b"\r\n\r\n")
    assert b"Host: [::1]:80\r\n" in page_target("http://[::1]:80", "/").request


@pytest.mark.parametrize("base", ["https://a", "a:80", "http://", "http://a:b"])
def test_wrong_base(base: str) -> None:
    with pytest.raises(ValueError):
        page_target(base, "/")


def test_what_fails_is_closed() -> None:
    """A file that a client has forgotten to close is one user less in a run."""
    with serving(reset) as server:
        asking = client(server.url)
        kind(asking)
        before = psutil.Process().num_fds()
        for _ in range(20):
            kind(asking)
        # The server closes in threads of its own, and may be a little behind.
        assert psutil.Process().num_fds() < before + 20


@pytest.mark.parametrize("keep_alive, connections", [(True, 1), (False, 3)])
def test_attendance_is_taken_over_one_connection_or_new_ones(
    keep_alive: bool, connections: int
) -> None:
    """Where the server closes, no code is sent over a connection that is dead."""

    def behave(connection: socket.socket) -> None:
        while connection.recv(99):
            connection.sendall(b"OK\n")

    with serving(behave) as server:
        asked = LeanClient(
            attendance_target(f"tcp://127.0.0.1:{server.port}", "1", keep_alive), 5
        )
        assert [asked.ask().content for _ in range(3)] == [b"OK"] * 3
        assert server.accepted == connections
        asked.close()
