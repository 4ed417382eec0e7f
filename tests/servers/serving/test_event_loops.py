"""What one thread owes to all its clients: its clock, its turns, and who is who."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from servers.protocol.http import Protocol
from servers.protocol.pages import load_page
from servers.serving.event_connection import Connection
from servers.serving.event_loop import Loop
from servers.serving.poller import READ
from servers.serving.settings import Settings
from tests.servers.conftest import REQUEST, Running, body, read_all, read_response

Start = Callable[..., Running]
OURS = ("select", "poll", "epoll", "epoll_edge")
LOOPS = (*OURS, "event_pool", "reuseport", "asyncio", "asyncio_uvloop")
ONE_THREAD = (*OURS, "asyncio", "asyncio_uvloop")
TIME_OUT_S = 0.6
LAST = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
# A server whose work keeps its only thread for longer than it waits for a request.
BUSY = f"""\
import sys, time
from servers import __main__ as main
from servers.command_line import application
from servers.protocol.steps import Work

lasts = iter([0, {2 * TIME_OUT_S}])  # the second; all others are quick

class Page:
    size = 0

    def answer(self, head):
        return [Work(lambda: time.sleep(next(lasts, 0)) or head)]

application.load_page = lambda *_: Page()
sys.exit(main.main())
"""


@pytest.mark.parametrize("loop", LOOPS)
def test_time_counts_from_when_a_client_comes(
    start: Start, loop: str, page: bytes
) -> None:
    """And not from when the loop has looked at the clock last."""
    server = start(loop, "--request-timeout", f"{TIME_OUT_S}")
    time.sleep(TIME_OUT_S * 1.5)  # in which nobody comes
    with server.connect() as client:
        client.sendall(REQUEST[:10])
        time.sleep(TIME_OUT_S / 2)
        client.sendall(REQUEST[10:])
        assert body(read_all(client)) == page


@pytest.mark.parametrize("loop", ONE_THREAD)
def test_what_comes_while_it_works_is_not_late(start: Start, loop: str) -> None:
    options = ("--keep-alive", "--request-timeout", f"{TIME_OUT_S}")
    server = start(loop, *options, wrapper=BUSY)
    with server.connect() as first, server.connect() as second:
        second.sendall(REQUEST)
        read_response(second)  # now it has TIME_OUT_S for its next request
        second.sendall(REQUEST[:10])
        first.sendall(REQUEST)
        time.sleep(TIME_OUT_S / 4)  # by now it works for the first
        second.sendall(REQUEST[10:])
        for client in (first, second):
            head, _ = read_response(client)
            assert head.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("loop", [*ONE_THREAD, "gevent"])
def test_one_clients_work_is_not_all_that_is_done(
    start: Start, loop: str, page: bytes
) -> None:
    """Another is answered before all that one has asked for at once."""
    server = start(loop, "--keep-alive", "--page", "rendered")
    count = 200
    received = bytearray()
    with server.connect() as greedy:

        def read() -> None:
            while part := greedy.recv(65536):
                received.extend(part)

        reading = threading.Thread(target=read)
        reading.start()
        greedy.sendall(REQUEST * (count - 1) + LAST)
        assert body(server.ask(LAST)) == page
        assert len(received) < count // 2 * len(page)
        reading.join(20)
    assert received.count(page) == count


# One turn of a loop, with a poller that says what is ready.


class Poller:
    """Says that these are ready, once."""

    def __init__(self) -> None:
        self.ready: list[tuple[int, int]] = []
        self.watch = self.change = lambda *_: None
        self.leave = self.closed = lambda _: None

    def wait(self, _seconds: float | None) -> list[tuple[int, int]]:
        ready, self.ready = self.ready, []
        return ready


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A loop whose poller says what it is told to, at a port that is its own."""
    queue = socket.create_server(("127.0.0.1", 0))
    queue.setblocking(False)
    told, tell = os.pipe()

    def accept_now() -> socket.socket | None:
        try:
            accepted, _ = queue.accept()
        except BlockingIOError:
            return None
        accepted.setblocking(False)
        return accepted

    listener: Any = SimpleNamespace(
        socket=queue, stop=told, short=False, accept_now=accept_now
    )
    static = load_page("static")
    settings = Settings(lambda: Protocol(static, True), 60, 60, 1)
    made = Loop(listener, settings, Poller(), 100)
    yield made
    for connection in made.connections.values():
        connection.close()
    queue.close()
    os.close(told)
    os.close(tell)


def connect(loop: Loop) -> tuple[socket.socket, Connection]:
    client = socket.create_connection(loop.listener.socket.getsockname())
    before = set(loop.connections.values())
    loop.accept()
    [connection] = set(loop.connections.values()) - before
    return client, connection


def test_an_event_is_of_who_had_the_descriptor(loop: Loop) -> None:
    """Not of one that is accepted meanwhile and gets the same number."""
    client, old = connect(loop)
    number, order = old.descriptor, []
    again = socket.create_connection(loop.listener.socket.getsockname())

    def collect() -> None:
        order.append("other")
        loop.move(old, old.close)
        loop.accept()
        assert loop.connections[number] is not old

    loop.ready = lambda connection, _: order.append(connection)  # type: ignore[method-assign, assignment]
    loop.others[-1] = collect
    loop.poller.ready = [(-1, READ), (number, READ)]  # type: ignore[attr-defined]
    loop.turn(0)
    assert order == [old, "other"]
    again.close()
    client.close()


def test_whose_turn_it_is_may_be_late(loop: Loop) -> None:
    """Who goes on sending, and asks for nothing, is held for a turn at each look."""
    client, connection = connect(loop)
    client.sendall(b"\r\n" * 10)
    connection.deadline = time.monotonic()
    loop.postpone(connection)
    loop.turn(0)
    assert connection.closed
    client.close()
