"""The protocol without a socket: known answers, and properties for any bytes."""

from __future__ import annotations

import re
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.protocol.head import MAX_BODY, MAX_FIELDS, MAX_HEAD, MAX_REQUEST_LINE
from servers.protocol.http import _KNOWN, MAX_KNOWN, Protocol, _date
from servers.protocol.steps import Step

PAGE = b"<html>page</html>"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
RESPONSE = re.compile(
    rb"HTTP/1\.1 (\d{3}) [^\r\n]+\r\n(?:[^\r\n]+\r\n)*?"
    rb"Content-Length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n"
)


class Page:
    size = len(PAGE)

    def answer(self, head: bytes) -> list[Step]:
        return [head + PAGE]


class Whole(Protocol):
    """Returns the steps' bytes as one."""

    def receive(self, data: bytes) -> bytes:  # type: ignore[override]
        return b"".join(step for step in super().receive(data))  # type: ignore[misc]


def protocol(keep_alive: bool = False) -> Whole:
    return Whole(Page(), keep_alive)


def status(response: bytes) -> int:
    match = RESPONSE.match(response)
    assert match, response
    return int(match[1])


def split(answer: bytes) -> list[tuple[int, bytes]]:
    """Return status and body of each response to a GET in `answer`."""
    found = []
    while answer:
        match = RESPONSE.match(answer)
        assert match, answer
        end = match.end() + int(match[2])
        found.append((int(match[1]), answer[match.end() : end]))
        answer = answer[end:]
    return found


def test_get_is_the_page_and_closes() -> None:
    connection = protocol()
    assert split(connection.receive(GET)) == [(200, PAGE)]
    assert connection.closing
    assert not connection.lingering


def test_head_is_the_same_without_a_body() -> None:
    got = protocol().receive(GET)
    head = protocol().receive(GET.replace(b"GET", b"HEAD"))
    without_date = re.compile(rb"Date: [^\r\n]+")
    assert without_date.sub(b"", head) == without_date.sub(b"", got).removesuffix(PAGE)


@pytest.mark.parametrize(
    "target",
    [b"/", b"/?a=b", b"/index.html", b"http://a/", b"http://a", b"http://a/?q"],
)
def test_targets_of_the_page(target: bytes) -> None:
    assert status(protocol().receive(GET.replace(b" / ", b" " + target + b" "))) == 200


