"""The protocol of the lean client, without a socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.client import response
from load.client.head import Parsed, ResponseError
from load.client.response import Response

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

# What the server sends, None where it closes → status, body, keep-alive.
WHOLE: dict[str, tuple[list[bytes | None], tuple[int, bytes, bool]]] = {
    "length": ([OK + b"Content-Length: 5\r\n\r\nhello"], (200, b"hello", True)),
    "empty": ([OK + b"Content-Length: 0\r\n\r\n"], (200, b"", True)),
    "close": (
        [OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nhi"],
        (200, b"hi", False),
    ),
    "http 1.0": (
        [b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"],
        (200, b"hi", False),
    ),
    "http 1.0 kept": (
        [b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi"],
        (200, b"hi", True),
    ),
    "more than asked for": (
        [OK + b"Content-Length: 2\r\n\r\nhi, there"],
        (200, b"hi", False),
    ),
    "chunked": ([CHUNKED + b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"], (200, b"hello", True)),
    "chunked with a trailer": (
        [CHUNKED + b"2\r\nhi\r\n0\r\nX: y\r\n\r\n"],
        (200, b"hi", True),
    ),
    "chunked and more": (
        [CHUNKED + b"2\r\nhi\r\n0\r\n\r\nHTTP/1.1 200"],
        (200, b"hi", False),
    ),
    "until it closes": ([OK + b"\r\nhel", b"lo", None], (200, b"hello", False)),
    "204": ([b"HTTP/1.1 204 No\r\n\r\n"], (204, b"", True)),
    "304": ([b"HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n"], (304, b"", True)),
    "after 100 and 103": (
        [
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
            + OK
            + b"Content-Length: 2\r\n\r\nhi"
        ],
        (200, b"hi", True),
    ),
    "LF alone": (
        [b"HTTP/1.1 200 OK\nServer: a\nContent-Length: 8\n\nhi\r\n\r\nhi"],
        (200, b"hi\r\n\r\nhi", True),
    ),
    "LF alone, closed": (
        [b"HTTP/1.1 200 OK\nConnection: close\n\nhel", b"lo", None],
        (200, b"hello", False),
    ),
    "LF alone, HTTP/1.0": ([b"HTTP/1.0 200 OK\n\nhi", None], (200, b"hi", False)),
    "LF alone, in some lines": (
        [b"HTTP/1.1 200 OK\nServer: a\r\nContent-Length: 2\n\r\nhi"],
        (200, b"hi", True),
    ),
    "LF alone, in the empty line": (
        [OK + b"Content-Length: 2\r\n\nhi"],
        (200, b"hi", True),
    ),
    "LF alone, before chunks": (
        [b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\r\nhi\r\n0\r\n\r\n"],
        (200, b"hi", True),
    ),
    "LF alone, after 103": (
        [b"HTTP/1.1 103 Hints\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nhi"],
        (200, b"hi", True),
    ),
    "503": (
        [b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"],
        (503, b"busy", True),
    ),
}
BAD = {
    "nothing": ([None], "no response"),
    "half a head": (
        [OK, None],
        "bad response: closed before the empty line that ends its head",
    ),
    "no HTTP": ([b"hello"], "bad response: no status line"),
    "another protocol": ([b"RTSP/1.0 200 OK\r\n\r\n"], "bad response: no status line"),
    "short": (
        [OK + b"Content-Length: 14939\r\n\r\nhello", None],
        "short body: 5 bytes of 14,939",
    ),
    "chunks without an end": (
        [CHUNKED + b"5\r\nhel", None],
        "short body: closed before its last chunk",
    ),
    "no chunk": (
        [CHUNKED + b"<html>\r\n"],
        "bad response: a chunk that does not begin with its size in hexadecimal digits",
    ),
    "a chunk that is longer": (
        [CHUNKED + b"2\r\nhello\r\n0\r\n\r\n"],
        "bad response: a chunk without CR LF after as many bytes as its size says",
    ),
    "a chunk that is shorter": (
        [CHUNKED + b"9\r\nhello\r\n0\r\n\r\n"],
        "bad response: a chunk without CR LF after as many bytes as its size says",
    ),
    "chunks with LF alone": (
        [CHUNKED + b"2\nhi\n0\n\n"],
        "bad response: a chunk's size without CR LF after it",
    ),
    "two CR": (
        [b"HTTP/1.1 200 OK\r\nServer: a\r\r\n\r\n"],
        "bad response: a CR without LF in line 2 of its head",
    ),
    "status 000": (
        [b"HTTP/1.1 000 OK\r\n\r\n"],
        "bad response: a status line unlike HTTP/1.1 200 OK",
    ),
    "101": (
        [b"HTTP/1.1 101 Other\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"],
        "bad response: status 101",
    ),
    "large head": (
        [OK, *[b"X-Filling: " + b"x" * 1000 + b"\r\n"] * 66],
        "bad response: a head over 65,536 bytes",
    ),
    "ever more 1xx": (
        [b"HTTP/1.1 103 Hints\r\nLink: " + b"x" * 60_000 + b"\r\n\r\n"] * 2,
        "bad response: a head over 65,536 bytes",
    ),
    "large length": (
        [OK + b"Content-Length: 99999999999\r\n\r\n"],
        "bad response: a body over 64 MiB",
    ),
}


def read(parts: list[bytes | None], no_body: bool = False) -> Response:
    """Read all of `parts`; there has to be no more, and no less, than needed."""
    got = Response(no_body)
    for number, part in enumerate(parts):
        if part is None:
            got.end()
            assert not got.keep_alive or got.head.length is not None
            return got
        if got.receive(part):
            assert number == len(parts) - 1
            return got
    raise AssertionError("it is not complete")


@pytest.mark.parametrize("parts, expected", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("again", [False, True])
def test_whole(
    parts: list[bytes | None], expected: tuple[int, bytes, bool], again: bool
) -> None:
    """Twice, since a head that was read before is not read again."""
    got = read(parts)
    assert (got.status_code, got.content, got.keep_alive) == expected
    assert got.size == len(expected[1])


# What is wrong with the first line, in the way that it begins.
STATUS_LINES = {
    b"HTTP/1.1 OK\r\n\r\n": "a status line unlike HTTP/1.1 200 OK",
    b"HTTP/1.1 200OK\r\n\r\n": "a status line unlike HTTP/1.1 200 OK",
    b"HTTP/1.1  200 OK\r\n\r\n": "a status line unlike HTTP/1.1 200 OK",
    b"HTTP/1.1\t200 OK\r\n\r\n": "a status line unlike HTTP/1.1 200 OK",
    b"HTTP 1.1 200 OK\r\n\r\n": "a status line unlike HTTP/1.1 200 OK",
    b"http/1.1 200 OK\r\n\r\n": "a status line unlike HTTP/1.1 200 OK",
    b"HTTP/2 200 OK\r\n\r\n": "a version that is neither HTTP/1.1 nor HTTP/1.0",
    b"HTTP/2.0 200 OK\r\n\r\n": "a version that is neither HTTP/1.1 nor HTTP/1.0",
    b"HTTP/1.2 200 OK\r\n\r\n": "a version that is neither HTTP/1.1 nor HTTP/1.0",
    b"\r\nHTTP/1.1 200 OK\r\n\r\n": "an empty line before the status line",
    b"\nHTTP/1.1 200 OK\n\n": "an empty line before the status line",
    b"  HTTP/1.1 200 OK\r\n\r\n": "a space before the status line",
    b"<h1>Hello</h1>": "no status line",
}
# The third line of a head, and what is wrong with it.
LINES = {
    b"Content-Length : 2": "a space before the colon in line 3 of its head",
    b"Content-Length\t: 2": "a space before the colon in line 3 of its head",
    b"Content Length: 2": "a space within the name in line 3 of its head",
    b"Content-Length 2": "no colon in line 3 of its head",
    b"Content-Length=2": "no colon in line 3 of its head",
    b": 2": "no name before the colon in line 3 of its head",
    b"  Content-Length: 2": "a space at the beginning of line 3 of its head",
    b"\tContent-Length: 2": "a space at the beginning of line 3 of its head",
    b"<h1>Hello</h1>": "no empty line before line 3 of its head, where its page begins",
    b"  <p>a: b</p>": "no empty line before line 3 of its head, where its page begins",
    "L\u00e4nge: 2".encode(): "a character that no name has in line 3 of its head",
    b"{Length}: 2": "a character that no name has in line 3 of its head",
    b"X: a\rb": "a CR without LF in line 3 of its head",
    b"X: a\0": "a control character in line 3 of its head",
    b"Content-Length: 2 bytes": "a Content-Length that is no whole number in line 3",
    b"content-length: -1": "a Content-Length that is no whole number in line 3",
    b"Content-Length: 2.0": "a Content-Length that is no whole number in line 3",
    b"Content-Length:": "a Content-Length that is no whole number in line 3",
    b"Content-Length: 2\r\nContent-Length: 2": "more than one Content-Length",
    b"Content-Length: 2\r\nTransfer-Encoding: chunked": "both Content-Length and Tran",
    b"Transfer-Encoding: chunked\r\nContent-Length: 2": "both Content-Length and Tran",
    b"Content-Length: 99999999999999999999": "Content-Length overflow",
}


@pytest.mark.parametrize("sent, text", STATUS_LINES.items(), ids=repr)
def test_a_status_line_that_is_none_is_told_of(sent: bytes, text: str) -> None:
    with pytest.raises(ResponseError) as told:
        read([sent])
    assert str(told.value) == f"bad response: {text}"


@pytest.mark.parametrize("line, text", LINES.items(), ids=repr)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_a_line_of_a_head_that_is_none_is_told_of(
    line: bytes, text: str, end: bytes
) -> None:
    """However the lines end; and what follows it is right."""
    lines = [
        b"HTTP/1.1 200 OK",
        b"Server: a",
        *line.split(b"\r\n"),
        b"X: y",
        b"",
        b"hi",
    ]
    with pytest.raises(ResponseError) as told:
        read([end.join(lines)])
    assert str(told.value).startswith(f"bad response: {text}")


@pytest.mark.parametrize("name", [n for n in WHOLE if "LF" in n or n == "length"])
def test_lines_that_end_with_lf_alone_are_told_of(name: str) -> None:
    got = read(WHOLE[name][0])
    assert got.head is not None
    assert got.head.bare_lf == ("LF" in name)


def test_a_head_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However its lines end, and wherever the network divides it."""
    heads = [
        end.join([b"HTTP/1.1 200 OK", b"A: b", b"", b""]) for end in (b"\r\n", b"\n")
    ]
    parsed = []
    monkeypatch.setattr(response, "_known", {})
    monkeypatch.setattr(response, "Parsed", lambda t: parsed.append(t) or Parsed(t))
    for head in heads:
        for parts in ([head, None], [head[:20], head[20:], None], [head + b"hi", None]):
            read(parts)
    assert parsed == heads


