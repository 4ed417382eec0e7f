"""HTTP/1.1 from the server's side, without a socket (RFC 9110, RFC 9112).

Rules of this module:
- Bytes in, steps out: `Protocol.receive` takes what the client has sent and
  returns what is to be done for it. Nothing here blocks, waits or knows a clock,
  but for the Date header.
- httptools (llhttp) reads a request's head. It keeps no limits itself, so a
  head is collected here, within limits, and given to it whole.
- GET and HEAD of one page. A request's body means nothing to these methods and
  is skipped; one that is chunked or too large is refused.
- What is wrong is answered once, with a status that says what, and the
  connection is closed after it: where a malformed request ends is anyone's
  guess.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPMethod, HTTPStatus

import httptools

from servers.pages import Page
from servers.steps import Step

MAX_REQUEST_LINE = 8_192  # bytes; RFC 9112, section 3, asks for 8,000 at least
MAX_HEAD = 32_768  # bytes of request line and headers
MAX_BODY = 65_536  # bytes of a request body that are skipped
PATHS = (b"/", b"/index.html")
METHODS = frozenset(method.encode() for method in HTTPMethod)  # RFC 9110, section 9.3

# Heads, whole and valid, that ask for the page and have no body, with what they mean:
# whether to keep the connection, and whether it is a HEAD. Clients send the same head
# again and again; then it costs one look here.
_KNOWN: dict[bytes, tuple[bool, bool]] = {}
_OK = int(HTTPStatus.OK)  # a plain number is found quicker than a member of an enum
MAX_KNOWN = 256  # heads
MAX_KNOWN_HEAD = 2_048  # bytes of one

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) \S+ HTTP/(\d\.\d)")
_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")  # RFC 3986, section 3.2
# A client that ends its lines with a bare LF gets a 400 at once; were it not
# taken for the end of a head, the client would wait for a time-out instead.
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


class _BadRequestError(Exception):
    """A request that is answered with `status` and closes the connection."""

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status


class _Request:
    """What httptools tells of one head, once `parse` has given it that."""

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.keep_alive = False
        self.target = b""
        self.hosts = 0
        self.bad_host = False
        self.body_bytes = 0
        self.chunked = False

    def on_url(self, target: bytes) -> None:
        self.target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"host":
            self.hosts += 1
            self.bad_host |= not _HOST.fullmatch(value.strip(b" \t"))
        elif name == b"content-length":
            self.body_bytes = int(value)
        elif name == b"transfer-encoding":
            self.chunked = True

    def on_headers_complete(self) -> None:
        # llhttp knows it here alone: it forgets a message that is complete.
        self.keep_alive = self.parser.should_keep_alive()

    def parse(self, head: bytes) -> None:
        line = head.partition(b"\n")[0].rstrip(b"\r")
        match = _REQUEST_LINE.fullmatch(line)
        assert match is not None  # Protocol._next_head has seen to it
        if match[2] not in (b"1.0", b"1.1"):
            raise _BadRequestError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
        # llhttp knows other protocols' methods too, and calls those malformed.
        if match[1] not in METHODS:
            raise _BadRequestError(HTTPStatus.NOT_IMPLEMENTED)
        try:
            self.parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            pass  # a wish that need not be granted (RFC 9110, section 7.8)
        except httptools.HttpParserError:
            raise _BadRequestError(HTTPStatus.BAD_REQUEST) from None

    def check(self) -> None:
        version = self.parser.get_http_version()
        missing = self.hosts == 0 and version == "1.1"
        if missing or self.hosts > 1 or self.bad_host:
            raise _BadRequestError(HTTPStatus.BAD_REQUEST)  # RFC 9112, section 3.2
        if self.parser.get_method() not in (b"GET", b"HEAD"):
            raise _BadRequestError(HTTPStatus.METHOD_NOT_ALLOWED)
        if self.chunked:
            # RFC 9112, section 6.1: a transfer coding that is not understood.
            raise _BadRequestError(HTTPStatus.NOT_IMPLEMENTED)
        if self.body_bytes > MAX_BODY:
            raise _BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class Protocol:
    """One connection, a `Conversation`, on which `page` is served."""

    def __init__(self, page: Page, keep_alive: bool) -> None:
        self._page = page
        self._keep_alive = keep_alive
        self._received = bytearray()
        self._searched = 0  # bytes of it in which no head ends
        self._to_skip = 0
        self._without_body = False  # the request at hand is a HEAD
        self.closing = False
        self.lingering = False

    @property
    def idle(self) -> bool:
        """Whether no request has begun: closing now takes nothing from anyone."""
        return not self._received and not self._to_skip

    def finish(self) -> None:
        """Make the next response the last one: the server has to stop."""
        self._keep_alive = False

    def receive(self, data: bytes) -> Sequence[Step]:
        """Take bytes from the client; return the steps to what they ask for."""
        known = _KNOWN.get(data)
        if known and not (self._received or self._to_skip or self.closing):
            return self._answer(*known)
        steps: list[Step] = []
        if self.closing:
            return steps
        self._received += data
        try:
            while not self.closing and (head := self._next_head()) is not None:
                steps += self._respond(head)
        except _BadRequestError as error:
            steps.append(self._refuse(error.status))
        return steps

    def time_out(self) -> bytes:
        """Return what to send to a client that took too long over its request.

        A client that has not begun one is just left (RFC 9110, section 15.5.9,
        lets a server close without a 408).
        """
        idle = self.idle
        response = b"" if idle else self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        self.closing = True
        return response

    def _next_head(self) -> bytes | None:
        """Take the next whole head off what was received; None if there is none."""
        received = self._received
        skipped = min(self._to_skip, len(received))
        self._to_skip -= skipped
        del received[:skipped]
        if not self._searched:
            received[:] = received.lstrip(b"\r\n")  # RFC 9112, section 2.2
        # From where the last search ended: a head may come byte by byte.
        end = _END_OF_HEAD.search(received, max(self._searched - 3, 0))
        size = len(received) if end is None else end.end()
        newline = received.find(b"\n", 0, size)
        self._without_body = received.startswith(b"HEAD ")
        if (size if newline < 0 else newline) > MAX_REQUEST_LINE:
            raise _BadRequestError(HTTPStatus.REQUEST_URI_TOO_LONG)
        # In the bytes searched before there was a line that is in order, or none.
        if newline >= self._searched:
            line = bytes(received[:newline]).rstrip(b"\r")
            if not _REQUEST_LINE.fullmatch(line):
                raise _BadRequestError(HTTPStatus.BAD_REQUEST)
        if size > MAX_HEAD:
            raise _BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if end is None:
            self._searched = size
            return None
        self._searched = 0
        head = bytes(received[:size])
        del received[:size]
        return head

    def _respond(self, head: bytes) -> Sequence[Step]:
        request = _Request()
        request.parse(head)
        request.check()
        self._to_skip = request.body_bytes
        del request.parser  # each knows the other: garbage, were it left to be found
        if _path(request.target) not in PATHS:
            self._keep_or_close(request.keep_alive)
            return [self._explain(HTTPStatus.NOT_FOUND, not self.closing)]
        if len(head) <= MAX_KNOWN_HEAD and not self._to_skip:
            if len(_KNOWN) >= MAX_KNOWN:
                _KNOWN.clear()
            _KNOWN[head] = (request.keep_alive, self._without_body)
        return self._answer(request.keep_alive, self._without_body)

    def _answer(self, keep_alive: bool, without_body: bool) -> Sequence[Step]:
        """Answer a request for the page, whose head is all that it is."""
        self._keep_or_close(keep_alive)
        keep = not self.closing
        response = _head(_OK, self._page.size, keep, int(time.time()))
        return [response] if without_body else self._page.answer(response)

    def _keep_or_close(self, keep_alive: bool) -> None:
        self.closing = not (self._keep_alive and keep_alive)
        # More of what the client sends may arrive, and must not be met by a reset.
        self.lingering = self.closing and bool(self._to_skip or self._received)

    def _refuse(self, status: HTTPStatus) -> bytes:
        self.closing = self.lingering = True
        return self._explain(status, keep=False)

    def _explain(self, status: HTTPStatus, keep: bool) -> bytes:
        body = f"{status.value} {status.phrase}\n".encode()
        head = _head(status, len(body), keep, int(time.time()))
        # Nor has the answer to a HEAD a body when it is an error.
        return head if self._without_body else head + body


def _path(target: bytes) -> bytes:
    """Return the path of a request target, in origin or in absolute form."""
    target = target.partition(b"?")[0]
    if target.startswith(b"/"):
        return target
    _, scheme, rest = target.partition(b"://")
    if not scheme:
        return target
    return b"/" + rest.partition(b"/")[2]


def _date(now_s: int) -> str:
    """Return an IMF-fixdate (RFC 9110, section 5.6.7), in English whatever the locale.

    email.utils has it too, with all of email and urllib, and with `random`, which makes
    each fork slower (see processes.py).
    """
    now = time.gmtime(now_s)
    day, month = _DAYS[now.tm_wday], _MONTHS[now.tm_mon - 1]
    return f"{day}, {now.tm_mday:02} {month} {time.strftime('%Y %H:%M:%S', now)} GMT"


@lru_cache(maxsize=32)
def _head(code: int, size: int, keep: bool, now_s: int) -> bytes:
    """Return the head of a response: the same object to all of one second."""
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
