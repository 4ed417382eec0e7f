"""When the lean client had a connection and its first byte, against scripted servers.

Servers wait for an event of the test's, so that what comes before it and what after is
known; no time is measured but by the order of moments.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import pytest

from load.client.lean_client import LeanClient
from load.client.target import RequestError, page_target
from tests.load.scripted import CLOSE, OK, answer, hang, keep, reset, serving

HELLO = OK % 5 + b"\r\nhello"


class Gate:
    """A place at which a server waits until it is let through, and says that it is."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.opened.wait(20)

    def open(self) -> float:
        """Let the server through, as soon as it is there; return when that was."""
        until(self.reached.is_set)
        at_s = time.perf_counter()
        self.opened.set()
        return at_s


def until(happens: Callable[[], object]) -> None:
    """Wait while other greenlets go on."""
    deadline = time.monotonic() + 20
    while not happens():
        assert time.monotonic() < deadline
        gevent.sleep(0.005)


def client(port: int, timeout_s: float = 20) -> LeanClient:
    return LeanClient(page_target(f"http://127.0.0.1:{port}", "/"), timeout_s)


@contextmanager
def asking(one: LeanClient) -> Iterator[gevent.Greenlet]:
    """Ask in a greenlet of its own; see that it ends."""
    greenlet = gevent.spawn(one.ask)
    yield greenlet
    assert greenlet.get(timeout=20).content == b"hello"


def moments(one: LeanClient) -> tuple[float, float]:
    assert one.connected_s is not None and one.first_byte_s is not None
    return one.connected_s, one.first_byte_s


def test_connected_before_the_first_byte_and_that_before_the_last() -> None:
    first, second = Gate(), Gate()

    def behave(connection: socket.socket) -> None:
        connection.recv(9999)
        first()
        connection.sendall(CLOSE % 5 + b"he")
        second()
        connection.sendall(b"llo")

    with serving(behave) as server:
        one = client(server.port)
        began_s = time.perf_counter()
        with asking(one):
            until(first.reached.is_set)
            assert one.connected_s is not None
            assert one.first_byte_s is None
            opened_s = first.open()
            until(lambda: one.first_byte_s is not None)
            connected_s, first_byte_s = moments(one)
            assert began_s <= connected_s <= opened_s <= first_byte_s
            second.open()
        assert moments(one) == (connected_s, first_byte_s)  # no later byte is the first
    assert first_byte_s <= time.perf_counter()


def test_a_kept_connection_is_there_at_once() -> None:
    """It is told of as of this request, and not of the one for which it was made."""
    gate = Gate()

    def behave(connection: socket.socket) -> None:
        answer(HELLO)(connection)
        answer(HELLO, after=gate)(connection)

    with serving(behave) as server:
        one = client(server.port)
        one.ask()
        earlier = moments(one)
        began_s = time.perf_counter()
        with asking(one):
            until(gate.reached.is_set)
            assert one.connected_s is not None and one.first_byte_s is None
            assert earlier[1] < began_s <= one.connected_s
            opened_s = gate.open()
        connected_s, first_byte_s = moments(one)
        assert connected_s <= opened_s <= first_byte_s
        assert server.accepted == 1


def test_a_kept_connection_that_was_closed_is_not_the_one_that_it_has() -> None:
    gate = Gate()
    with serving(keep(b"hello", times=1), answer(HELLO, after=gate)) as server:
        one = client(server.port)
        one.ask()
        until(lambda: closed_by_server(one))
        with asking(one):
            until(lambda: server.accepted == 2)
            opened_s = gate.open()
        connected_s, first_byte_s = moments(one)
        assert connected_s <= opened_s <= first_byte_s


def closed_by_server(one: LeanClient) -> bool:
    kept: Any = one._socket
    with contextlib.suppress(BlockingIOError):
        return bool(kept.recv(1, socket.MSG_PEEK) == b"")
    return False


def test_where_it_cannot_connect_again_it_has_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                keep(b"hello", times=1)(connection)

        serving_once = threading.Thread(target=serve)
        serving_once.start()
        one = client(listening.getsockname()[1])
        one.ask()
        serving_once.join()
    with pytest.raises(RequestError, match="Connection refused connecting"):
        one.ask()
    assert (one.connected_s, one.first_byte_s) == (None, None)


def fails(one: LeanClient, text: str) -> tuple[bool, bool]:
    """Return whether it had a connection, and a byte, when it failed so."""
    with pytest.raises(RequestError, match=text):
        one.ask()
    return one.connected_s is not None, one.first_byte_s is not None


def test_nobody_accepts() -> None:
    """One waits in the queue with a connection; the other one is never connected."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        port = listening.getsockname()[1]
        assert fails(client(port, 0.3), "timed out reading") == (True, False)
        with contextlib.ExitStack() as others:
            for _ in range(3):  # from now on the kernel drops connection requests
                other = others.enter_context(socket.socket())
                other.setblocking(False)
                other.connect_ex(("127.0.0.1", port))
            assert fails(client(port, 0.3), "timed out connecting") == (False, False)


def test_nobody_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        assert fails(client(port), "Connection refused connecting") == (False, False)


def begin_and_hang(connection: socket.socket) -> None:
    answer(CLOSE % 9 + b"hel")(connection)
    hang(connection)


@pytest.mark.parametrize(
    "behave, text, begun",
    [
        (hang, "timed out reading", False),
        (begin_and_hang, "timed out reading", True),
        (reset, "Connection reset by peer", False),
        (answer(CLOSE % 9 + b"hel"), "short body", True),
        (answer(b"x"), "bad response", True),
    ],
)
def test_requests_that_fail_on_their_way(
    behave: Callable[[socket.socket], None], text: str, begun: bool
) -> None:
    with serving(behave) as server:
        assert fails(client(server.port, 0.5), text) == (True, begun)


def test_what_a_request_before_has_left_is_forgotten() -> None:
    with serving(answer(CLOSE % 5 + b"hello"), hang) as server:
        one = client(server.port, 0.3)
        one.ask()
        assert fails(one, "timed out reading") == (True, False)
