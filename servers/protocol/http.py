"""HTTP/1.1 from the server's side, without a socket (RFC 9110, RFC 9112).

Rules of this module:
- Bytes in, steps out: `Protocol.receive` takes bytes of the client, and returns the
  steps to answer them. Nothing here blocks or waits. Only the Date header needs a
  clock.
- The answer depends on the bytes, not on how they were split on their way.
- It serves GET and HEAD of one page. The body of such a request has no meaning, and is
  skipped. The answer waits for the end of the body: if the body is malformed, there
  must be only one answer.
- A malformed request gets one answer, with a status that says what is wrong. Then the
  connection is closed, since nobody knows where a malformed request ends.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus

from servers.protocol.body import Chunked, Counted
from servers.protocol.head import RefusedError, Request, check_lines, understand
from servers.protocol.pages import Page
from servers.protocol.steps import Step

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# Whole heads of requests without a body, already parsed. Clients send the same head
# again and again. Then one look in this table is enough.
_KNOWN: dict[bytes, Request] = {}
MAX_KNOWN = 256  # heads
MAX_KNOWN_HEAD = 2_048  # bytes of one
_OK = HTTPStatus.OK.value  # hashing a plain number is faster than a member of an enum

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


class Protocol:
    """A `Conversation` in which `page` is served."""

    def __init__(self, page: Page, keep_alive: bool) -> None:
        self._page = page
        self._keep_alive = keep_alive
        self._received = b""  # the begin of a head, or of a body
        self._checked = 0  # bytes of a head whose lines are right
        self._request: Request | None = None  # while its body is skipped
        self._body: Counted | Chunked = Counted(0)
        self.closing = False
        self.lingering = False

    @property
    def idle(self) -> bool:
        """Whether no request has begun: closing now loses nothing."""
        return not (self._received or self._request or self.lingering)

    def finish(self) -> None:
        """Make the next response the last one: the server has to stop."""
        self._keep_alive = False

    def receive(self, data: bytes) -> Sequence[Step]:
        """Receive bytes from the client; return the steps to answer them."""
        known = _KNOWN.get(data)
        if known and not (self._received or self._request or self.closing):
            return self._answer(known)
        steps: list[Step] = []
        if self._received:
            data = self._received + data
        start = 0
        try:
            while start < len(data) and not self.closing:
                read = self._read_body if self._request else self._read_head
                if (end := read(data, start, steps)) == start:
                    break
                start = end
        except RefusedError as error:
            steps.append(self._refuse(error.status, data[start : start + 5]))
        if self.closing:
            # Further bytes of the client must not cause a reset.
            self.lingering |= start < len(data)
            self._received = b""
        else:
            self._received = data[start:]
        return steps

    def time_out(self) -> bytes:
        """Return the bytes to send to a client whose request took too long.

        Without a request there are none: RFC 9110, section 15.5.9, lets a server close
        without a 408.
        """
        response = b""
        if not self.idle and not self.closing:
            response = self._refuse(HTTPStatus.REQUEST_TIMEOUT, self._received[:5])
        self.closing = True
        return response

    def _read_head(self, data: bytes, start: int, steps: list[Step]) -> int:
        """Read as much of a head as has arrived; return where that ends."""
        blank = start
        while data.startswith(b"\r\n", blank):  # RFC 9112, section 2.2
            blank += 2
        if blank > start:
            return blank
        if data.endswith(b"\r", start) and start + 1 == len(data):
            return start  # half an empty line
        end = data.find(b"\r\n\r\n", start) + 4
        if end < 4:
            checked = check_lines(data, start, start + self._checked)
            self._checked = checked - start
            return start
        self._checked = 0
        request = understand(data[start:end])
        if request.body_bytes == 0:
            if end - start == len(data) <= MAX_KNOWN_HEAD:
                _remember(data, request)
            steps += self._answer(request)
            return end
        self._request = request
        size = request.body_bytes
        self._body = Chunked() if size is None else Counted(size)
        if request.expects:
            steps.append(CONTINUE)
        return end

    def _read_body(self, data: bytes, start: int, steps: list[Step]) -> int:
        assert self._request is not None
        end = self._body.skip(data, start)
        if self._body.ended:
            steps += self._answer(self._request)
            self._request = None
        return end

    def _answer(self, request: Request) -> Sequence[Step]:
        keep = self._keep_alive and request.keep_alive
        self.closing = not keep
        if request.status is not HTTPStatus.OK:
            return [_explain(request.status, keep, request.head_only)]
        response = _head(_OK, self._page.size, keep, int(time.time()))
        return [response] if request.head_only else self._page.answer(response)

    def _refuse(self, status: HTTPStatus, began: bytes) -> bytes:
        """Return the last answer, to a request whose head `began` like this."""
        self.closing = self.lingering = True
        request = self._request
        head_only = request.head_only if request else began == b"HEAD "
        return _explain(status, False, head_only)


def _remember(head: bytes, request: Request) -> None:
    if len(_KNOWN) >= MAX_KNOWN:
        _KNOWN.clear()
    _KNOWN[head] = request


def _explain(status: HTTPStatus, keep: bool, head_only: bool) -> bytes:
    body = f"{status.value} {status.phrase}\n".encode()
    head = _head(status.value, len(body), keep, int(time.time()))
    # The answer to a HEAD has no body, even if it is an error.
    return head if head_only else head + body


def _date(now_s: int) -> str:
    """Return an IMF-fixdate (RFC 9110, section 5.6.7), in English whatever the locale.

    email.utils has a function for it. But it imports email, urllib and `random`, and
    that makes each fork slower (serving/processes.py).
    """
    now = time.gmtime(now_s)
    day, month = _DAYS[now.tm_wday], _MONTHS[now.tm_mon - 1]
    return f"{day}, {now.tm_mday:02} {month} {time.strftime('%Y %H:%M:%S', now)} GMT"


@lru_cache(maxsize=32)
def _head(code: int, size: int, keep: bool, now_s: int) -> bytes:
    """Return the head of a response: the same object for all responses of a second."""
    status = HTTPStatus(code)
    kind = "text/html; charset=utf-8" if status == HTTPStatus.OK else "text/plain"
    allow = "Allow: GET, HEAD\r\n" if status == HTTPStatus.METHOD_NOT_ALLOWED else ""
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Date: {_date(now_s)}\r\n"
        f"Content-Type: {kind}\r\n"
        f"Content-Length: {size}\r\n"
        f"{allow}"
        f"Connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
    )
    return head.encode("ascii")
