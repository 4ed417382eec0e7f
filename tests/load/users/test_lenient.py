"""Heads whose lines end with LF alone, as Locust's FastHttpUser reads them."""

from __future__ import annotations

import geventhttpclient.client
import pytest
from geventhttpclient import HTTPClient
from geventhttpclient.response import HTTPParseError

from load.client.head import ResponseError
from load.client.response import Response
from load.users.lenient import accept_bare_lf
from tests.load.scripted import answer, serving

LF = b"HTTP/1.1 200 OK\nServer: a\nContent-Length: 6\n\nhi\n\nhi"
CRLF = LF.replace(b"\n", b"\r\n", 4)
CHUNKED = b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n6\r\nhi\n\nhi\r\n0\r\n\r\n"
TAKEN = {
    "CRLF": [CRLF],
    "LF": [LF],
    "LF, in some lines": [LF.replace(b"a\n", b"a\r\n")],
    "LF, in the empty line": [CRLF.replace(b"6\r\n\r\n", b"6\r\n\n")],
    "LF, until it closes": [b"HTTP/1.0 200 OK\n\nhi", b"\n\nhi"],
    "LF, chunks": [CHUNKED],
}
INTERIM = {
    "at once": [b"HTTP/1.1 103 Hints\nLink: x\n\n" + LF],
    "later": [b"HTTP/1.1 103 Hints\n\nHTTP", LF[4:]],
}
REFUSED = {
    "no HTTP": [b"hello\n\n"],
    "half a head": [b"HTTP/1.1 200 OK\nServer: a\n"],
    "a space before the colon": [LF.replace(b"r:", b"r :")],
    "chunks with LF alone": [CHUNKED.replace(b"\r\n", b"\n")],
    "too short": [LF[:-1]],
}


@pytest.fixture(autouse=True)
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in Locust; it is taken back."""
    name = "HTTPSocketPoolResponse"
    monkeypatch.setattr(
        geventhttpclient.client, name, getattr(geventhttpclient.client, name)
    )
    accept_bare_lf()


def ask(parts: list[bytes], at_once: int) -> tuple[int, bytes]:
    """Ask with a client that reads so many bytes at once."""
    with serving(answer(*parts)) as server:
        client = HTTPClient(
            "127.0.0.1", server.port, network_timeout=5, block_size=at_once
        )
        try:
            got = client.get("/")
            return got.status_code, bytes(got.read())
        finally:
            client.close()


@pytest.mark.parametrize("at_once", [1, 7, 4096])
@pytest.mark.parametrize("parts", TAKEN.values(), ids=TAKEN)
def test_it_takes_what_the_lean_client_takes(parts: list[bytes], at_once: int) -> None:
    assert ask(parts, at_once) == (200, b"hi\n\nhi")
    response = Response()
    if not response.receive(b"".join(parts)):
        response.end()
    assert (response.status_code, response.content) == (200, b"hi\n\nhi")


@pytest.mark.parametrize("parts", INTERIM.values(), ids=INTERIM)
def test_so_it_does_after_an_interim_response(parts: list[bytes]) -> None:
    """Not byte by byte: geventhttpclient loses a body that comes later than this."""
    assert ask(parts, 4096) == (200, b"hi\n\nhi")


@pytest.mark.parametrize("at_once", [1, 4096])
@pytest.mark.parametrize("parts", REFUSED.values(), ids=REFUSED)
def test_it_refuses_what_the_lean_client_refuses(
    parts: list[bytes], at_once: int
) -> None:
    with pytest.raises(HTTPParseError):
        ask(parts, at_once)
    response = Response()
    with pytest.raises(ResponseError):
        response.receive(b"".join(parts))
        response.end()
