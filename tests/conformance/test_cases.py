"""The chosen cases: what they accept, and that each of them can fail."""

from __future__ import annotations

import socket

import pytest

from conformance.cases.case import LEAVE, MUST, Case, request
from conformance.cases.chosen import CHOSEN, RULES, title
from conformance.cases.groups import CASES
from conformance.client import observe
from conformance.result import sent
from conformance.visit import at

OK = b"HTTP/1.1 200 OK\r\n"
PAGE = b"Content-Length: 4\r\n\r\npage"
# What a server says, whatever it is sent, before it closes.
SAID = {
    "nothing": b"",
    "pages": 3 * (OK + PAGE),
    "another page": OK + b"Content-Length: 4\r\n\r\nroot",
    "chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\npage\r\n0\r\n\r\n",
    "line feeds": b"HTTP/1.1 200 OK\nContent-Length: 4\n\npage",
    "another length": OK + b"Content-Length: 5\r\n\r\n" + OK + PAGE,
    "a hundred": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + PAGE,
    "no keep-alive": 2 * (OK + PAGE),
}
STAYING = [case for case in CHOSEN.values() if LEAVE not in case.sent]


class Scripted:
    """A server that says this, whatever it is sent, and then closes, or `stays`.

    What it says `again` it says to each further piece.
    """

    def __init__(self, said: bytes, stays: bool = False, again: bytes = b"") -> None:
        self.said = said
        self.stays = stays
        self.again = again
        self.readable, self.writable = socket.socketpair()
        self.writable.close()  # something has come

    def __del__(self) -> None:
        self.readable.close()

    def fileno(self) -> int:
        return self.readable.fileno()

    def sendall(self, data: bytes) -> None:
        if not self.said:
            self.said = self.again

    def shutdown(self, how: int) -> None:
        pass

    def recv(self, size: int) -> bytes:
        data, self.said = self.said, b""
        if not data and self.stays:
            raise TimeoutError
        return data


def failing(case: Case) -> set[str]:
    """Return what has to be said for a case to fail."""
    return {
        name
        for name, said in SAID.items()
        if not observe(case, Scripted(said), b"page").good
    }


@pytest.mark.parametrize("case", STAYING, ids=lambda case: case.name)
def test_each_case_can_fail(case: Case) -> None:
    """Those of clients that leave do so by a server that dies (test_trial.py)."""
    assert failing(case)


@pytest.mark.parametrize(
    "name, said",
    [
        ("GET", "another page"),
        ("lines of a head end with CR LF", "line feeds"),
        ("a connection that is closed was said to be", "another page"),
        ("HTTP/1.0 gets no chunks", "chunks"),
        ("HTTP/1.0 gets no 100", "a hundred"),
        ("HTTP/1.0, keep-alive", "no keep-alive"),
        ("HEAD has the length of GET", "another length"),
        ("HEAD", "pages"),
        ("Date", "pages"),
        ("no Host", "pages"),
        ("close", "pages"),
        ("a request after one that says close", "pages"),
        ("a target above the root", "another page"),
        ("an end before anything", "pages"),
        ("100-continue", "nothing"),
    ],
)
def test_what_a_case_does_not_accept(name: str, said: str) -> None:
    assert said in failing(CHOSEN[name])


