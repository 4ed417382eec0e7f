"""The client that tries a case on a connection, and tells what it saw.

Rules of this module:
- It needs of a connection what a socket has: `sendall`, `recv`, `shutdown`. So the
  same client tries servers, and a protocol in memory.
- It waits for answers, never for a time; `TimeoutError` from `recv` is an answer too,
  none at all, and only a server that hangs costs it.
"""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Sequence
from typing import Protocol

from benchmarks.conformance.case import END, Case, Mark, Response, request

LAST = request("Connection: close")
_HEAD = re.compile(rb"HTTP/1\.\d (\d{3}) ?[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]+)(?:;[^\r\n]*)?\r\n")


class Connection(Protocol):
    """What is needed of a socket."""

    def sendall(self, data: bytes, /) -> None: ...
    def recv(self, size: int, /) -> bytes: ...
    def shutdown(self, how: int, /) -> None: ...


class _Seen:
    """What came back on a connection."""

    def __init__(self, case: Case, page: bytes) -> None:
        self.case = case
        self.page = page
        self.unread = b""
        self.responses: list[Response] = []
        self.words: list[str] = []
        self.closed = False
        self.late = False

    @property
    def final(self) -> int:
        return sum(response.status >= 200 for response in self.responses)

    def read(self, connection: Connection) -> bool:
        """Read once; return False when there is nothing more to come."""
        if self.closed or self.late:
            return False
        try:
            data = connection.recv(65_536)
        except TimeoutError:
            self.late = True
            return False
        except OSError:
            data = b""
        self.closed = not data
        self.unread += data
        while self.take():
            pass
        return not self.closed

    def take(self) -> bool:
        """Take one response off what was read, if there is a whole one."""
        head = _HEAD.match(self.unread)
        if not head:
            return False
        status = int(head[1])
        lines = [
            line.partition(":") for line in head[2].decode("latin-1").split("\r\n")
        ]
        fields = {name.lower(): value.strip() for name, _, value in lines if name}
        bodiless = status < 200 or status in (204, 304) or self.final < self.case.heads
        found = (b"", head.end()) if bodiless else self.body(fields, head.end())
        if found is None:
            return False
        body, end = found
        self.unread = self.unread[end:]
        self.responses.append(Response(status, fields, body))
        wrong = status == 200 and not bodiless and body != self.page
        self.words.append(f"{status}?" if wrong else str(status))
        return True

    def body(self, fields: dict[str, str], start: int) -> tuple[bytes, int] | None:
        """Return the body and where it ends; None if it has not all arrived."""
        data = self.unread
        if "chunked" in fields.get("transfer-encoding", ""):
            body = b""
            while chunk := _CHUNK.match(data, start):
                end = chunk.end() + int(chunk[1], 16)
                body += data[chunk.end() : end]
                start = end + 2
                if end == chunk.end():
                    return (body, start) if data[end:start] == b"\r\n" else None
            return None
        if "content-length" in fields:
            end = start + int(fields["content-length"])
            return (data[start:end], end) if end <= len(data) else None
        return (data[start:], len(data)) if self.closed else None

    def line(self) -> str:
        words = list(self.words)
        if self.unread:
            words.append("cut" if self.unread.startswith(b"HTTP/1.") else "garbage")
        return " ".join([*words, "closed" if self.closed else "open"])


def observe(case: Case, connection: Connection, page: bytes) -> tuple[str, bool]:
    """Try a case; return what was seen, in one line, and whether it is accepted."""
    seen = _Seen(case, page)
    # The server may have closed it; what it had said before is still there.
    with contextlib.suppress(OSError):
        _converse(case.sent, connection, seen)
    while seen.read(connection):
        pass
    line = seen.line()
    good = bool(re.fullmatch(case.accept, line))
    return line, good and (not seen.responses or case.check(seen.responses))


def _converse(
    sent: Sequence[bytes | Mark], connection: Connection, seen: _Seen
) -> None:
    for piece in sent:
        if isinstance(piece, bytes):
            connection.sendall(piece)
        elif piece is END:
            connection.shutdown(socket.SHUT_WR)
        else:
            while not seen.responses and seen.read(connection):
                pass
    while seen.final < seen.case.answers and seen.read(connection):
        pass
    if sent[-1] is END or seen.closed or seen.late:
        return
    last = seen.responses[-1].fields.get("connection", "") if seen.responses else ""
    if "close" not in last.lower():
        connection.sendall(LAST)
