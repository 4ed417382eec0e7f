"""The head of one HTTP/1.1 request: where it ends, and what it means.

Rules of this module:
- It accepts the grammar of RFC 9112 and nothing else. Lenient readers guess, and two of
  them on the way may guess differently: so a request can be smuggled.
- Each part of the grammar is one expression. Matching takes linear time, since `++` and
  `*+` never backtrack.
- `understand` is a pure function of the bytes of a whole head.
- An error is reported as soon as its line has arrived (`check_lines`). It is the same
  however the bytes were split on their way.
"""

from __future__ import annotations

import re
from http import HTTPMethod, HTTPStatus
from typing import NamedTuple

from servers.protocol.uri import is_host, path_of

MAX_REQUEST_LINE = 8_192  # bytes; RFC 9112, section 3, asks for 8,000 at least
MAX_HEAD = 32_768  # bytes of request line and headers
MAX_FIELDS = 100  # header lines
MAX_BODY = 65_536  # bytes of a request body that are skipped, chunks' framing included
PATHS = (b"/", b"/index.html")
METHODS = frozenset(method.encode() for method in HTTPMethod)  # RFC 9110, section 9.3

# RFC 9110, sections 5.5 and 5.6.2; RFC 9112, sections 3 and 5.
TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_LINE = rb"(%b) ([!-~]++) HTTP/([0-9])\.([0-9])\r\n" % TOKEN
_FIELD = rb"%b:[\t -~\x80-\xff]*+\r\n" % TOKEN
_WHOLE = re.compile(rb"%b((?:%b)*+)\r\n" % (_LINE, _FIELD))
_REQUEST_LINE = re.compile(_LINE)
FIELD_LINE = re.compile(_FIELD)
_METHOD = re.compile(TOKEN)

_MEANT = frozenset(
    (b"host", b"connection", b"content-length", b"transfer-encoding", b"expect")
)


class RefusedError(Exception):
    """A request that gets an answer with `status`, and closes the connection."""

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status


class Request(NamedTuple):
    """The meaning of a head."""

    status: HTTPStatus  # 200, or 404 for another path
    head_only: bool  # the method is HEAD
    keep_alive: bool  # as the client asks, or as is the default of HTTP/1.1
    body_bytes: int | None  # of the body; None: the chunks say it
    expects: bool  # the client waits for 100 Continue before it sends the body


def check_lines(data: bytes, start: int, checked: int) -> int:
    """Check the lines of a head that begins at `start`, as far as they have arrived.

    Lines before `checked` are known to be right. Returns the new value of `checked`.
    Raises RefusedError.
    """
    while checked < len(data):
        newline = data.find(b"\n", checked)
        end = newline + 1 or len(data)
        if checked == start:
            _check_request_line(data, start, newline)
        elif end - start > MAX_HEAD:
            raise RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif newline >= 0 and not FIELD_LINE.match(data, checked):
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        if newline < 0:
            break
        checked = end
    return checked


def _check_request_line(data: bytes, start: int, newline: int) -> None:
    """Raise RefusedError if the line is wrong, as far as it has arrived."""
    size = (len(data) if newline < 0 else newline) - start
    method = _METHOD.match(data, start, start + MAX_REQUEST_LINE)
    if method is None:
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    if size > MAX_REQUEST_LINE:
        endless = method.end() - start == MAX_REQUEST_LINE
        raise RefusedError(
            HTTPStatus.NOT_IMPLEMENTED if endless else HTTPStatus.REQUEST_URI_TOO_LONG
        )
    if newline >= 0 and not _REQUEST_LINE.match(data, start):
        raise RefusedError(HTTPStatus.BAD_REQUEST)


def understand(head: bytes) -> Request:
    """Return the meaning of a head, from its first byte to its empty line.

    Raises RefusedError for a request that is malformed, unknown, or not allowed here.
    """
    whole = _WHOLE.fullmatch(head)
    if not whole or len(head) > MAX_HEAD or whole.end(4) >= MAX_REQUEST_LINE:
        check_lines(head, 0, 0)
        raise RefusedError(HTTPStatus.BAD_REQUEST)  # it has no end
    method, target, major, minor, fields = whole.groups()
    if major != b"1":
        raise RefusedError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    old = minor == b"0"  # a higher one is read as 1.1 (RFC 9110, section 2.5)
    values = _fields(fields)
    hosts = values.pop(b"host", ())
    # RFC 9112, section 3.2
    if len(hosts) != 1 and not (old and not hosts):
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    if hosts and not is_host(hosts[0]):
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    body_bytes = _body_bytes(values, old) if values else 0
    # RFC 9110, section 9.1
    if method not in METHODS:
        raise RefusedError(HTTPStatus.NOT_IMPLEMENTED)
    if method not in (b"GET", b"HEAD"):
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED)
    if body_bytes and body_bytes > MAX_BODY:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    keep_alive, expects = not old, False
    if values:
        options = _members(values.get(b"connection", []))
        keep_alive = b"close" not in options and (not old or b"keep-alive" in options)
        expects = _expects(values, old) and body_bytes != 0
    path = target if target in PATHS else path_of(target)
    if path is None:
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    status = HTTPStatus.OK if path in PATHS else HTTPStatus.NOT_FOUND
    return Request(status, method == b"HEAD", keep_alive, body_bytes, expects)


def _fields(section: bytes) -> dict[bytes, list[bytes]]:
    """Return the values of the fields in `_MEANT`, by their names in lower case."""
    lines = section.split(b"\r\n")
    if len(lines) > MAX_FIELDS + 1:  # the last of them is empty
        raise RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    values: dict[bytes, list[bytes]] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in _MEANT:
            values.setdefault(name, []).append(value.strip(b" \t"))
    return values


def _members(values: list[bytes]) -> list[bytes]:
    """Return the members of a list without empty ones (RFC 9110, section 5.6.1)."""
    members = b",".join(values).lower().split(b",")
    return [member.strip(b" \t") for member in members if member.strip(b" \t")]


def _body_bytes(values: dict[bytes, list[bytes]], old: bool) -> int | None:
    """Return the length of the body, 10**9 at most (RFC 9112, section 6).

    None if it is chunked.
    """
    lengths = values.get(b"content-length", [])
    if b"transfer-encoding" in values:
        codings = _members(values[b"transfer-encoding"])
        if lengths or old or codings[-1:] != [b"chunked"] or b"chunked" in codings[:-1]:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        if len(codings) > 1:
            raise RefusedError(HTTPStatus.NOT_IMPLEMENTED)
        return None
    if not lengths:
        return 0
    if len(lengths) > 1 or not lengths[0].isdigit():
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    digits = lengths[0].lstrip(b"0")
    # int() is slow for many digits, and raises for very many.
    return int(digits or b"0") if len(digits) < 10 else 10**9


def _expects(values: dict[bytes, list[bytes]], old: bool) -> bool:
    """Whether the client waits for 100 Continue (RFC 9110, section 10.1.1)."""
    expected = _members(values.get(b"expect", []))
    if any(expectation != b"100-continue" for expectation in expected):
        raise RefusedError(HTTPStatus.EXPECTATION_FAILED)
    return bool(expected) and not old
