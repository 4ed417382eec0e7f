"""Makes Locust's FastHttpUser accept heads whose lines end with LF alone.

Rules of this module:
- The lean client accepts them (`client/head.py`), and so do Locust's HttpUser and
  browsers. A server must not pass with one client and fail with another. The parser of
  geventhttpclient refuses them and has no setting for it, so the lines are corrected
  before it reads them. Everything else is left to it.
- geventhttpclient offers no choice of the class of a response, so it is replaced by
  name.
"""

from __future__ import annotations

from typing import Any

import geventhttpclient.client
from geventhttpclient.response import HTTPSocketPoolResponse

from load.client.head import end_of_head, with_crlf
from load.client.response import MAX_HEAD


def accept_bare_lf() -> None:
    """Use the class below for all responses of geventhttpclient."""
    replaced: Any = geventhttpclient.client
    replaced.HTTPSocketPoolResponse = _Response


class _Response(HTTPSocketPoolResponse):
    """A response that is read as it arrives."""

    _held = b""  # of an incomplete head

    def feed(self, data: str | bytes) -> None:
        """Take data that has come, b"" at its end."""
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
        """Return whether the head is complete, and not one of status 1xx."""
        return self.headers_complete and self.get_code() >= 200


def _may_be_head(data: bytes) -> bool:
    """Return whether data can be the beginning of a head."""
    return data.startswith(b"HTTP/"[: len(data)]) and len(data) <= MAX_HEAD
