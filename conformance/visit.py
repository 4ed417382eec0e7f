"""One case on a server that is running, and the next client after it.

Rules of this module:
- A case has a connection of its own, which is closed before the next one is opened: a
  server may take one client after another.
- After each case the server has to serve the page to the next client. If it does not,
  the case has failed, whatever was seen of it.
- A busy machine fails no case: if the server was late, or a connection was lost, the
  case is tried again, and the server has longer. Those that do not pass then have been
  slow for a reason.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from conformance.cases.case import MUST, SERVED, Case
from conformance.client import LAST, Observed, observe
from load.address import Address
from load.client.deadline_socket import DeadlineSocket

WAIT_S, CLOSING_S = 1.0, 0.3  # for an answer; for the end after the last answer
LONGER = 3  # how many times as long when a case is tried again
RETRIES_S = 20.0  # after so many seconds of retries no case is tried again
MOST_READS = 5  # of a wait: what comes as slowly as that, never ends
MOST_SURPLUS = 1_000_000  # bytes beside the pages of a case
NEXT = Case("the next client", "9110 9.3.1", MUST, SERVED, (LAST,))
TARGET = re.compile(rb"/(\?[^ ]*)? HTTP/1\.")


class Outcome(NamedTuple):
    """What was seen of a case, and whether it has passed."""

    case: Case
    seen: str
    passed: bool = False


class _Connection(DeadlineSocket):
    """A connection of a case, as the client needs it."""

    def __init__(
        self, address: Address, wait_s: float, most: int, tick: Callable[[], None]
    ) -> None:
        super().__init__(address, time.monotonic() + wait_s, tick)
        self.deadline = time.monotonic() + MOST_READS * wait_s
        self.wait_s = wait_s
        self.left = most  # bytes that may still come
        # Pieces are to arrive as pieces.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sendall = self.send
        self.shutdown = self.socket.shutdown
        self.setsockopt = self.socket.setsockopt
        self.close = self.socket.close
        self.fileno = self.socket.fileno

    def recv(self, _size: int) -> bytes:
        by = min(self.deadline, time.monotonic() + self.wait_s)
        if self.left < 0:
            raise TimeoutError
        data = self.receive(by)
        self.left -= len(data)
        return data

    def hurry(self) -> None:
        self.wait_s = CLOSING_S


class Visitor:
    """Tries cases on the server at `address`, which has to serve `page` at `path`."""

    def __init__(
        self, address: Address, path: str, page: bytes | None, tick: Callable[[], None]
    ) -> None:
        self.address = address
        self.path = path.encode()
        self.page = page
        self.tick = tick
        self.wait_s = WAIT_S
        self.retries_left_s = RETRIES_S

    def attempt(self, case: Case) -> Outcome:
        """Try a case; again if there is a doubt."""
        observed = self._patiently(at(case, self.path))
        return Outcome(case, observed.line, observed.good)

    def is_served(self) -> bool:
        """Whether the server serves the next client."""
        return self._patiently(at(NEXT, self.path)).good

    def _patiently(self, case: Case) -> Observed:
        observed = self._observe(case, self.wait_s)
        if observed.good or not observed.doubt or self.retries_left_s <= 0:
            return observed
        began = time.monotonic()
        observed = self._observe(case, LONGER * self.wait_s)
        self.retries_left_s -= time.monotonic() - began
        return observed

    def _observe(self, case: Case, wait_s: float) -> Observed:
        pages = len(self.page or b"") * (case.answers + 3)
        try:
            connection = _Connection(
                self.address, wait_s, pages + MOST_SURPLUS, self.tick
            )
        except OSError:
            return Observed("no connection", False, doubt=True)
        with connection:
            return observe(case, connection, self.page, connection.hurry)


def at(case: Case, path: bytes) -> Case:
    """Return a case of the page at `path`, which all cases have at `/`."""
    if path == b"/":
        return case
    own, _, query = path.partition(b"?")

    def moved(match: re.Match[bytes]) -> bytes:
        queries = b"&".join(filter(None, (query, (match[1] or b"")[1:])))
        target = own + (b"?" + queries if queries else b"")
        return target + b" HTTP/1."

    pieces = [piece for piece in case.sent if isinstance(piece, bytes)]
    if pieces and all(len(piece) == 1 for piece in pieces):  # byte by byte
        whole = TARGET.sub(moved, b"".join(pieces))
        return replace(case, sent=tuple(bytes([byte]) for byte in whole))
    return replace(
        case,
        sent=tuple(
            TARGET.sub(moved, piece) if isinstance(piece, bytes) else piece
            for piece in case.sent
        ),
    )
