"""The head of a response, read by httptools, and a body in chunks after it.

Rules of this module:
- httptools (llhttp) takes lines that end with CR LF alone. Those of a head that end
  with LF alone are taken as well, as browsers and Locust's own clients take them (RFC
  9112, section 2.2), and told of: they are made right before it reads them.
- That holds for heads. Lines between chunks that end with LF alone are no body: not
  all clients take them.
- What it refuses is told of in the words of `malformed.py`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import httptools

from contract.failures import BAD_RESPONSE
from load.client.malformed import in_body, in_head

_BARE_LF = re.compile(rb"(?<!\r)\n")
# An empty line, after the LF that ends the line before it.
_END_OF_HEAD = re.compile(rb"\n\r?\n")


class ResponseError(Exception):
    """No response, or none that a client could use; the text is its kind."""


class Head(NamedTuple):
    """What a head says: `length` is in bytes, None where it says none."""

    status: int
    length: int | None
    chunked: bool
    keep_alive: bool
    location: str  # where the page is instead, '' where it says none
    coding: str  # of the body, such as gzip, '' where it says none
    bare_lf: bool  # whether one of its lines ends with LF alone


class Parsed:
    """What httptools tells of one response, whose head is `text`."""

    def __init__(self, text: bytes) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.fields: dict[bytes, bytes] = {}
        self.codings: list[bytes] = []
        self.keep_alive = False
        self.body: list[bytes] = []
        self.complete = False
        self.more = False  # bytes came after the end of the response
        right = with_crlf(text)
        self.bare_lf = right != text
        try:
            self.parser.feed_data(right)
        except httptools.HttpParserUpgrade:
            pass  # 101, which is told by its status
        except httptools.HttpParserError as error:
            raise _bad(in_head(right, _words(error))) from None
        # It takes HTTP/2.0 and a status of 000 as well.
        if not right.startswith(b"HTTP/1.") or self.parser.get_status_code() < 100:
            raise _bad(in_head(right, ""))

    def on_message_begin(self) -> None:
        self.more = self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        self.fields[name] = value
        if name == b"transfer-encoding":
            self.codings += value.lower().replace(b" ", b"").split(b",")

    def on_headers_complete(self) -> None:
        # llhttp knows it here alone: it forgets a message that is complete.
        self.keep_alive = self.parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.complete = True

    def feed(self, data: bytes) -> None:
        """Take what follows a head: chunks, and what comes after them."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            if not self.complete:
                raise _bad(in_body(_words(error))) from None
            self.more = True  # what came after the response is no other one

    def head(self) -> Head:
        """Return what the head says."""
        length = self.fields.get(b"content-length")
        return Head(
            self.parser.get_status_code(),
            None if length is None or self.codings else int(length),
            self.codings[-1:] == [b"chunked"],
            self.keep_alive,
            self._text(b"location"),
            self._text(b"content-encoding"),
            self.bare_lf,
        )

    def _text(self, name: bytes) -> str:
        return self.fields.get(name, b"").decode(errors="replace").strip()


def with_crlf(head: bytes) -> bytes:
    """Return a head all of whose lines end with CR LF."""
    if head.count(b"\n") == head.count(b"\r\n"):  # in no time, as nearly always
        return head
    return _BARE_LF.sub(b"\r\n", head)


def end_of_head(data: bytes, begin: int = 0) -> int:
    """Return how many bytes of `data` a head has; 0 where it does not end.

    `begin` is from where on its end is looked for.
    """
    found = _END_OF_HEAD.search(data, begin)
    return found.end() if found else 0


def _bad(what: str) -> ResponseError:
    return ResponseError(f"{BAD_RESPONSE}: {what}")


def _words(error: Exception) -> str:
    """Return what the parser says, on one line."""
    return " ".join(str(error).split())
