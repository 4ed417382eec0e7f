"""Attendance over a bare TCP connection: a code on a line, and `OK`.

Rules of this module:
- A client sends the code on a line that ends with LF or CRLF. The answer is a line:
  `OK`, or `NO` with a reason.
- Then the connection is closed. With `keep_alive` it waits for the next code, but a
  line that is too long closes it.
- Several codes that arrive together get their answers in one write.
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
    """A `Conversation` in which `code` is right."""

    def __init__(self, code: bytes, keep_alive: bool) -> None:
        self._code = code
        self._keep_alive = keep_alive
        self._received = b""  # the begin of a line
        self.closing = False
        self.lingering = False

    @property
    def idle(self) -> bool:
        return not self._received

    def finish(self) -> None:
        self._keep_alive = False

    def receive(self, data: bytes) -> Sequence[Step]:
        """Receive bytes from the client; return the answers to complete lines."""
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
        # Unread bytes of the client must not cause a reset.
        self.lingering |= self.closing and start < len(received)
        self._received = b"" if self.closing else received[start:]
        return [b"".join(answers)] if answers else []

    def time_out(self) -> bytes:
        answer = b"" if self.idle else TOO_LATE
        self.closing = True
        return answer
