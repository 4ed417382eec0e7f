"""HTTP/1.1 from the client's side, without a socket (RFC 9110, RFC 9112).

Rules of this module:
- Bytes in, one response out. Nothing here blocks, waits or knows a clock.
- httptools (llhttp) reads heads, and bodies in chunks. It keeps no limits
  itself, so they are kept here: what is too large is a failure, not memory.
- A head that is byte for byte one that was read before means the same: it is
  looked up and not read again. A server sends the same head all second long.
- Where a response ends says its head (RFC 9112, section 6.3). One that ends
  before that is a `ResponseError`, whose text is the same for the same kind.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import httptools

MAX_HEAD = 65_536  # bytes of a status line and headers, with those of 1xx before
MAX_BODY = 64 * 1024 * 1024  # bytes of a body, as it is sent
KNOWN = 64  # heads that are remembered

# A server that ends its lines with a bare LF is told of by the parser; were it
# not taken for the end of a head, it would be a time-out instead.
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class ResponseError(Exception):
    """No response, or none that a client could use; the text is its kind."""


class Head(NamedTuple):
    """What a head says: `length` is in bytes, None where it says none."""

    status: int
    length: int | None
    chunked: bool
    keep_alive: bool


class _Parsed:
    """What httptools tells of one response."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.length: int | None = None
        self.codings: list[bytes] = []
        self.keep_alive = False
        self.body: list[bytes] = []
        self.complete = False
        self.more = False  # bytes came after the end of the response

    def on_message_begin(self) -> None:
        self.more = self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"content-length":
            self.length = int(value)
        elif name == b"transfer-encoding":
            self.codings += value.lower().replace(b" ", b"").split(b",")

    def on_headers_complete(self) -> None:
        # llhttp knows it here alone: it forgets a message that is complete.
        self.keep_alive = self.parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.complete = True

    def feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # 101, which is told by its status
        except httptools.HttpParserError as error:
            if not self.complete:
                raise ResponseError(f"bad response: {_words(error)}") from None
            self.more = True  # what came after the response is no other one

    def head(self) -> Head:
        chunked = self.codings[-1:] == [b"chunked"]
        length = None if self.codings else self.length
        status = self.parser.get_status_code()
        return Head(status, length, chunked, self.keep_alive)


_known: dict[bytes, Head] = {}


class Response:
    """One response to a GET; or to a HEAD, which has `no_body`.

    `status_code` is None until the head is there, `content` the body that is
    complete, and `keep_alive` whether the connection can be used again.
    """

    __slots__ = (
        *("content", "head", "keep_alive", "no_body", "status_code"),
        *("_left", "_parsed", "_parts", "_size", "_start", "_start_size"),
    )

    def __init__(self, no_body: bool = False) -> None:
        self.status_code: int | None = None
        self.content = b""
        self.keep_alive = False
        self.no_body = no_body
        self.head: Head | None = None
        self._start: bytearray | None = None  # of a head that is not complete
        self._start_size = 0  # bytes of heads so far
        self._parts: list[bytes] = []
        self._size = 0  # bytes of the body so far
        self._left = 0  # bytes of the body that are missing

    @property
    def begun(self) -> bool:
        """Whether the server has sent anything."""
        return self._start is not None or self.head is not None

    @property
    def size(self) -> int:
        """The bytes of the body so far."""
        if self.head is not None and self.head.chunked:
            return sum(map(len, self._parsed.body))
        return len(self.content) or self._size

    def receive(self, data: bytes) -> bool:
        """Take what the server has sent; return whether the response is complete."""
        if self.head is None:
            end = data.find(b"\r\n\r\n") + 4 if self._start is None else 0
            head = _known.get(data[:end]) if end > 3 else None
            if head is None:
                rest = self._read_heads(data)
                if rest is None:
                    return False
                data = rest
            else:
                self._begin_body(head)
                data = data[end:]
        return self._take(data)

    def end(self) -> None:
        """Take it that the server has closed; raise `ResponseError` if too early."""
        if not self.begun:
            raise ResponseError("no response")
        head = self.head
        if head is None:
            raise ResponseError("bad response: closed within its head")
        if head.chunked or head.length is not None:
            raise ResponseError(short(self.size, head.length))
        self.content = b"".join(self._parts)

    def _read_heads(self, data: bytes) -> bytes | None:
        """Read the head, and those of status 1xx before it.

        Returns what follows it; None where it is not complete.
        """
        if self._start is None:
            self._start = bytearray()
        while True:
            searched = max(len(self._start) - 3, 0)
            self._start += data
            found = _END_OF_HEAD.search(self._start, searched)
            size = found.end() if found else len(self._start)
            if not self._start.startswith(b"HTTP/"[: len(self._start)]):
                raise ResponseError("bad response: no status line")
            if self._start_size + size > MAX_HEAD:
                raise ResponseError(f"bad response: a head over {MAX_HEAD:,} bytes")
            if not found:
                return None
            text, data = bytes(self._start[:size]), bytes(self._start[size:])
            parsed = _Parsed()
            parsed.feed(text)
            head = parsed.head()
            if head.status == 101:
                raise ResponseError("bad response: status 101 that was not asked for")
            if head.status >= 200:
                break
            self._start_size += size
            self._start.clear()
        if head.chunked:
            self._parsed = parsed
        else:
            if len(_known) >= KNOWN:
                _known.clear()
            _known[text] = head
        self._begin_body(head)
        return data

    def _begin_body(self, head: Head) -> None:
        if self.no_body or head.status in (204, 304):
            head = head._replace(length=0, chunked=False)
        self.head = head
        self.status_code = head.status
        self.keep_alive = head.keep_alive
        self._left = head.length or 0
        if self._left > MAX_BODY:
            raise _too_large()

    def _take(self, data: bytes) -> bool:
        head = self.head
        assert head is not None
        if head.length is not None:
            size = len(data)
            if size >= self._left:
                if size > self._left:  # nobody asked for more
                    data = data[: self._left]
                    self.keep_alive = False
                self._left = 0
                self.content = b"".join([*self._parts, data]) if self._parts else data
                return True
            self._left -= size
        self._size += len(data)
        if self._size > MAX_BODY:
            raise _too_large()
        if not head.chunked:
            if data:
                self._parts.append(data)
            return False
        self._parsed.feed(data)
        if self._parsed.complete:
            self.content = b"".join(self._parsed.body)
            self.keep_alive = head.keep_alive and not self._parsed.more
        return self._parsed.complete


def short(size: int, length: int | None) -> str:
    """Say that a body had `size` bytes of `length`, or of chunks without an end."""
    if length is None:
        return "short body: closed before its last chunk"
    return f"short body: {size:,} bytes of {length:,}"


def _too_large() -> ResponseError:
    return ResponseError(f"bad response: a body over {MAX_BODY // 1024**2} MiB")


def _words(error: Exception) -> str:
    """Return what the parser says, on one line, with nothing of the response."""
    return " ".join(str(error).split())
