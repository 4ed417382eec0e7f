"""A client that sends one server the same request, at the least cost per request.

It uses non-blocking sockets on gevent's hub. The bytes of the request are built once,
and no layer lies between the two. Locust's FastHttpUser and HttpUser can do more and
take several times as long.

Rules of this module:
- A request that fails raises `RequestError`. Its text is the kind of failure, the same
  in every run: it has no port and no address.
- A connection is kept if the server lets it. The server may turn out to have closed a
  kept connection before a byte of the response. Then the request is sent again, once,
  on a new connection: a browser does not see that as a failure either.
- The time-out holds for connecting, and again for each wait to send or read.
- For each request it is known when it had a connection and when its first byte came.
- Nothing here knows Locust, and nothing has to be patched by gevent.
"""

from __future__ import annotations

import _socket
import errno
import os
import socket
import time
from typing import Any

import gevent
from gevent.hub import get_hub

from contract.failures import CONNECTING, READING, SENDING, TIMED_OUT
from load.client.head import ResponseError
from load.client.target import Reply, RequestError, Target

READ_BYTES = 65_536
TIMED_OUT_CONNECTING = f"{TIMED_OUT}{CONNECTING}"
TIMED_OUT_READING = f"{TIMED_OUT}{READING}"
TIMED_OUT_SENDING = f"{TIMED_OUT}{SENDING}"
READ, WRITE = 1, 2  # events of the hub's loop
IN_PROGRESS = frozenset((errno.EINPROGRESS, errno.EAGAIN, errno.EALREADY))
# Errors of a kept connection that the server has closed meanwhile.
CLOSED = frozenset((errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN))
# Errors of the first bytes on a new connection that was not established. A reset is not
# among them: it comes after the server's kernel has accepted the connection.
NOT_CONNECTED = frozenset(
    (
        *(errno.ECONNREFUSED, errno.ETIMEDOUT, errno.EHOSTUNREACH),
        *(errno.ENETUNREACH, errno.EHOSTDOWN),
    )
)


class _ClosedError(Exception):
    """The server had closed the kept connection."""


class LeanClient:
    """Sends its target's request, one at a time, over one connection."""

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
        self._waiting: Any = None  # the waiting greenlet, if any
        self._deadline = 0.0
        self._timer: Any = None
        # When the request in flight, or the last one, had a connection, and when its
        # first byte came, by `time.perf_counter()`. None before that.
        self.connected_s: float | None = None
        self.first_byte_s: float | None = None

    def ask(self) -> Reply:
        """Send the request and return its answer; raise `RequestError` without one."""
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
            return None  # it was readable, and is not any more
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
                # On one host it is often done by now, and a look costs less than a
                # wait.
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

        To stop a timer costs more than the wait. So it is left to run out, and then
        looks whether anything is late.
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
        """End a wait that takes too long; called in the hub when the timer runs out."""
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
