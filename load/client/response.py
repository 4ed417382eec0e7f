"""HTTP/1.1 from the client's side, without a socket (RFC 9110, RFC 9112).

Rules of this module:
- Bytes in, one response out. Nothing here blocks, waits or knows a clock.
- httptools reads heads, and bodies in chunks (`head.py`). It has no limits, so they are
  kept here: a response that is too large is a failure, and takes no memory.
- A head that is byte for byte equal to one that was read before is looked up, not read
  again. A server sends the same head for a whole second.
- The head says where a response ends (RFC 9112, section 6.3). A response that ends
  earlier is a `ResponseError`, whose text is the same for the same kind.
"""

from __future__ import annotations

from contract.failures import BAD_RESPONSE, NO_RESPONSE, SHORT_BODY
from load.client.head import Head, Parsed, ResponseError, end_of_head
from load.client.malformed import CUT_HEAD, at_once

MAX_HEAD = 65_536  # bytes of a status line and headers, with those of 1xx before
MAX_BODY = 64 * 1024 * 1024  # bytes of a body, as it is sent
MOST_KNOWN = 64  # heads that are remembered

_known: dict[bytes, Head] = {}


class Response:
    """One response to a GET, or to a HEAD, which has `no_body`.

    `status_code` is None until the head is there. `content` is the complete body, and
    `keep_alive` whether the connection can be used again.
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
        self._start: bytes | None = None  # of an incomplete head
        self._start_size = 0  # bytes of heads so far
        self._parts: list[bytes] = []
        self._size = 0  # bytes of the body so far
        self._left = 0  # missing bytes of the body

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
        """Take data of the server; return whether the response is complete."""
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
        """Note that the server has closed; raise `ResponseError` if it is too early."""
        if not self.begun:
            raise ResponseError(NO_RESPONSE)
        head = self.head
        if head is None:
            raise ResponseError(f"{BAD_RESPONSE}: {CUT_HEAD}")
        if head.chunked or head.length is not None:
            raise ResponseError(short(self.size, head.length))
        self.content = b"".join(self._parts)

    def missing(self) -> str:
        """Return what is missing for the response to be complete."""
        head = self.head
        if head is None:
            return "no empty line ends its head"
        if head.chunked:
            return "its last chunk, of size 0, is missing"
        if head.length is None:
            return "it has no Content-Length, and the connection stays open"
        return f"{self.size:,} bytes of the {head.length:,} of its Content-Length"

    def _read_heads(self, data: bytes) -> bytes | None:
        """Read the head, and heads of status 1xx before it.

        Returns the data that follows, or None where the head is not complete.
        """
        if self._start is None:
            self._start = b""
        while True:
            searched = max(len(self._start) - 3, 0)
            data = self._start + data
            end = end_of_head(data, searched)
            size = end or len(data)
            if not data.startswith(b"HTTP/"[: len(data)]):
                raise ResponseError(f"{BAD_RESPONSE}: {at_once(data)}")
            if self._start_size + size > MAX_HEAD:
                raise ResponseError(f"{BAD_RESPONSE}: a head over {MAX_HEAD:,} bytes")
            self._start = b"" if end else data
            if not end:
                return None
            text, data = data[:end], data[end:]
            head = _known.get(text) or self._read_head(text)
            if head.status >= 200:
                self._begin_body(head)
                return data
            self._start_size += size

    def _read_head(self, text: bytes) -> Head:
        """Read a head, and remember it where it may come again as a whole."""
        parsed = Parsed(text)
        head = parsed.head()
        if head.status == 101:
            raise ResponseError(f"{BAD_RESPONSE}: status 101 that was not asked for")
        if head.chunked:
            self._parsed = parsed
        elif head.status >= 200:
            if len(_known) >= MOST_KNOWN:
                _known.clear()
            _known[text] = head
        return head

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
                if size > self._left:  # more than was asked for
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
    """Return the failure of a body that ended after `size` bytes of `length`.

    Without a length, its chunks did not end.
    """
    if length is None:
        return f"{SHORT_BODY}: closed before its last chunk"
    return f"{SHORT_BODY}: {size:,} bytes of {length:,}"


def _too_large() -> ResponseError:
    return ResponseError(f"{BAD_RESPONSE}: a body over {MAX_BODY // 1024**2} MiB")
