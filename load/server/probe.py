"""A request to a server before it is measured, and everything that comes in return.

Rules of this module:
- Requests are those of users (`client/target.py`), and responses are read in the same
  way.
- Bytes after the end of a response are counted: they should not have come.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from load.address import Address, url_host
from load.client.deadline_socket import DeadlineSocket
from load.client.head import end_of_head
from load.client.response import Response

SILENCE_S = 0.1  # after a last response, for bytes that should not follow it


class Connection(DeadlineSocket):
    """A connection to a server, for one request after another."""

    def __init__(
        self, address: Address, deadline: float, tick: Callable[[], None]
    ) -> None:
        super().__init__(address, deadline, tick)
        self.host = url_host(address.host)
        self.response = Response()  # the last one
        self.surplus = 0  # bytes that followed it

    def __enter__(self) -> Connection:
        return self

    @property
    def begun(self) -> bool:
        """Whether the last response has begun."""
        return self.response.begun

    def get(self, path: str, last: bool) -> Response:
        """Return the response to a request; after the `last` the server is to close.

        Raises `OSError` and `ResponseError`.
        """
        self.response = response = Response()
        self.send(
            f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nUser-Agent: firstfail\r\n"
            f"Accept: */*\r\nConnection: {'close' if last else 'keep-alive'}\r\n"
            "\r\n".encode()
        )
        received = bytearray()
        while data := self.receive():
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
        """Return data that comes until the server closes or falls silent."""
        try:
            return self.receive(by=time.monotonic() + SILENCE_S)
        except OSError:
            return b""


def _surplus(response: Response, received: bytes) -> int:
    """Return how many bytes follow a response with a Content-Length."""
    head = response.head
    if head is None or head.length is None or received[9:10] == b"1":
        return 0
    end = end_of_head(received)
    return max(len(received) - end - head.length, 0) if end else 0
