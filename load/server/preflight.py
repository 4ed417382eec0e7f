"""The check before a server is measured: it is ready, and it serves its page.

Rules of this module:
- All servers that are measured do the same work. Each has to serve the right bytes
  again and again, over a kept connection and over a new one, and to say where they end.
  One that does not is wrong, whatever its speed.
- Its responses are read as users read them (`client/response.py`). With `load.strict`
  that is not enough: lines of a head have to end with CR LF.
- The whole check has to end within `server.start_s`, even if data drips in slowly.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.address import Address
from load.client import attendance
from load.client.head import Head, ResponseError
from load.client.response import Response
from load.errors import ServerError
from load.host.process import last_line
from load.network.listening import elsewhere
from load.server.probe import Connection
from load.server.running import Server

POLL_S = 0.02
DYING_S = 0.1  # after a broken connection, until a server is seen to have ended
CONNECTIONS = 2
CHARACTERS = 100  # of a header field that are shown
BESIDE_PATH = re.compile(r"^(http:)?//[^/?#]*|#.*", re.IGNORECASE)  # in a URL


@dataclass(frozen=True)
class Page:
    """What has to be served: `body` at `path`, or any body where that is None."""

    path: str
    body: bytes | None
    named: str  # the file that holds the body
    code: str | None = None  # of attendance, where that is served instead

    @classmethod
    def of(cls, config: dict[str, Any], body: Path | None) -> Page:
        """Return the page that a server has to serve; `body` is its file."""
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
        address: Address,
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
        self.served = False  # the page, at least once
        self.bare_lf = False  # whether lines of its heads end with LF alone
        self.last: Connection | None = None  # over which the page was asked for

    def check(self) -> None:
        """Return when the server is ready and has served its page.

        Raises `ServerError` if it does not.
        """
        if self.page.code is not None:
            self._take_attendance(self.page.code)
            return
        self._wait_until_ready()
        for _ in range(CONNECTIONS):
            try:
                self._check_connection()
            except TimeoutError:
                detail = _unfinished(self.last, self.page.path)
                raise self._no_answer("answered, and then did not", detail) from None
            except (OSError, ResponseError) as error:
                self._let_it_die()
                then = "and then does not" if self.served else "with no page"
                raise self._wrong(f"{then}: {error}") from None
        self.server.check_alive("crashed")

    def _wait_until_ready(self) -> None:
        path = self.ready["path"] or self.page.path
        detail = ""
        while time.monotonic() < self.deadline:
            self.tick()
            self.server.check_alive("no-start")
            connection: Connection | None = None
            try:
                with Connection(self.address, self.deadline, self.tick) as connection:
                    status = connection.get(path, last=True).status_code
            except TimeoutError:
                detail = _unfinished(connection, path) or detail
            except OSError:
                pass
            except ResponseError as error:
                # The check of the page reports what is wrong with it.
                if connection and connection.begun and self.ready["path"] is None:
                    return
                detail = f": {path} is answered with: {error}"
            else:
                if status == self.ready["status"] or self.ready["path"] is None:
                    return
                detail = (
                    f": {path} is answered with HTTP {status}, and impl.ready.status "
                    f"is {self.ready['status']}"
                )
            time.sleep(POLL_S)
        raise self._no_answer("did not answer", detail or self._silence())

    def _take_attendance(self, code: str) -> None:
        detail = ""
        while time.monotonic() < self.deadline:
            self.tick()
            self.server.check_alive("no-start")
            try:
                answer = attendance.ask(self.address, code, self.deadline, self.tick)
            except (OSError, ResponseError) as error:
                if isinstance(error, ResponseError):
                    detail = f": {error}"
                time.sleep(POLL_S)
                continue
            if wrong := attendance.wrong_answer(answer):
                raise ServerError("wrong-page", f"the server takes no {code}: {wrong}")
            return
        raise self._no_answer("did not answer", detail or self._silence())

    def _check_connection(self) -> None:
        """Ask for the page, and again if the server keeps the connection."""
        self.last = None
        with Connection(self.address, self.deadline, self.tick) as connection:
            self.last = connection
            kept = self._judge(connection.get(self.page.path, last=False), connection)
            if not kept:
                return
            try:
                again = connection.get(self.page.path, last=True)
            except (ConnectionError, ResponseError):
                if connection.begun:
                    raise
                return  # it has closed the connection, which it may
            self._judge(again, connection)

    def _judge(self, response: Response, connection: Connection) -> bool:
        """Raise if `response` is not the page; return whether another may follow it."""
        head, body = response.head, self.page.body
        assert head is not None
        if not 200 <= head.status < 300:
            raise self._wrong(f"with {_status(head, self.page.path)}")
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
        """Wait a moment after a broken connection; raise if the server has ended."""
        end = time.monotonic() + DYING_S
        while self.server.death() is None and time.monotonic() < end:
            time.sleep(POLL_S)
        self.server.check_alive("crashed")

    def _wrong(self, how: str) -> ServerError:
        return ServerError("wrong-page", f"the server answers {self.page.path} {how}")

    def _silence(self) -> str:
        """Return a remark on a server that has sent nothing at all."""
        where = elsewhere(self.address, self.server.listens_on())
        return f"{where}{last_line(self.server.log)}"

    def _no_answer(self, failure: str, detail: str = "") -> ServerError:
        return ServerError(
            "no-answer",
            f"the server {failure} on {self.address} within "
            f"{self.limit_s:g} s{detail or last_line(self.server.log)}",
        )


def _status(head: Head, path: str) -> str:
    """Return a wrong status in words, with what can be done about it."""
    text = f"HTTP {head.status}"
    if 300 <= head.status < 400 and head.location:
        to = head.location
        return f"{text} to {to[:CHARACTERS]}; {_instead(to, path)}"
    if head.status == 404:
        return f"{text}; set impl.path, if its page is elsewhere"
    return text


def _instead(location: str, path: str) -> str:
    """Return what to do in place of redirecting who asks for a path."""
    if location.lower().startswith("https:"):
        return "serve the page over HTTP"
    if (BESIDE_PATH.sub("", location) or "/") == path:
        return f"answer {path} with the page itself"
    return "set impl.path"


def _unfinished(connection: Connection | None, path: str) -> str:
    """Return what was missing when the time was over, to follow other words."""
    if connection is None or not connection.begun:
        return ""
    missing = connection.response.missing()
    return f": {path} is answered with what does not end: {missing}"


def _first_difference(body: bytes, right: bytes) -> str:
    """Return where a body of the right length goes wrong, to follow other words."""
    if len(body) != len(right):
        return ""
    pairs = enumerate(zip(body, right, strict=True))
    offset = next(offset for offset, (a, b) in pairs if a != b)
    return f": the first that differs is at offset {offset:,}"
