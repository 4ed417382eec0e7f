"""What a case of conformance is, and the words that cases are written in.

Rules of this module:
- A case judges by what the RFC says. Every answer that it allows is accepted, a
  connection closed after the answer included where nothing forbids that.
- What was seen is one line of words: the status of each response, then `closed` or
  `open`. `200?` is a page that is not the one asked for, `garbage` are bytes that are
  no response, `cut` is a response that ends early, `early` what came during a pause of
  the client, and `left` a client that did not wait. `accept` is an expression that has
  to match all of it.
- When a server has answered and not closed, it is sent one request more, a good one
  that asks to close. So a case also shows whether the server knew where its request
  ended: each `( 200)?` is the answer to that last request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

MUST, SHOULD = "MUST", "SHOULD"


class Mark(Enum):
    """What a client does between two pieces that it sends."""

    AWAIT = "waits for the first response, a 100 or any other"
    END = "closes its side of the connection"
    PAUSE = "waits a moment, as a slow client"
    LEAVE = "resets the connection and is gone"


AWAIT, END, PAUSE, LEAVE = Mark.AWAIT, Mark.END, Mark.PAUSE, Mark.LEAVE


@dataclass(frozen=True)
class Response:
    """One response, as far as cases look at it."""

    status: int
    fields: dict[str, str]  # by name in lower case; the last of a name counts
    body: bytes
    minor: int = 1  # of HTTP/1.0 or HTTP/1.1
    bare_lf: bool = False  # whether a line of its head ends with LF alone


@dataclass(frozen=True)
class Case:
    """What is sent, and what may be seen then.

    `answers` is how many final responses are awaited, `heads` how many of the first
    requests are HEAD, and `check` what else has to hold of the responses. A case `ends`
    if it is about the end of the connection.
    """

    name: str
    section: str  # of which RFC
    level: str
    accept: str
    sent: tuple[bytes | Mark, ...]
    answers: int = 1
    heads: int = 0
    check: Callable[[Sequence[Response]], bool] = lambda responses: True
    ends: bool = False


# What may be seen.
SERVED = r"200( 200)? closed"
SERVED_LAST = r"200 closed"
REFUSED = r"400 closed"  # and nothing after it is read: its framing is not known
BAD = r"400( 200)? closed"
EITHER = rf"{SERVED}|{BAD}"
NOT_VALID = r"(400|301)( 200)? closed"  # RFC 9112, section 3
NOT_HERE = r"(400|403|404|301)( 200)? closed"
NOT_ALLOWED = r"(400|405|501)( 200)? closed"
NO_VERSION = r"(400|505)( 200)? closed"
# RFC 9110, section 9.3.1, lets a server refuse a GET that has content.
WITH_BODY = rf"{SERVED}|(400|413) closed"
# Nobody knows where it ends: whatever is answered, nothing may follow.
LAST = r"(400|501|200) closed"
BROKEN = r"(4\d\d|501|200) closed|closed"
CODING = r"(400|501) closed"
LARGE = rf"{SERVED}|4\d\d( 200)? closed"
LEFT = r"left"  # by the client, which has seen nothing


def request(
    *fields: str, line: str = "GET / HTTP/1.1", host: str = "Host: a", body: str = ""
) -> bytes:
    """Return the bytes of a request; characters are bytes (ISO 8859-1)."""
    head = [line, *([host] if host else []), *fields, "", ""]
    return ("\r\n".join(head) + body).encode("latin-1")


def line(name: str, section: str, level: str, accept: str, line: str) -> Case:
    """Return a case of a request line."""
    return Case(name, section, level, accept, (request(line=line),))


def target(name: str, section: str, level: str, accept: str, target: str) -> Case:
    return line(name, section, level, accept, f"GET {target} HTTP/1.1")


def field(name: str, section: str, level: str, accept: str, *fields: str) -> Case:
    """Return a case of header lines, beside a Host that is in order."""
    return Case(name, section, level, accept, (request(*fields),))


def host(name: str, section: str, level: str, accept: str, host: str) -> Case:
    return Case(name, section, level, accept, (request(host=host),))


def body(name: str, section: str, level: str, accept: str, *parts: str) -> Case:
    """Return a case of a body, the last of `parts`, after the others as fields."""
    *fields, content = parts
    return Case(name, section, level, accept, (request(*fields, body=content),))


def chunks(name: str, section: str, level: str, accept: str, content: str) -> Case:
    return body(name, section, level, accept, "Transfer-Encoding: chunked", content)
