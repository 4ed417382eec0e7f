"""The protocol of the lean client, without a socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load import response
from load.response import Response, ResponseError

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
    "503": (
        [b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"],
        (503, b"busy", True),
    ),
}
BAD = {
    "nothing": ([None], "no response"),
    "half a head": ([OK, None], "bad response: closed within its head"),
    "no HTTP": ([b"hello"], "bad response: no status line"),
    "another protocol": ([b"RTSP/1.0 200 OK\r\n\r\n"], "bad response: no status line"),
    "an empty line": ([b"\r\n\r\n"], "bad response: no status line"),
    "short": (
        [OK + b"Content-Length: 14939\r\n\r\nhello", None],
        "short body: 5 bytes of 14,939",
    ),
    "chunks without an end": (
        [CHUNKED + b"5\r\nhel", None],
        "short body: closed before its last chunk",
    ),
    "no chunk": ([CHUNKED + b"zz\r\n"], "bad response: Invalid character in chunk"),
    "bad length": ([OK + b"Content-Length: x\r\n\r\n"], "bad response: Invalid char"),
    "two lengths": (
        [OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"],
        "bad response: ",
    ),
    "bare LF": ([OK.replace(b"\r", b"") + b"\n"], "bad response: "),
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
