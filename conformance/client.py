"""The client that tries a case on a connection, and tells what it saw.

Rules of this module:
- It needs of a connection what a socket has. So the same client tries servers, and a
  protocol in memory.
- It waits for answers, and not for a time, unless the case is a slow client's.
  `TimeoutError` from `recv` is an answer too, none at all, and only a server that hangs
  costs it.
- A server that has answered all and does not close would cost each case that time.
  `hurry` is called when nothing but the end is awaited. Then an open connection counts
  as closed, unless the case is about its end.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from conformance.cases.case import END, LEAVE, PAUSE, Case, Mark, Response, request

LAST = request("Connection: close")
PAUSE_S = 0.05
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets
_HEAD = re.compile(rb"HTTP/1\.(\d) (\d{3}) ?[^\r\n]*\r?\n((?:[^\r\n]+\r?\n)*)\r?\n")
MOST_DIGITS = 18  # of a length that is believed
# A size may have zeros before it. One of more digits is no place in any bytes.
_CHUNK = re.compile(rb"(0*[0-9A-Fa-f]{1,15})(?:;[^\r\n]*)?\r\n")


class Connection(Protocol):
    """What is needed of a socket."""

    def sendall(self, data: bytes, /) -> None: ...
    def recv(self, size: int, /) -> bytes: ...
    def shutdown(self, how: int, /) -> None: ...
    def setsockopt(self, level: int, name: int, value: bytes, /) -> None: ...
    def close(self) -> None: ...
    def fileno(self) -> int: ...


class Observed(NamedTuple):
    """What was seen of a case, in one line, and whether the case accepts it.

    It is in `doubt` if the server was late, or the connection was lost: a busy machine
    may be the cause.
    """

    line: str
    good: bool
    doubt: bool = False


class _Seen:
    """What came back on a connection."""

    def __init__(
        self, case: Case, page: bytes | None, hurry: Callable[[], None] | None
    ) -> None:
        self.case = case
        self.page = page
        self.hurry = hurry
        self.unread = b""
        self.responses: list[Response] = []
        self.words: list[str] = []
        self.closed = self.late = self.lost = self.left = False
        self.awaited: int | None = None  # final responses, after which all is said

    @property
    def final(self) -> int:
        return sum(response.status >= 200 for response in self.responses)

    @property
    def is_all_said(self) -> bool:
        return self.awaited is not None and self.final >= self.awaited

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
            self.lost = True
        self.closed = not data
        self.unread += data
        while self.take():
            pass
        return not self.closed

    def read_rest(self, connection: Connection) -> None:
        """Read until the server closes, or for a moment if all was said."""
        hurry = None if self.case.ends else self.hurry
        while True:
            if hurry and self.is_all_said:
                hurry()
                hurry = None
            if not self.read(connection):
                break
        if self.late and self.hurry and not self.case.ends and self.is_all_said:
            self.closed, self.late = True, False

    def take(self) -> bool:
        """Take one response off what was read, if there is a whole one."""
        head = _HEAD.match(self.unread)
        if not head:
            return False
        status = int(head[2])
        lines = [line.partition(":") for line in head[3].decode("latin-1").split("\n")]
        fields = {name.lower(): value.strip() for name, _, value in lines if name}
        bodiless = status < 200 or status in (204, 304) or self.final < self.case.heads
        found = (b"", head.end()) if bodiless else self.body(fields, head.end())
        if found is None:
            return False
        body, end = found
        self.unread = self.unread[end:]
        bare_lf = head[0].count(b"\n") > head[0].count(b"\r\n")
        self.responses.append(Response(status, fields, body, int(head[1]), bare_lf))
        known = self.page is not None and not bodiless
        wrong = status == 200 and known and body != self.page
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
        length = fields.get("content-length", "")
        if length.isascii() and length.isdigit() and len(length) <= MOST_DIGITS:
            end = start + int(length)
            return (data[start:end], end) if end <= len(data) else None
        return (data[start:], len(data)) if self.closed else None

    def line(self) -> str:
        words = list(self.words)
        if self.unread:
            words.append("cut" if self.unread.startswith(b"HTTP/1.") else "garbage")
        end = "left" if self.left else "closed" if self.closed else "open"
        return " ".join([*words, end])


def observe(
    case: Case,
    connection: Connection,
    page: bytes | None,
    hurry: Callable[[], None] | None = None,
) -> Observed:
    """Try a case on a server of `page`, or of any page where that is None."""
    seen = _Seen(case, page, hurry)
    # The server may have closed it; what it had said before is still there.
    with contextlib.suppress(OSError):
        _converse(case.sent, connection, seen)
    if not seen.left:
        seen.read_rest(connection)
    line = seen.line()
    good = bool(re.fullmatch(case.accept, line))
    good = good and (not seen.responses or case.check(seen.responses))
    return Observed(line, good, doubt=seen.late or seen.lost)


def _converse(
    sent: Sequence[bytes | Mark], connection: Connection, seen: _Seen
) -> None:
    for piece in sent:
        if isinstance(piece, bytes):
            connection.sendall(piece)
        elif piece is END:
            connection.shutdown(socket.SHUT_WR)
        elif piece is PAUSE:
            if select.select([connection], [], [], PAUSE_S)[0]:
                seen.words.append("early")
        elif piece is LEAVE:
            seen.left = True
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            connection.close()
            return
        else:
            while not seen.responses and seen.read(connection):
                pass
    while seen.final < seen.case.answers and seen.read(connection):
        pass
    seen.awaited = max(seen.final, seen.case.answers)
    if sent[-1] is END or seen.closed or seen.late:
        return
    last = seen.responses[-1].fields.get("connection", "") if seen.responses else ""
    if "close" not in last.lower():
        seen.awaited += 1
        connection.sendall(LAST)
