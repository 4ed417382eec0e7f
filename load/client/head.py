"""The head of a response, read by httptools, and a body in chunks after it.

Rules of this module:
- httptools (llhttp) only accepts lines that end with CR LF. Browsers and Locust's own
  clients also accept lines of a head that end with LF alone (RFC 9112, section 2.2). So
  does this module: it corrects such lines before httptools reads them, and reports
  them.
- This holds for heads only. A chunk whose line ends with LF alone is refused: not all
  clients accept it.
- `malformed.py` has the words for what httptools refuses.
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
    """There is no usable response; the text is the kind of failure."""


class Head(NamedTuple):
    """The content of a head: `length` is in bytes, None where it has none."""

    status: int
    length: int | None
    chunked: bool
    keep_alive: bool
    location: str  # where the page is instead; may be empty
    coding: str  # of the body, such as gzip; may be empty
    bare_lf: bool  # whether one of its lines ends with LF alone


class Parsed:
    """One response as httptools parses it; `text` is its head."""

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
            pass  # status 101, which is checked elsewhere
        except httptools.HttpParserError as error:
            raise _bad(in_head(right, _words(error))) from None
        # httptools also accepts HTTP/2.0 and a status of 000.
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
        # llhttp only knows it here: it forgets a complete message.
        self.keep_alive = self.parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.complete = True

    def feed(self, data: bytes) -> None:
        """Take data that follows the head: chunks, and what comes after them."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            if not self.complete:
                raise _bad(in_body(_words(error))) from None
            self.more = True  # the bytes after the response are no response

    def head(self) -> Head:
        """Return the content of the head."""
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
    """Return the head with CR LF at the end of each line."""
    if head.count(b"\n") == head.count(b"\r\n"):  # nearly always, and fast
        return head
    return _BARE_LF.sub(b"\r\n", head)


def end_of_head(data: bytes, begin: int = 0) -> int:
    """Return the length of the head that `data` begins with; 0 where it does not end.

    The search for its end starts at `begin`.
    """
    match = _END_OF_HEAD.search(data, begin)
    return match.end() if match else 0


def _bad(why: str) -> ResponseError:
    return ResponseError(f"{BAD_RESPONSE}: {why}")


def _words(error: Exception) -> str:
    """Return the message of the parser, on one line."""
    return " ".join(str(error).split())