LINE = b"GET / HTTP/1.1\r\n"
WRONG = {
    "no request": (b"hello\r\n\r\n", 400),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\n\n", 400),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "no host": (LINE + b"\r\n", 400),
    "two hosts": (LINE + b"Host: a\r\nHost: b\r\n\r\n", 400),
    "space before the colon": (LINE + b"Host : a\r\n\r\n", 400),
    "a host that is none": (LINE + b"Host: a b\r\n\r\n", 400),
    "two lengths": (
        LINE + b"Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        400,
    ),
    "a length that is none": (LINE + b"Host: a\r\nContent-Length: x\r\n\r\n", 400),
    "another path": (b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    "a method of others": (b"POST / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "a body too large": (
        LINE + b"Host: a\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1),
        413,
    ),
    "a long target": (b"GET /" + b"x" * MAX_REQUEST_LINE, 414),
    "large headers": (LINE + b"Host: a\r\nX: " + b"x" * MAX_HEAD, 431),
    "no method": (b"FETCH / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "a method of another protocol": (b"DESCRIBE / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "a coding that is not understood": (
        LINE + b"Host: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        501,
    ),
    "a chunk without a size": (
        LINE + b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        400,
    ),
    "chunks too large": (
        LINE + b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
        413,
    ),
    "HTTP/2's preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "another version": (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
}


@pytest.mark.parametrize("request_bytes, expected", WRONG.values(), ids=WRONG)
def test_what_is_wrong_has_its_status(request_bytes: bytes, expected: int) -> None:
    connection = protocol(keep_alive=True)
    assert status(connection.receive(request_bytes)) == expected
    assert connection.closing == (expected != 404)


@pytest.mark.parametrize(
    "headers", [b"", b"Host: a\r\nTransfer-Encoding: gzip, chunked\r\n"]
)
def test_error_in_answer_to_head_has_no_body(headers: bytes) -> None:
    for cut in (0, 8):
        connection = protocol()
        request = b"HEAD / HTTP/1.1\r\n" + headers + b"\r\n"
        answer = connection.receive(request[:cut]) + connection.receive(request[cut:])
        assert status(answer) in (400, 501)
        assert answer.endswith(b"\r\n\r\n")
    connection = protocol()
    connection.receive(b"HEAD / HT")
    assert connection.time_out().endswith(b"\r\n\r\n")


def test_finish_makes_the_next_response_the_last() -> None:
    connection = protocol(keep_alive=True)
    connection.receive(GET + GET[:5])
    connection.finish()
    answer = connection.receive(GET[5:])
    assert split(answer) == [(200, PAGE)]
    assert b"\r\nConnection: close\r\n" in answer
    assert connection.closing


def test_every_cut_in_two_gives_the_same() -> None:
    whole = b"\r\n" + GET + b"HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n"
    expected = re.sub(rb"Date: [^\r]+", b"", protocol(True).receive(whole))
    assert expected.count(b"HTTP/1.1 ") == 2
    for cut in range(len(whole) + 1):
        connection = protocol(keep_alive=True)
        answer = connection.receive(whole[:cut]) + connection.receive(whole[cut:])
        assert re.sub(rb"Date: [^\r]+", b"", answer) == expected, cut


def test_405_says_what_is_allowed() -> None:
    assert b"\r\nAllow: GET, HEAD\r\n" in protocol().receive(
        GET.replace(b"GET", b"DELETE")
    )


def test_limits_are_exact() -> None:
    line = b"GET /?" + b"x" * (MAX_REQUEST_LINE - 16) + b" HTTP/1.1\r\n"
    assert len(line) == MAX_REQUEST_LINE + 1  # the limit leaves out the line feed
    assert status(protocol().receive(line + b"Host: a\r\n\r\n")) == 200
    assert status(protocol().receive(line.replace(b"?", b"?x", 1) + b"\r\n")) == 414
    head = LINE + b"Host: a\r\nX: "
    head += b"x" * (MAX_HEAD - len(head) - 4) + b"\r\n\r\n"
    assert status(protocol().receive(head)) == 200
    assert status(protocol().receive(head.replace(b"X: ", b"X: x"))) == 431
    head = LINE + b"Host: a\r\n" + b"X:\r\n" * (MAX_FIELDS - 1)
    assert status(protocol().receive(head + b"\r\n")) == 200
    assert status(protocol().receive(head + b"X:\r\n\r\n")) == 431


def test_keep_alive_and_pipelining() -> None:
    connection = protocol(keep_alive=True)
    last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert split(connection.receive(GET * 3 + last + GET)) == [(200, PAGE)] * 4
    assert connection.closing
    assert connection.lingering  # the request after the last is still unread


def test_known_heads_mean_the_same_again_and_are_bounded() -> None:
    close = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    head = GET.replace(b"GET", b"HEAD")
    without_date = re.compile(rb"Date: [^\r\n]+")
    for request in (GET, close, head):
        seen = set()
        for _ in range(2):
            connection = protocol(keep_alive=True)
            answer = without_date.sub(b"", connection.receive(request))
            seen.add((answer, connection.closing))
        assert len(seen) == 1
    connection = protocol(keep_alive=True)
    with_body = LINE + b"Host: a\r\nContent-Length: %d\r\n\r\n" % len(GET)
    answer = connection.receive(with_body) + connection.receive(GET)  # the body
    assert split(answer) == [(200, PAGE)]
    connection = protocol(keep_alive=True)
    connection.receive(GET[:-2] + b"X: ")
    assert connection.receive(GET).count(b"HTTP/1.1 200") <= 1  # in a header
    for number in range(MAX_KNOWN + 1):
        protocol().receive(GET.replace(b"/ ", b"/?%d " % number))
    assert len(_KNOWN) <= MAX_KNOWN


def test_without_keep_alive_one_response() -> None:
    connection = protocol()
    assert split(connection.receive(GET * 3)) == [(200, PAGE)]
    assert connection.receive(GET) == b""


def test_http_1_0_closes_unless_asked_not_to() -> None:
    connection = protocol(keep_alive=True)
    assert status(connection.receive(b"GET / HTTP/1.0\r\n\r\n")) == 200
    assert connection.closing
    connection = protocol(keep_alive=True)
    asked = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert b"\r\nConnection: keep-alive\r\n" in connection.receive(asked)
    assert not connection.closing


def test_a_body_is_skipped() -> None:
    connection = protocol(keep_alive=True)
    first = LINE + b"Host: a\r\nContent-Length: 5\r\n\r\nGET /"
    assert split(connection.receive(first + GET)) == [(200, PAGE)] * 2
    assert connection.idle


def test_answer_waits_for_the_end_of_the_chunks() -> None:
    connection = protocol(keep_alive=True)
    whole = LINE + b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole += b"5;a=b\r\nGET /\r\n00\r\nTrailer: x\r\n\r\n"
    assert connection.receive(whole[:-1]) == b""
    assert not connection.idle
    assert split(connection.receive(whole[-1:] + GET)) == [(200, PAGE)] * 2
    assert connection.idle


def test_limit_of_chunks_is_exact() -> None:
    head = LINE + b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    size = MAX_BODY - len(b"ffff\r\n\r\n0\r\n\r\n")
    body = b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n"
    assert len(body) == MAX_BODY
    assert status(protocol().receive(head + body)) == 200
    assert status(protocol().receive(head + body.replace(b"\r", b" \r", 1))) == 400
    assert status(protocol().receive(head + body[:-2] + b"x:\r\n\r\n")) == 413


def test_time_out_is_408_only_for_a_request_that_has_begun() -> None:
    connection = protocol()
    connection.receive(b"GET /")
    assert status(connection.time_out()) == 408
    assert connection.closing
    connection = protocol()
    assert connection.time_out() == b""
    assert connection.closing


@given(st.data())
def test_any_split_gives_the_same(data: st.DataObject) -> None:
    requests = data.draw(
        st.lists(
            st.sampled_from(
                [GET, GET.replace(b" / ", b" /x "), *(w for w, _ in WRONG.values())]
            ),
            min_size=1,
            max_size=4,
        )
    )
    whole = b"".join(requests)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    at_once, piecewise = protocol(keep_alive=True), protocol(keep_alive=True)
    expected = [s for s, _ in split(at_once.receive(whole))]
    got = [s for piece in pieces for s, _ in split(piecewise.receive(piece))]
    assert got == expected
    assert piecewise.closing == at_once.closing
    assert piecewise.lingering == at_once.lingering


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_any_bytes_wait_or_are_answered(pieces: list[bytes]) -> None:
    connection = protocol(keep_alive=True)
    for piece in pieces:
        answer = connection.receive(piece)
        assert answer == b"" or 200 <= status(answer) < 600
    if not connection.closing:
        answer = connection.time_out()
        assert answer == b"" or status(answer) == 408
    assert connection.closing


@given(st.integers(0, 4_102_444_800))
def test_date_is_the_standard_librarys(now_s: int) -> None:
    assert _date(now_s) == formatdate(now_s, usegmt=True)
