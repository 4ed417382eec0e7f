"""What holds of our protocol for any bytes: what fuzz tests try to refute.

Rules of this module:
- `check` raises AssertionError where a property does not hold, and whatever the
  protocol raises itself.
- The bytes alone decide: fed whole, one by one, or cut anywhere, they get the same
  answers, and the connection ends in the same state.
- What the protocol takes for a request in order, llhttp, a parser of other people's,
  does too, and both agree on what it is. Heads of which llhttp has another opinion
  than the RFC are left out: `_LEFT_OUT`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import httptools

from servers.protocol.head import MAX_BODY, MAX_HEAD, RefusedError, Request, understand
from servers.protocol.http import CONTINUE, Protocol
from servers.protocol.steps import Step

PAGE = b"<html>page</html>"
_DATE = re.compile(rb"\r\nDate: [^\r\n]+")
_RESPONSE = re.compile(
    rb"HTTP/1\.1 (200|40[0458]|41[347]|431|50[15]) [A-Za-z -]+\r\n"
    rb"Content-Type: [^\r\n]+\r\nContent-Length: (\d+)\r\n"
    rb"(?:Allow: GET, HEAD\r\n)?Connection: (close|keep-alive)\r\n\r\n"
)
# Empty members of a list are to be ignored, and so are tabs around a value (RFC 9110,
# sections 5.6.1.2 and 5.6.3).
_LEFT_OUT = re.compile(rb"(?i)\ntransfer-encoding:[^\r]*[,\t]")


class _Page:
    size = len(PAGE)

    def answer(self, head: bytes) -> Sequence[Step]:
        return [head + PAGE]


def check(data: bytes, cuts: Iterable[int] = (), keep_alive: bool = True) -> None:
    """Try all properties on what a client sends, `data`, cut at `cuts` as well."""
    pieces = [data[a:b] for a, b in pairwise([0, *sorted(cuts), len(data)])]
    whole = _end([data], keep_alive)
    assert _end((data[n : n + 1] for n in range(len(data))), keep_alive) == whole
    assert _end(pieces, keep_alive) == whole
    _check_responses(whole[0], data)
    _check_first_head(data)


def _end(pieces: Iterable[bytes], keep_alive: bool) -> tuple[bytes, bool, bool, bytes]:
    """Return what is answered to the pieces, and what the connection is then."""
    protocol, answer = Protocol(_Page(), keep_alive), b""
    for piece in pieces:
        closed = protocol.closing
        steps = protocol.receive(piece)
        assert not (closed and steps), "answered after the last response"
        for step in steps:
            assert isinstance(step, bytes)
            answer += step
        assert len(protocol._received) <= max(MAX_HEAD, MAX_BODY) + 1
    closing, lingering = protocol.closing, protocol.lingering
    late = _DATE.sub(b"", protocol.time_out())
    assert protocol.closing
    return _DATE.sub(b"", answer), closing, lingering, late


def _check_responses(answer: bytes, data: bytes) -> None:
    """Assert that the answer is responses, one after another, and nothing else."""
    kept = True
    while answer:
        assert kept, "a response after the one that says close"
        if answer.startswith(CONTINUE):
            answer = answer.removeprefix(CONTINUE)
            continue
        response = _RESPONSE.match(answer)
        assert response, answer
        kept = response[3] == b"keep-alive"
        rest = answer[response.end() :]
        size = int(response[2])
        bodiless = b"HEAD " in data and (not rest or rest.startswith(b"HTTP/1.1 "))
        assert bodiless or len(rest) >= size
        answer = rest if bodiless else rest[size:]


class _Heard:
    """What llhttp tells of a head."""

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.target = b""
        self.keep_alive = False

    def on_url(self, target: bytes) -> None:
        self.target += target

    def on_headers_complete(self) -> None:
        self.keep_alive = self.parser.should_keep_alive()


def _check_first_head(data: bytes) -> None:
    head = data[: data.find(b"\r\n\r\n") + 4]
    try:
        request = understand(head)
    except RefusedError:
        return
    line = head.partition(b"\r\n")[0]
    known = line.endswith((b" HTTP/1.0", b" HTTP/1.1"))  # llhttp knows no other
    if known and not _LEFT_OUT.search(head):
        _compare(head, line, request)


def _compare(head: bytes, line: bytes, request: Request) -> None:
    heard = _Heard()
    try:
        heard.parser.feed_data(head)
    except httptools.HttpParserUpgrade:
        return  # it says no more of it
    assert heard.parser.get_method() == line.split(b" ")[0]
    assert heard.target == line.split(b" ")[1]
    assert request.head_only == (heard.parser.get_method() == b"HEAD")
    assert request.keep_alive == heard.keep_alive