MISSING = {
    "no head": (b"HTTP/1.1 200 OK\r\nServer: a\r\n", "no empty line ends its head"),
    "less": (
        OK + b"Content-Length: 1234\r\n\r\nhi",
        "2 bytes of the 1,234 of its Content-Length",
    ),
    "no length": (
        OK + b"\r\nhi",
        "it has no Content-Length, and the connection stays open",
    ),
    "chunks": (CHUNKED + b"2\r\nhi\r\n", "its last chunk, of size 0, is missing"),
}


@pytest.mark.parametrize("sent, said", MISSING.values(), ids=MISSING)
def test_what_a_response_lacks_is_told(sent: bytes, said: str) -> None:
    got = Response()
    assert not got.receive(sent)
    assert got.missing() == said


def test_where_a_page_is_instead_and_how_it_is_coded() -> None:
    sent = b"HTTP/1.1 302 Found\r\nLocation:  /a \r\nContent-Encoding: gzip\r\n\r\n"
    head = read([sent, None]).head
    assert head is not None
    assert (head.status, head.location, head.coding) == (302, "/a", "gzip")


@pytest.mark.parametrize("parts, text", BAD.values(), ids=BAD)
def test_bad(parts: list[bytes | None], text: str) -> None:
    with pytest.raises(ResponseError) as told:
        read(parts)
    assert str(told.value).startswith(text)


