"""Where the body of a request ends.

Rules of this module:
- The body of a GET or HEAD has no meaning. It is skipped, up to `MAX_BODY`, and not
  kept. `skip` takes the bytes that have arrived, and returns where the body ends in
  them.
- Chunks are read line by line, by the grammar of RFC 9112, section 7.1. So the same
  bytes have the same meaning however they were split.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from servers.protocol.head import FIELD_LINE, MAX_BODY, TOKEN, RefusedError

_QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*+"'  # RFC 9110, 5.6.4
_EXTENSION = rb"[ \t]*+;[ \t]*+%b(?:[ \t]*+=[ \t]*+(?:%b|%b))?+" % (
    *(TOKEN, TOKEN, _QUOTED),
)
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]++)(?:%b)*+\r\n" % _EXTENSION)


class Counted:
    """A body with the length of its Content-Length."""

    def __init__(self, size: int) -> None:
        self._left = size

    @property
    def ended(self) -> bool:
        return not self._left

    def skip(self, data: bytes, start: int) -> int:
        end = min(start + self._left, len(data))
        self._left -= end - start
        return end


class Chunked:
    """A body in chunks, each after a line with its size, and a trailer section."""

    def __init__(self) -> None:
        self.ended = False
        self._used = 0  # bytes that have been read or that a chunk promises
        self._left = 0  # bytes of this chunk that are still to come
        self._take: Callable[[Chunked, bytes], None] = Chunked._take_size

    def skip(self, data: bytes, start: int) -> int:
        """Raises RefusedError."""
        while not self.ended:
            end = min(start + self._left, len(data))
            self._left -= end - start
            newline = data.find(b"\n", end)
            start, end = end, newline + 1 or len(data)
            if self._used + end - start > MAX_BODY:
                raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            if newline < 0:
                break
            self._used += end - start
            self._take(self, data[start:end])
            start = end
        return start

    def _take_size(self, line: bytes) -> None:
        match = _CHUNK_LINE.fullmatch(line)
        if not match:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        digits = match[1].lstrip(b"0")
        if not digits:
            self._take = Chunked._take_trailer
            return
        if len(digits) > len(f"{MAX_BODY:x}"):
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self._left = int(digits, 16)
        self._used += self._left
        if self._used > MAX_BODY:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self._take = Chunked._take_end

    def _take_end(self, line: bytes) -> None:
        if line != b"\r\n":
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        self._take = Chunked._take_size

    def _take_trailer(self, line: bytes) -> None:
        if line == b"\r\n":
            self.ended = True
        elif not FIELD_LINE.fullmatch(line):
            raise RefusedError(HTTPStatus.BAD_REQUEST)
