"""Has Locust's FastHttpUser take heads whose lines end with LF alone.

Rules of this module:
- The lean client takes them (`head.py`), and so do Locust's HttpUser and browsers: a
  server must not pass with one client and fail with another. The parser of
  geventhttpclient does not, and has no setting for it: the lines are made right before
  it reads them, and all else is left to it.
- It is replaced by name, where geventhttpclient looks for it: nothing lets one choose.
"""

from __future__ import annotations

from typing import Any

import geventhttpclient.client
from geventhttpclient.response import HTTPSocketPoolResponse

from load.client.head import end_of_head, with_crlf
from load.client.response import MAX_HEAD


def take_bare_lf() -> None:
    """Have all responses of geventhttpclient be of the class below."""
    replaced: Any = geventhttpclient.client
    replaced.HTTPSocketPoolResponse = _Response


class _Response(HTTPSocketPoolResponse):
    """A response that is read as it arrives."""

    _held = b""  # of a head that is not complete

    def feed(self, data: str | bytes) -> None:
        """Take what has come, b"" at its end."""
        assert isinstance(data, bytes)
        if self._in_body():
            super().feed(data)
            return
        ended = not data
        data, self._held = self._held + data, b""
        while data and not self._in_body():
            end = end_of_head(data)
            if not end and not ended and _may_be_head(data):
                self._held = data
                return
            head, data = data[: end or len(data)], data[end or len(data) :]
            super().feed(with_crlf(head))
        if data or ended:
            super().feed(data)

    def _in_body(self) -> bool:
        """Whether the head is complete, and is none of status 1xx before it."""
        return self.headers_complete and self.get_code() >= 200


def _may_be_head(data: bytes) -> bool:
    """Whether it can be the beginning of a head; what can't is refused at once."""
    return data.startswith(b"HTTP/"[: len(data)]) and len(data) <= MAX_HEAD
