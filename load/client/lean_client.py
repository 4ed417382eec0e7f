"""A client that asks one server one thing, at the least cost a request.

The way of it: non-blocking sockets on gevent's hub, the request's bytes built
once, and no layer between the two. The peers are Locust's FastHttpUser and
HttpUser, which can do more and take several times as long.

Rules of this module:
- A request that fails raises `RequestError`; its text is the kind of failure,
  the same in every run: no port, no address.
- A connection is kept when the server lets it. When the server turns out to
  have closed one that was kept, before a byte of the response, the request is
  sent again, once, on a new one: that is no failure to a browser either.
- The time-out holds for connecting, and again for each wait to send or read.
- Of each request it is known when it was connected, and when its first byte came.
- Nothing here knows Locust, and nothing has to be patched by gevent.
"""

from __future__ import annotations

import _socket
import errno
import functools
import os
import socket
import time
import urllib.parse
from collections.abc import Callable
from typing import Any, Protocol

import gevent
from gevent.hub import get_hub

from contract.failures import CONNECTING, READING, SENDING, TIMED_OUT
from load.client import attendance as attend
from load.client.head import ResponseError
from load.client.response import Response

READ_BYTES = 65_536
TIMED_OUT_CONNECTING = f"{TIMED_OUT}{CONNECTING}"
TIMED_OUT_READING = f"{TIMED_OUT}{READING}"
TIMED_OUT_SENDING = f"{TIMED_OUT}{SENDING}"
READ, WRITE = 1, 2  # events of the hub's loop
IN_PROGRESS = frozenset((errno.EINPROGRESS, errno.EAGAIN, errno.EALREADY))
# What a kept connection answers when the server has closed it meanwhile.
CLOSED = frozenset((errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN))
# What the first bytes on a new connection meet when it has not come about. A
# reset is not among these: it comes after the server's kernel has accepted.
NOT_CONNECTED = frozenset(
    (
        *(errno.ECONNREFUSED, errno.ETIMEDOUT, errno.EHOSTUNREACH),
        *(errno.ENETUNREACH, errno.EHOSTDOWN),
    )
)


class RequestError(Exception):
    """A request that failed; the text is the kind of failure."""

    def __init__(self, text: str, response: Reply | None = None) -> None:
        super().__init__(text)
        self.response = response


class _ClosedError(Exception):
    """The server had closed the connection that was kept."""


class Reply(Protocol):
    """What reads an answer as it arrives, such as a `Response`."""

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
    """A server, the bytes that it is asked with, and what reads its answer."""

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
                found = gevent.get_hub().resolver.getaddrinfo(
                    self.host, self.port, 0, socket.SOCK_STREAM
                )
            except OSError as error:
                raise RequestError(f"{error.strerror}{CONNECTING}") from None
            self._addresses = [(family, address) for family, *_, address in found]
        return self._addresses


def page(base: str, path: str) -> Target:
    """Return a page of a server as a target: `base` is as `http://host:port`."""
    parts = urllib.parse.urlsplit(base)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"{base}: the lean client needs http://HOST:PORT")
    target = parts.path.rstrip("/") + path
    request = (
        f"GET {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n"
        "User-Agent: firstfail\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"
    )
    return Target(parts.hostname, parts.port or 80, request.encode(), Response)


def roll(base: str, code: str, keep_alive: bool) -> Target:
    """Return attendance with a code as a target: `base` is as `tcp://host:port`.

    No answer says whether the server takes another code after it: `keep_alive` does.
    """
    answer = functools.partial(attend.Answer, keep_alive)
    return Target(*attend.split(base), f"{code}\n".encode(), answer)