def test_large_body_without_a_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response, "MAX_BODY", 100)
    for head in (OK + b"\r\n", CHUNKED + b"fff\r\n"):
        with pytest.raises(ResponseError, match="a body over"):
            read([head, b"x" * 60, b"x" * 60])


def test_head_request() -> None:
    assert read([OK + b"Content-Length: 5\r\n\r\n"], no_body=True).content == b""


@given(st.sampled_from([n for n in WHOLE if "more" not in n]), st.data())
def test_split_anywhere(name: str, data: st.DataObject) -> None:
    """Where the network divides what was sent changes nothing."""
    parts, (status, body, _) = WHOLE[name]
    sent = b"".join(part for part in parts if part)
    ends = sorted(data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=5)))
    pieces = [sent[a:b] for a, b in zip([0, *ends], [*ends, None], strict=True)]
    got = read([*pieces, None] if None in parts else pieces)
    assert (got.status_code, got.content) == (status, body)


@given(st.binary(max_size=200))
def test_anything(sent: bytes) -> None:
    """Whatever a server sends is a response, or a `ResponseError`."""
    for start in (b"", OK, CHUNKED):
        got = Response()
        try:
            if not got.receive(start + sent):
                got.end()
        except ResponseError as error:
            assert str(error).splitlines() == [str(error)]
