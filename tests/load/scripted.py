"""Small servers that do exactly what a test says, with real sockets."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Behaviour = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n"
CLOSE = OK + b"Connection: close\r\n\r\n"


class Server:
    """A server on `port`; `accepted` is how many connections it has had so far."""

    def __init__(self, listening: socket.socket) -> None:
        self.listening = listening
        self.port: int = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.accepted = 0


@contextmanager
def serving(*behaviours: Behaviour) -> Iterator[Server]:
    """Treat each connection, in a thread of its own, by the next of `behaviours`.

    The last one is for all that follow. A connection is closed after it.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        server = Server(listening)

        def treat(connection: socket.socket, behave: Behaviour) -> None:
            # An error is a client that has gone.
            with connection, contextlib.suppress(OSError):
                connection.settimeout(20)
                behave(connection)

        def accept() -> None:
            rest = itertools.chain(behaviours, itertools.repeat(behaviours[-1]))
            for behave in rest:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                server.accepted += 1
                work = threading.Thread(
                    target=treat, args=(connection, behave), daemon=True
                )
                work.start()

        threading.Thread(target=accept, daemon=True).start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)


def answer(*parts: bytes, after: Callable[[], object] = lambda: None) -> Behaviour:
    """Read a request, and send each part once `after` has returned."""

    def behave(connection: socket.socket) -> None:
        if connection.recv(9999):
            for part in parts:
                after()
                connection.sendall(part)

    return behave


def answer_in_turn(users: int, response: bytes) -> Behaviour:
    """Whenever so many users wait, answer the one that has waited for longest."""
    waiting: deque[threading.Event] = deque()
    counting = threading.Lock()

    def behave(connection: socket.socket) -> None:
        if connection.recv(9999):
            turn = threading.Event()
            with counting:
                waiting.append(turn)
                if len(waiting) == users:
                    waiting.popleft().set()
            if turn.wait(60):
                connection.sendall(response)

    return behave


def keep(body: bytes, times: int | None = None) -> Behaviour:
    """Answer request after request with `body`; close after so many `times`."""

    def behave(connection: socket.socket) -> None:
        for _ in itertools.count() if times is None else range(times):
            if not connection.recv(9999):
                return
            connection.sendall(OK % len(body) + b"\r\n" + body)

    return behave


def reset(connection: socket.socket) -> None:
    connection.recv(9999)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(connection: socket.socket) -> None:
    while connection.recv(9999):  # until the client gives up
        pass


def close_at_once(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_WR)
    hang(connection)  # so that a reset does not overtake it
