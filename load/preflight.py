"""What a server has to show before it is measured: that it is ready, and its page.

Rules of this module:
- What is measured is measured of servers that do the same: each has to serve the
  right bytes again and again, over one connection where it keeps it and over a new
  one, and to say right where they end. One that does not is no slow or fast server
  but a wrong one.
- It is asked as users ask (`lean.py`), and its responses are read as theirs are.
- Everything has to happen within `server.start_s`.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load import attend
from load.failed import ServerError
from load.process import last_line
from load.response import Response, ResponseError
from load.server import Server

POLL_S = 0.02
SILENCE_S = 0.1  # after a last response, for what should not follow it
CONNECTIONS = 2


@dataclass(frozen=True)
class Page:
    """What has to be served: the body that `path` has, None for any."""

    path: str
    body: bytes | None
    named: str  # the file that holds it
    code: str | None = None  # of attendance, which is what is served then

    @classmethod
    def of(cls, config: dict[str, Any], body: Path | None) -> Page:
        """Return what the server of `config` has to answer with: what `body` holds."""
        path, code = config["impl"]["path"], config["app"]["code"]
        if body is None:
            return cls(path, None, "", code)
        return cls(path, body.read_bytes(), body.name, code)


class Preflight:
    """The requests that a server has to answer before it is measured."""

    def __init__(
        self,
        server: Server,
        config: dict[str, Any],
        address: tuple[str, int],
        page: Page,
        tick: Callable[[], None],
    ) -> None:
        self.server = server
        self.ready = config["impl"]["ready"]
        self.address = address
        self.page = page
        self.tick = tick
        self.limit_s: float = config["server"]["start_s"]
        self.deadline: float = time.monotonic() + self.limit_s

    def check(self) -> None:
        """Return once the server is ready and has served its page; else raise.

        Raises `ServerError`.
        """
        if self.page.code is not None:
            self._take_attendance(self.page.code)
            return
        self._wait_until_ready()
        for _ in range(CONNECTIONS):
            try:
                self._check_connection()
            except TimeoutError:
                raise self._no_answer("answered, and then did not") from None
            except (OSError, ResponseError) as error:
                self._let_it_die()
                raise self._wrong(f"and then does not: {error}") from None
        self.server.check_alive("crashed")

    def _wait_until_ready(self) -> None:
        path = self.ready["path"] or self.page.path
        said = ""
        while (left := self.deadline - time.monotonic()) > 0:
            self.tick()
            self.server.check_alive("no-start")
            try:
                with Connection(self.address, left) as connection:
                    status = connection.get(path, last=True).status_code
            except OSError:
                status = None
            except ResponseError as error:
                # What comes is told of where the page is checked.
                if connection.begun and self.ready["path"] is None:
                    return
                said, status = f": {path} is answered with: {error}", None
            if status is not None:
                if status == self.ready["status"] or self.ready["path"] is None:
                    return
                said = (
                    f": {path} is answered with HTTP {status}, and impl.ready.status "
                    f"is {self.ready['status']}"
                )
            time.sleep(POLL_S)
        raise self._no_answer("did not answer", said)

    def _take_attendance(self, code: str) -> None:
        while (left := self.deadline - time.monotonic()) > 0:
            self.tick()
            self.server.check_alive("no-start")
            try:
                wrong = attend.judge(attend.ask(*self.address, code, left))
            except (OSError, ResponseError):
                time.sleep(POLL_S)
                continue
            if wrong:
                raise ServerError("wrong-page", f"the server takes no {code}: {wrong}")
            return
        raise self._no_answer("did not answer")

    def _check_connection(self) -> None:
        """Ask once, and again where the server keeps the connection."""
        with Connection(self.address, self._left()) as connection:
            kept = self._judge(connection.get(self.page.path, last=False), connection)
            if not kept:
                return
            try:
                again = connection.get(self.page.path, last=True)
            except (ConnectionError, ResponseError):
                if connection.begun:
                    raise
                return  # it has closed after all, as it may
            self._judge(again, connection)

    def _judge(self, response: Response, connection: Connection) -> bool:
        """Raise unless `response` is the page; return whether another can follow."""
        status, body = response.status_code, self.page.body
        assert status is not None
        if status >= 400:
            raise self._wrong(f"with HTTP {status}")
        if connection.surplus:
            raise self._wrong(
                f"with {connection.surplus:,} bytes more than the "
                f"{len(response.content):,} of its Content-Length"
            )
        if body is not None and response.content != body:
            raise self._wrong(
                f"with {len(response.content):,} bytes that are not the "
                f"{len(body):,} of {self.page.named}"
            )
        return response.keep_alive

    def _left(self) -> float:
        return max(self.deadline - time.monotonic(), POLL_S)

    def _let_it_die(self) -> None:
        """Give a server whose connection broke a moment, and raise if it has ended."""
        end = time.monotonic() + SILENCE_S
        while self.server.death() is None and time.monotonic() < end:
            time.sleep(POLL_S)
        self.server.check_alive("crashed")

    def _wrong(self, what: str) -> ServerError:
        return ServerError("wrong-page", f"the server answers {self.page.path} {what}")

    def _no_answer(self, what: str, said: str = "") -> ServerError:
        return ServerError(
            "no-answer",
            f"the server {what} on port {self.address[1]} within "
            f"{self.limit_s:g} s{said or last_line(self.server.log)}",
        )


class Connection:
    """A connection to a server, over which one request follows the other."""

    def __init__(self, address: tuple[str, int], timeout_s: float) -> None:
        self.socket = socket.create_connection(address, timeout_s)
        self.host = address[0]
        self.begun = False  # whether anything of the last response has come
        self.surplus = 0  # bytes that followed it, which nobody had asked for

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def get(self, path: str, last: bool) -> Response:
        """Return the response to a request; after the `last` one the server closes.

        Raises `OSError` and `ResponseError`.
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        self.begun = False
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: firstfail\r\n"
            f"Accept: */*\r\nConnection: {'close' if last else 'keep-alive'}\r\n"
            "\r\n".encode()
        )
        response, received = Response(), bytearray()
        while data := self.socket.recv(65536):
            self.begun = True
            received += data
            if response.receive(data):
                break
        else:
            response.end()
        if last or not response.keep_alive:
            received += self._rest()
        self.surplus = _surplus(response, bytes(received))
        return response

    def _rest(self) -> bytes:
        """Return what comes until the server closes, or falls silent."""
        self.socket.settimeout(SILENCE_S)
        try:
            return self.socket.recv(65536)
        except OSError:
            return b""


def _surplus(response: Response, received: bytes) -> int:
    """Return how many bytes follow a response whose head says its length."""
    head = response.head
    if head is None or head.length is None or received[9:10] == b"1":
        return 0
    end = received.find(b"\r\n\r\n")
    return max(len(received) - (end + 4) - head.length, 0) if end >= 0 else 0
