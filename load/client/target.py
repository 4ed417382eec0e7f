"""What a server is asked for: the bytes of a request, and a reader of its response."""

from __future__ import annotations

import functools
import socket
import urllib.parse
from collections.abc import Callable
from typing import Any, Protocol

import gevent

from contract.failures import CONNECTING
from load.client import attendance
from load.client.response import Response


class RequestError(Exception):
    """A request that failed; the text is the kind of failure."""

    def __init__(self, text: str, response: Reply | None = None) -> None:
        super().__init__(text)
        self.response = response


class Reply(Protocol):
    """A reader of an answer as it arrives, such as a `Response`."""

    status_code: int | None
    content: bytes
    keep_alive: bool

    @property
    def begun(self) -> bool: ...
    @property
    def size(self) -> int: ...
    def receive(self, data: bytes) -> bool: ...
    def end(self) -> None: ...


class Target:
    """A server, the request that it is sent, and a reader of its answer."""

    def __init__(
        self, host: str, port: int, request: bytes, reply: Callable[[], Reply]
    ) -> None:
        self.host, self.port = host, port
        self.request = request
        self.reply = reply
        self._addresses: list[tuple[int, Any]] = []

    def addresses(self) -> list[tuple[int, Any]]:
        """Return (family, address) of each address that the host has."""
        if not self._addresses:
            try:
                entries = gevent.get_hub().resolver.getaddrinfo(
                    self.host, self.port, 0, socket.SOCK_STREAM
                )
            except OSError as error:
                raise RequestError(f"{error.strerror}{CONNECTING}") from None
            self._addresses = [(family, address) for family, *_, address in entries]
        return self._addresses


def page_target(base: str, path: str) -> Target:
    """Return a page of a server as a target; `base` is like `http://host:port`."""
    parts = urllib.parse.urlsplit(base)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"{base}: the lean client needs http://HOST:PORT")
    target = parts.path.rstrip("/") + path
    request = (
        f"GET {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n"
        "User-Agent: firstfail\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"
    )
    return Target(parts.hostname, parts.port or 80, request.encode(), Response)


def attendance_target(base: str, code: str, keep_alive: bool) -> Target:
    """Return attendance with a code as a target; `base` is like `tcp://host:port`.

    `keep_alive` is whether the server takes another code after it: no answer says so.
    """
    answer = functools.partial(attendance.Answer, keep_alive)
    return Target(*attendance.split(base), f"{code}\n".encode(), answer)