class Client:
    """Asks its target, one request at a time, over one connection."""

    __slots__ = (
        *("_deadline", "_loop", "_readable", "_socket", "_target"),
        *("_timeout_s", "_timer", "_waiting", "_hub"),
        *("connected_s", "first_byte_s"),
    )

    def __init__(self, target: Target, timeout_s: float) -> None:
        self._target = target
        self._timeout_s = timeout_s
        self._hub = get_hub()
        self._socket: _socket.socket | None = None
        self._readable: Any = None
        self._waiting: Any = None  # the greenlet that waits, if any
        self._deadline = 0.0
        self._timer: Any = None
        # Of the request in flight, or the last one, by `time.perf_counter()`: when it
        # had a connection, and when the first byte came; None before that.
        self.connected_s: float | None = None
        self.first_byte_s: float | None = None

    def ask(self) -> Reply:
        """Ask once; raise `RequestError` where it is not answered."""
        self.connected_s = self.first_byte_s = None
        if self._socket is not None:
            self.connected_s = time.perf_counter()
            try:
                return self._exchange(self._socket, kept=True)
            except _ClosedError:
                self.close()
                self.connected_s = None
        connection = self._connect()
        self.connected_s = time.perf_counter()
        return self._exchange(connection, kept=False)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._readable.close()
            self._socket.close()
            self._socket = None

    def _exchange(self, connection: _socket.socket, kept: bool) -> Reply:
        """Send the request and read its response."""
        response = self._target.reply()
        reusable = False
        try:
            self._send(connection)
            while True:
                self._wait(self._readable, TIMED_OUT_READING)
                data = self._read(connection)
                if data is None:
                    continue
                if not data:
                    if kept and not response.begun:
                        raise _ClosedError
                    response.end()
                    return response
                if response.receive(data):
                    reusable = response.keep_alive
                    return response
        except ResponseError as error:
            raise RequestError(str(error), response) from None
        except RequestError as error:
            error.response = response
            raise
        except OSError as error:
            if kept and not response.begun and error.errno in CLOSED:
                raise _ClosedError from None
            text = os.strerror(error.errno or 0)
            if not kept and error.errno in NOT_CONNECTED and not response.begun:
                text += CONNECTING
            raise RequestError(text, response) from None
        finally:
            if not reusable:
                self.close()

    def _send(self, connection: _socket.socket) -> None:
        unsent = self._target.request
        while True:
            try:
                sent = connection.send(unsent)
            except BlockingIOError:
                sent = 0
            if sent == len(unsent):
                return
            unsent = unsent[sent:]
            self._wait_for(WRITE, connection, TIMED_OUT_SENDING)

    def _read(self, connection: _socket.socket) -> bytes | None:
        try:
            data = connection.recv(READ_BYTES)
        except BlockingIOError:
            return None  # it was readable, and is no more
        if self.first_byte_s is None and data:
            self.first_byte_s = time.perf_counter()
        return data

    def _connect(self) -> _socket.socket:
        """Connect to the first address that answers."""
        first: RequestError | None = None
        for family, address in self._target.addresses():
            try:
                return self._connect_to(family, address)
            except RequestError as error:
                first = first or error
        assert first is not None
        raise first

    def _connect_to(self, family: int, address: Any) -> _socket.socket:
        try:
            connection = _socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            raise _not_connected(error.errno) from None
        connected = False
        try:
            connection.setblocking(False)
            problem = connection.connect_ex(address)
            if problem in IN_PROGRESS:
                # On one host it is done by now, and asking costs less than
                # waiting does.
                try:
                    connection.getpeername()
                    problem = 0
                except OSError:
                    self._wait_for(WRITE, connection, TIMED_OUT_CONNECTING)
                    problem = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if problem:
                raise _not_connected(problem)
            connected = True
        except OSError as error:
            raise _not_connected(error.errno) from None
        finally:
            if not connected:
                connection.close()
        self._socket = connection
        self._readable = self._hub.loop.io(connection.fileno(), READ)
        return connection

    def _wait_for(self, event: int, connection: _socket.socket, late: str) -> None:
        watcher = self._hub.loop.io(connection.fileno(), event)
        try:
            self._wait(watcher, late)
        finally:
            watcher.close()

    def _wait(self, watcher: Any, late: str) -> None:
        """Wait for `watcher`, for the time-out at most.

        The timer is not stopped when a wait is over, which would cost more than
        the wait: it runs out, and looks whether anything is late.
        """
        self._deadline = time.monotonic() + self._timeout_s
        if self._timer is None:
            self._start_timer(self._timeout_s)
        self._waiting = gevent.getcurrent()
        try:
            self._hub.wait(watcher)
        except TimeoutError:
            raise RequestError(late) from None
        finally:
            self._waiting = None

    def _start_timer(self, after_s: float) -> None:
        self._timer = self._hub.loop.timer(after_s, ref=False)
        self._timer.start(self._look)

    def _look(self) -> None:
        """Throw what is late out of its wait; in the hub, when the timer is over."""
        self._timer.close()
        self._timer = None
        if self._waiting is None:
            return
        left = self._deadline - time.monotonic()
        if left > 0:
            self._start_timer(left)
        else:
            self._waiting.throw(TimeoutError())


def _not_connected(number: int | None) -> RequestError:
    return RequestError(f"{os.strerror(number or 0)}{CONNECTING}")