def answer(*heads: str, body: bytes = b"page", line: str = "HTTP/1.1 200 OK") -> bytes:
    lines = [line, f"Content-Length: {len(body)}", *heads, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize(
    "name, said",
    [
        ("a connection that is closed was said to be", answer("Connection: close")),
        ("a connection that is closed was said to be", answer(line="HTTP/1.0 200 OK")),
        ("a connection that is closed was said to be", 2 * answer()),
        ("HTTP/1.0, keep-alive", 2 * answer("Connection: keep-alive")),
        ("no Host", answer(line="HTTP/1.1 400 Bad Request", body=b"")),
        ("a target of 200,000 bytes", answer(line="HTTP/1.1 414 Too Long")),
        ("a target above the root", answer(line="HTTP/1.1 404 Not Found")),
        ("a target above the root", answer()),
        ("CONNECT without a port", b""),
        ("an end before anything", b""),
        ("Date", answer("Date: Sun, 29 Nov 2026 12:00:00 GMT")),
    ],
)
def test_what_a_case_accepts(name: str, said: bytes) -> None:
    seen = observe(CHOSEN[name], Scripted(said), b"page")
    assert seen.good, seen.line


def test_a_server_that_does_not_close_fails_what_is_about_that_alone() -> None:
    """It would fail all cases else, and cost each of them a time-out."""
    hurried: list[str] = []

    def seen(name: str, said: bytes) -> tuple[str, bool]:
        stays = Scripted(said, stays=True, again=answer())
        observed = observe(CHOSEN[name], stays, b"page", lambda: hurried.append(name))
        return observed[:2]

    closing = answer("Connection: close")
    assert seen("a Host with a port", closing) == ("200 closed", True)
    assert seen("a Host with a port", answer()) == ("200 200 closed", True)
    assert hurried == 2 * ["a Host with a port"]
    assert seen("close", closing) == ("200 open", False)
    assert len(hurried) == 2


def test_who_is_late_is_in_doubt_and_who_is_wrong_is_not() -> None:
    case = CHOSEN["GET"]
    assert observe(case, Scripted(b"", stays=True), b"page").doubt
    assert not observe(case, Scripted(SAID["another page"]), b"page").doubt


def test_any_page_will_do_where_none_is_known() -> None:
    assert observe(CHOSEN["GET"], Scripted(SAID["another page"]), None).good


@pytest.mark.parametrize("length", ["9" * 5_000, "-1", "x", "²"])
def test_a_length_that_is_none_is_not_believed(length: str) -> None:
    said = OK + f"Content-Length: {length}\r\n\r\npage".encode()
    assert observe(CHOSEN["GET"], Scripted(said), b"page").line == "200 closed"


@pytest.mark.parametrize(
    "size, line",
    [
        ("f" * 16, "cut closed"),
        ("f" * 50, "cut closed"),
        ("0" * 15 + "4", "200 closed"),
        ("0" * 50 + "4", "200 closed"),
    ],
)
def test_a_size_of_a_chunk_that_is_none_is_not_believed(size: str, line: str) -> None:
    chunks = f"{size}\r\npage\r\n0\r\n\r\n".encode()
    said = OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks
    assert observe(CHOSEN["GET"], Scripted(said), b"page").line == line


def test_the_chosen_are_what_any_server_must_pass() -> None:
    assert 30 <= len(CHOSEN) <= 45
    shared = [case for case in CHOSEN.values() if case in CASES]
    assert len(shared) > 30
    for case in CHOSEN.values():
        rfc, _ = case.section.split()
        assert rfc in ("9110", "9112") or (rfc == "3986" and "Host" in case.name)
        assert case.level == MUST or "SHOULD" in RULES[case.name] or LEAVE in case.sent
    assert len({title(case) for case in CHOSEN.values()}) == len(CHOSEN)


@pytest.mark.parametrize(
    "path, line",
    [
        (b"/", b"GET / HTTP/1.1"),
        (b"/app/", b"GET /app/ HTTP/1.1"),
        (b"/app?a=b", b"GET /app?a=b HTTP/1.1"),
    ],
)
def test_a_case_is_tried_where_the_page_is(path: bytes, line: bytes) -> None:
    rest = request().partition(b"\r\n")[2]
    assert at(CHOSEN["GET"], path).sent == (line + b"\r\n" + rest,)
    slow = at(CHOSEN["a request line byte by byte"], path).sent
    assert b"".join(map(bytes, slow)) == line + b"\r\n" + rest  # type: ignore[arg-type]
    assert all(len(piece) == 1 for piece in slow)  # type: ignore[arg-type]
    absolute = at(CHOSEN["absolute form"], path).sent[0]
    assert isinstance(absolute, bytes)
    assert absolute.startswith(b"GET http://a" + line[4:])
    hidden = CHOSEN["content that looks like a request"]
    assert b"GET /missing HTTP/1.1" in bytes(at(hidden, path).sent[0])  # type: ignore[arg-type]


def test_what_was_sent_is_one_line() -> None:
    for case in CHOSEN.values():
        assert sent(case).isprintable() and len(sent(case)) < 200
    assert sent(CHOSEN["no Host"]) == r"GET / HTTP/1.1\r\n\r\n"
    assert sent(CHOSEN["a client that leaves before its answer"]).endswith(
        "the client resets the connection and is gone"
    )
    assert sent(CHOSEN["a request line byte by byte"]).endswith(" byte by byte")
