"""What a server has to show before it is measured: that it is ready, and its page.

Rules of this module:
- What is measured is measured of servers that do the same: each has to serve the
  right bytes again and again, over one connection where it keeps it and over a new
  one, and to say right where they end. One that does not is no slow or fast server
  but a wrong one.
- Its responses are read as users read them (`client/response.py`). With `load.strict`
  that is not enough: lines of a head have to end with CR LF.
- Everything has to happen within `server.start_s`, however it is dripped out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.client import attendance as attend
from load.client.head import Head, ResponseError
from load.client.response import Response
from load.errors import ServerError
from load.host.process import last_line
from load.network.listening import instead_of
from load.server.probe import Connection
from load.server.running import Server

POLL_S = 0.02
DYING_S = 0.1  # for a server whose connection broke to be seen to have ended
CONNECTIONS = 2
CHARACTERS = 100  # of what a head says that are shown


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
        self.strict: bool = config["load"]["strict"]
        self.served = False  # its page, so far
        self.bare_lf = False  # whether lines of its heads end with LF alone
        self.asked: Connection | None = None  # for its page, at last

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
                said = _unfinished(self.asked, self.page.path)
                raise self._no_answer("answered, and then did not", said) from None
            except (OSError, ResponseError) as error:
                self._let_it_die()
                then = "and then does not" if self.served else "with no page"
                raise self._wrong(f"{then}: {error}") from None
        self.server.check_alive("crashed")

    def _wait_until_ready(self) -> None:
        path = self.ready["path"] or self.page.path
        said = ""
        while time.monotonic() < self.deadline:
            self.tick()
            self.server.check_alive("no-start")
            connection: Connection | None = None
            try:
                with Connection(self.address, self.deadline, self.tick) as connection:
                    status = connection.get(path, last=True).status_code
            except TimeoutError:
                said = _unfinished(connection, path) or said
            except OSError:
                pass
            except ResponseError as error:
                # What comes is told of where the page is checked.
                if connection and connection.begun and self.ready["path"] is None:
                    return
                said = f": {path} is answered with: {error}"
            else:
                if status == self.ready["status"] or self.ready["path"] is None:
                    return
                said = (
                    f": {path} is answered with HTTP {status}, and impl.ready.status "
                    f"is {self.ready['status']}"
                )
            time.sleep(POLL_S)
        raise self._no_answer("did not answer", said or self._silence())

    def _take_attendance(self, code: str) -> None:
        said = ""
        while time.monotonic() < self.deadline:
            self.tick()
            self.server.check_alive("no-start")
            try:
                answer = attend.ask(self.address, code, self.deadline, self.tick)
            except (OSError, ResponseError) as error:
                if isinstance(error, ResponseError):
                    said = f": {error}"
                time.sleep(POLL_S)
                continue
            if wrong := attend.judge(answer):
                raise ServerError("wrong-page", f"the server takes no {code}: {wrong}")
            return
        raise self._no_answer("did not answer", said or self._silence())

    def _check_connection(self) -> None:
        """Ask once, and again where the server keeps the connection."""
        self.asked = None
        with Connection(self.address, self.deadline, self.tick) as connection:
            self.asked = connection
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
        head, body = response.head, self.page.body
        assert head is not None
        if not 200 <= head.status < 300:
            raise self._wrong(f"with {_status(head)}")
        if body is not None and head.coding.lower() not in ("", "identity"):
            raise self._wrong(
                f"with Content-Encoding: {head.coding[:CHARACTERS]}, which was not "
                "asked for"
            )
        if head.bare_lf and self.strict:
            raise self._wrong(
                "with lines of its head that end with LF alone, which load.strict "
                "refuses"
            )
        self.bare_lf = self.bare_lf or head.bare_lf
        if connection.surplus:
            raise self._wrong(
                f"with {connection.surplus:,} bytes more than the "
                f"{len(response.content):,} of its Content-Length"
            )
        if body is not None and response.content != body:
            raise self._wrong(
                f"with {len(response.content):,} bytes that are not the "
                f"{len(body):,} of {self.page.named}"
                f"{_first_difference(response.content, body)}"
            )
        self.served = True
        return response.keep_alive

    def _let_it_die(self) -> None:
        """Give a server whose connection broke a moment, and raise if it has ended."""
        end = time.monotonic() + DYING_S
        while self.server.death() is None and time.monotonic() < end:
            time.sleep(POLL_S)
        self.server.check_alive("crashed")

    def _wrong(self, what: str) -> ServerError:
        return ServerError("wrong-page", f"the server answers {self.page.path} {what}")

    def _silence(self) -> str:
        """Return what is to be said of a server from which nothing at all has come."""
        where = instead_of(self.address, self.server.listens_on())
        return f"{where}{last_line(self.server.log)}"

    def _no_answer(self, what: str, said: str = "") -> ServerError:
        return ServerError(
            "no-answer",
            f"the server {what} on {self.address[0]} port {self.address[1]} within "
            f"{self.limit_s:g} s{said or last_line(self.server.log)}",
        )


def _status(head: Head) -> str:
    """Return a status that is no page's as words, with what can be done about it."""
    said = f"HTTP {head.status}"
    if 300 <= head.status < 400 and head.location:
        said += f" to {head.location[:CHARACTERS]}; "
        https = head.location.lower().startswith("https:")
        return said + ("serve the page over HTTP" if https else "set impl.path")
    if head.status == 404:
        return f"{said}; set impl.path, if its page is elsewhere"
    return said


def _unfinished(connection: Connection | None, path: str) -> str:
    """Return what was missing when the time was over, as words to follow."""
    if connection is None or not connection.begun:
        return ""
    missing = connection.response.missing()
    return f": {path} is answered with what does not end: {missing}"


def _first_difference(found: bytes, right: bytes) -> str:
    """Return where bytes of the right number go wrong, as words to follow."""
    if len(found) != len(right):
        return ""
    pairs = enumerate(zip(found, right, strict=True))
    offset = next(offset for offset, (a, b) in pairs if a != b)
    return f": the first that differs is at offset {offset:,}"
