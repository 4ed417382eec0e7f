"""What is wrong with a malformed response, in words that help to repair it.

Rules of this module:
- The same mistake has the same words. They hold nothing that the server has sent, but
  the number of the line of its head. The status line is line 1.
- A mistake that is not known here is described in the words of the parser, llhttp.
"""

from __future__ import annotations

import re

NO_STATUS_LINE = "no status line"
CUT_HEAD = "closed before the empty line that ends its head"
NO_CHUNK = "a chunk that does not begin with its size in hexadecimal digits"

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] [1-9]\d\d( .*)?", re.DOTALL)
_VERSION = re.compile(rb"HTTP/1\.[01](?!\d)")
_UNLIKE = "a status line unlike HTTP/1.1 200 OK"
_IN_LINE = (  # the beginning of a wrong line, and what is wrong with it
    (rb"[ \t]*<", "no empty line before {}, where its page begins"),
    (rb"[ \t]", "a space at the beginning of {}"),
    (rb"[^:]*\Z", "no colon in {}"),
    (rb":", "no name before the colon in {}"),
    (rb"[^:]*[ \t]:", "a space before the colon in {}"),
    (rb"[^:]* ", "a space within the name in {}"),
    (rb"(?![!#$%&'*+.^_`|~0-9A-Za-z-]+:)", "a character that no name has in {}"),
    (rb".*\r", "a CR without LF in {}"),
    (rb".*[\0-\x08\x0a-\x1f\x7f]", "a control character in {}"),
    (
        rb"(?i:content-length):(?![ \t]*[0-9]+[ \t]*\Z)",
        "a Content-Length that is no whole number in {}",
    ),
)
_IN_BODY = {  # messages of the parser about a body in chunks
    "Invalid character in chunk size": NO_CHUNK,
    "Expected LF after chunk size": "a chunk's size without CR LF after it",
    "Missing expected CR after chunk size": "a chunk's size without CR LF after it",
    "Expected LF after chunk data": "a chunk without CR LF after as many bytes as its "
    "size says",
    "Missing expected CR after chunk data": "a chunk without CR LF after as many bytes "
    "as its size says",
}


def at_once(data: bytes) -> str:
    """Return what is wrong with a response that does not begin with `HTTP/`."""
    if data[:1] in (b"\r", b"\n"):
        return "an empty line before the status line"
    if data[:1] in (b" ", b"\t"):
        return "a space before the status line"
    return _UNLIKE if data[:4].upper() == b"HTTP" else NO_STATUS_LINE


def in_head(text: bytes, message: str) -> str:
    """Return what is wrong with a head whose lines end with CR LF.

    `message` is that of the parser.
    """
    status_line, *lines = text.removesuffix(b"\r\n\r\n").split(b"\r\n")
    if not _VERSION.match(status_line):
        return "a version that is neither HTTP/1.1 nor HTTP/1.0"
    if not _STATUS_LINE.fullmatch(status_line):
        return _UNLIKE
    for number, line in enumerate(lines, start=2):
        if wrong := _in_line(line):
            return wrong.format(f"line {number} of its head")
    names = [line.partition(b":")[0].lower() for line in lines]
    if names.count(b"content-length") > 1:
        return "more than one Content-Length"
    if {b"content-length", b"transfer-encoding"} <= set(names):
        return "both Content-Length and Transfer-Encoding"
    return message


def _in_line(line: bytes) -> str:
    """Return what is wrong with a line of a head, or ''; `{}` stands for the line."""
    wrong = (words for start, words in _IN_LINE if re.match(start, line, re.DOTALL))
    return next(wrong, "")


def in_body(message: str) -> str:
    """Return what is wrong with a body in chunks, from the message of the parser."""
    return _IN_BODY.get(message, message)
