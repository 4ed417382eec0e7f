"""Attendance, taken over a bare TCP connection: a code on a line, and `OK`.

Rules of this module:
- A client sends the code, on a line that ends with LF or CRLF, and gets a line back:
  `OK`, or one that begins with `NO` and says why not.
- After that the connection is closed, or with `keep_alive` the next code is awaited;
  after a line that can be none it is closed in any case.
- Many codes at once get many answers in one write.
"""

from __future__ import annotations

from collections.abc import Sequence

from servers.protocol.steps import Step

MAX_CODE = 64  # bytes
OK = b"OK\n"
WRONG = b"NO: wrong code\n"
TOO_LONG = b"NO: a code has %d bytes at most\n" % MAX_CODE
TOO_LATE = b"NO: too late\n"


class Attendance:
    """One connection, a `Conversation`, on which `code` is the right one."""

    def __init__(self, code: bytes, keep_alive: bool) -> None:
        self._code = code
        self._keep_alive = keep_alive
        self._received = b""  # of a line
        self.closing = False
        self.lingering = False

    @property
    def idle(self) -> bool:
        return not self._received

    def finish(self) -> None:
        self._keep_alive = False

    def receive(self, data: bytes) -> Sequence[Step]:
        """Take bytes from the client; return the answers to the lines they complete."""
        received, start = self._received + data, 0
        answers = []
        while start < len(received) and not self.closing:
            end = received.find(b"\n", start)
            line = received[start:] if end < 0 else received[start:end]
            line = line.removesuffix(b"\r")
            if len(line) > MAX_CODE:
                answers.append(TOO_LONG)
                self.closing = True
            elif end < 0:
                break
            else:
                answers.append(OK if line == self._code else WRONG)
                self.closing = not self._keep_alive
                start = end + 1
        # What a client has sent and nobody has read must not be met by a reset.
        self.lingering |= self.closing and start < len(received)
        self._received = b"" if self.closing else received[start:]
        return [b"".join(answers)] if answers else []

    def time_out(self) -> bytes:
        answer = b"" if self.idle else TOO_LATE
        self.closing = True
        return answer
