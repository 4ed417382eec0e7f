"""A connection: how long it is kept, pipelining, Expect, HEAD, Upgrade, its end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conformance.cases.case import (
    AWAIT,
    END,
    MUST,
    REFUSED,
    SERVED,
    SERVED_LAST,
    SHOULD,
    Case,
    Mark,
    Response,
    field,
    request,
)

OLD = "GET / HTTP/1.0"
GET = request()
LAST = request("Connection: close")
MISSING = request(line="GET /missing HTTP/1.1")
HEAD = request(line="HEAD / HTTP/1.1")
# RFC 9110, section 5.6.7
DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov"
    r"|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)


def _has_date(responses: Sequence[Response]) -> bool:
    return bool(DATE.fullmatch(responses[0].fields.get("date", "")))


def _says_close(responses: Sequence[Response]) -> bool:
    return "close" in responses[0].fields.get("connection", "").lower()


def _says_if_kept(responses: Sequence[Response]) -> bool:
    kept = len(responses) > 1
    return not kept or "keep-alive" in responses[0].fields.get("connection", "").lower()


def _not_chunked(responses: Sequence[Response]) -> bool:
    return "transfer-encoding" not in responses[0].fields


def _same_length(responses: Sequence[Response]) -> bool:
    """Whether HEAD has the length that GET has, if any."""
    lengths = [response.fields.get("content-length") for response in responses[:2]]
    return len(lengths) < 2 or lengths[0] in (None, lengths[1])


def several(
    name: str, section: str, level: str, accept: str, *sent: bytes | Mark
) -> Case:
    """Return a case of as many requests as there are pieces."""
    answers = sum(isinstance(piece, bytes) for piece in sent)
    heads = sum(isinstance(p, bytes) and p.startswith(b"HEAD ") for p in sent)
    return Case(name, section, level, accept, sent, answers, heads)


def head(name: str, section: str, level: str, accept: str, data: bytes) -> Case:
    return Case(name, section, level, accept, (data,), heads=1)


# fmt: off
KEPT = (
    several("a second request", "9112 9.3", SHOULD, r"200 200( 200)? closed",
            GET, AWAIT, GET),
    Case("close", "9112 9.6", MUST, SERVED_LAST, (LAST,), ends=True),
    field("close in capitals", "9110 7.6.1", MUST, SERVED_LAST, "Connection: CLOSE"),
    field("close in a list", "9110 7.6.1", MUST, SERVED_LAST,
          "Connection: a, close ,b"),
    field("close on a second line", "9110 5.3", MUST, SERVED_LAST,
          "Connection: a", "Connection: close"),
    field("close and keep-alive", "9112 9.3", MUST, SERVED_LAST,
          "Connection: keep-alive, close"),
    field("an option that nobody knows", "9110 7.6.1", MUST, SERVED, "Connection: a"),
    Case("the response to close says so", "9112 9.6", SHOULD, SERVED_LAST, (LAST,),
         check=_says_close),
    Case("HTTP/1.0", "9112 9.3", MUST, SERVED_LAST, (request(line=OLD),), ends=True),
    Case("HTTP/1.0, keep-alive", "9112 9.3", MUST, SERVED,
         (request("Connection: keep-alive", line=OLD),), check=_says_if_kept),
    Case("HTTP/1.0, close", "9112 9.3", MUST, SERVED_LAST,
         (request("Connection: close", line=OLD),)),
    Case("HTTP/1.0 gets no chunks", "9112 6.1", MUST, SERVED_LAST,
         (request(line=OLD),), check=_not_chunked),
    Case("Date", "9110 6.6.1", MUST, SERVED, (GET,), check=_has_date),
    Case("Date of a 404", "9110 6.6.1", MUST, r"404( 200)? closed", (MISSING,),
         check=_has_date),
    several("a second request after a 404", "9112 9.3", SHOULD,
            r"404 200( 200)? closed", MISSING, AWAIT, GET),
)

PIPELINED = (
    several("three requests at once", "9112 9.3.2", MUST, r"200( 200){0,3} closed",
            GET + GET + GET),
    several("answers are in order", "9112 9.3.2", MUST,
            r"200( 404( 200){0,2})? closed", GET, MISSING, GET),
    several("HEAD, then GET", "9112 9.3.2", MUST, r"200( 200){0,2} closed", HEAD, GET),
    several("a request after one that says close", "9112 9.6", MUST, SERVED_LAST,
            LAST + GET),
    Case("bytes after the last request", "9112 9.6", MUST, SERVED_LAST,
         (LAST + b"\0 bytes \r\n\r\n",)),
    Case("a request after one that is malformed", "9112 2.2", MUST, REFUSED,
         (request("Content-Length: x") + GET,)),
    several("a malformed request after a good one", "9112 9.3.2", MUST,
            r"200( 400)? closed", GET, request("Content-Length: x")),
    several("content, and the next request", "9112 6.3", MUST,
            r"200( 200){0,2} closed|(400|413) closed",
            request("Content-Length: 5", body="hello"), GET),
    several("content of a method refused, and the next request", "9112 6.3", MUST,
            r"(400|405|501)( 200){0,2} closed",
            request("Content-Length: 5", line="POST / HTTP/1.1", body="hello"), GET),
    Case("a request and a half", "9112 9.3.2", MUST, r"200( 200){0,2} closed",
         (GET + GET[:9], AWAIT, GET[9:]), answers=2),
    several("empty lines between requests", "9112 2.2", SHOULD,
            r"200( 200){0,2} closed", GET, b"\r\n" + GET),
)

BODY = request("Content-Length: 5", "Expect: 100-continue")
MAY_REFUSE = r"(400|413|417) closed"
EXPECT = (
    Case("100-continue", "9110 10.1.1", MUST, rf"(100 )?{SERVED}|{MAY_REFUSE}",
         (BODY, AWAIT, b"hello")),
    Case("100-continue, and not waited for", "9110 10.1.1", MUST,
         rf"(100 )?{SERVED}|{MAY_REFUSE}", (BODY + b"hello",)),
    Case("100-continue in capitals", "9110 10.1.1", MUST,
         rf"(100 )?{SERVED}|{MAY_REFUSE}",
         (request("Content-Length: 5", "Expect: 100-CONTINUE"), AWAIT, b"hello")),
    Case("100-continue before chunks", "9110 10.1.1", MUST,
         rf"(100 )?{SERVED}|{MAY_REFUSE}",
         (request("Transfer-Encoding: chunked", "Expect: 100-continue"), AWAIT,
          b"5\r\nhello\r\n0\r\n\r\n")),
    Case("100-continue without content", "9110 10.1.1", MUST,
         rf"(100 )?{SERVED}|{MAY_REFUSE}", (request("Expect: 100-continue"),)),
    Case("HTTP/1.0 gets no 100", "9110 10.1.1", MUST, rf"{SERVED_LAST}|{MAY_REFUSE}",
         (request("Content-Length: 5", "Expect: 100-continue", line=OLD,
                  body="hello"),)),
    Case("100-continue of a method refused", "9110 10.1.1", MUST,
         r"(100 )?(400|405|501)( 200)? closed",
         (request("Content-Length: 5", "Expect: 100-continue", line="POST / HTTP/1.1"),
          AWAIT, b"hello")),
    field("an expectation that nobody knows", "9110 10.1.1", MUST,
          rf"{SERVED}|417( 200)? closed", "Expect: a-miracle"),
)

HEADS = (
    head("HEAD", "9110 9.3.2", MUST, SERVED, HEAD),
    head("HEAD of what is not here", "9110 9.3.2", MUST, r"404( 200)? closed",
         request(line="HEAD /missing HTTP/1.1")),
    head("HEAD that is malformed", "9110 9.3.2", MUST, REFUSED,
         request("Content-Length: x", line="HEAD / HTTP/1.1")),
    head("HEAD in HTTP/1.0", "9110 9.3.2", MUST, SERVED_LAST,
         request(line="HEAD / HTTP/1.0")),
    Case("HEAD with content", "9110 9.3.2", MUST, rf"{SERVED}|(400|413) closed",
         (request("Content-Length: 5", line="HEAD / HTTP/1.1", body="hello"),),
         heads=1),
    Case("HEAD has the length of GET", "9110 8.6", MUST, r"200( 200){0,2} closed",
         (HEAD, GET), 2, 1, _same_length),
)

NOT_SWITCHED = rf"{SERVED}|4\d\d( 200)? closed"
UPGRADE = (
    field("Upgrade to what nobody knows", "9110 7.8", MUST, NOT_SWITCHED,
          "Connection: Upgrade", "Upgrade: unknown/1"),
    field("Upgrade to HTTP/2", "9110 7.8", MUST, NOT_SWITCHED,
          "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
          "HTTP2-Settings: AAMAAABkAAQAAP__"),
    field("Upgrade to a WebSocket", "9110 7.8", MUST, NOT_SWITCHED,
          "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 99",
          "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
    field("Upgrade that Connection does not name", "9110 7.8", MUST, NOT_SWITCHED,
          "Upgrade: websocket"),
    Case("Upgrade in HTTP/1.0", "9110 7.8", MUST, rf"{SERVED_LAST}|4\d\d closed",
         (request("Connection: Upgrade", "Upgrade: h2c", line=OLD),)),
)

ENDS = (
    Case("a client that has no more to say", "9112 9.6", SHOULD, SERVED_LAST,
         (LAST, END)),
    Case("the same, on a kept connection", "9112 9.6", SHOULD, SERVED_LAST,
         (GET, END)),
    Case("an end after three requests", "9112 9.6", SHOULD, r"200( 200){0,2} closed",
         (GET * 3, END)),
    Case("an end within the request line", "9112 8", MUST, r"((400|408) )?closed",
         (b"GET / HT", END)),
    Case("an end within the fields", "9112 8", MUST, r"((400|408) )?closed",
         (GET[:-2], END)),
    Case("an end within the content", "9112 8", MUST, r"((400|408|200) )?closed",
         (request("Content-Length: 50", body="hello"), END)),
    Case("an end within the chunks", "9112 8", MUST, r"((400|408|200) )?closed",
         (request("Transfer-Encoding: chunked", body="5\r\nhello\r\n"), END)),
    Case("an end before anything", "9112 8", MUST, r"(400 )?closed", (END,)),
)
# fmt: on
