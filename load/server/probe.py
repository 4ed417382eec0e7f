"""A request to a server before it is measured, and all that comes in return.

Rules of this module:
- It is asked as users ask (`lean_client.py`), and its response is read as theirs are.
- Beside the response it is told what came that should not have: bytes after its end.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from load.client.deadline_socket import Timed
from load.client.head import end_of_head
from load.client.response import Response

SILENCE_S = 0.1  # after a last response, for what should not follow it


class Connection(Timed):
    """A connection to a server, over which one request follows the other."""

    def __init__(
        self, address: tuple[str, int], deadline: float, tick: Callable[[], None]
    ) -> None:
        super().__init__(address, deadline, tick)
        self.host = address[0]
        self.response = Response()  # the last one
        self.surplus = 0  # bytes that followed it, which nobody had asked for

    def __enter__(self) -> Connection:
        return self

    @property
    def begun(self) -> bool:
        """Whether anything of the last response has come."""
        return self.response.begun

    def get(self, path: str, last: bool) -> Response:
        """Return the response to a request; after the `last` one the server closes.

        Raises `OSError` and `ResponseError`.
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        self.response = response = Response()
        self.send(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: firstfail\r\n"
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
        """Return what comes until the server closes, or falls silent."""
        try:
            return self.receive(by=time.monotonic() + SILENCE_S)
        except OSError:
            return b""


def _surplus(response: Response, received: bytes) -> int:
    """Return how many bytes follow a response whose head says its length."""
    head = response.head
    if head is None or head.length is None or received[9:10] == b"1":
        return 0
    end = end_of_head(received)
    return max(len(received) - end - head.length, 0) if end else 0
