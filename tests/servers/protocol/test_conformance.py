"""The conformance cases, in memory and over sockets; and properties for any bytes."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.conformance.__main__ import try_all
from benchmarks.conformance.properties import check
from conformance.cases.case import MUST, SERVED, Case, request
from conformance.cases.groups import CASES
from conformance.client import observe
from servers.protocol.http import Protocol
from servers.protocol.pages import load_page
from tests.servers.conftest import Running, assert_one_line

PAGE = load_page("static")
SENT = [b"".join(piece for piece in c.sent if isinstance(piece, bytes)) for c in CASES]
SHORT = [sent for sent in SENT if len(sent) < 1_000]


class InMemory:
    """What a client sees of a protocol that has no socket."""

    def __init__(self) -> None:
        self.protocol = Protocol(PAGE, keep_alive=True)
        self.answer = b""
        self.ended = False

    def sendall(self, data: bytes) -> None:
        for step in self.protocol.receive(data):
            assert isinstance(step, bytes)
            self.answer += step

    def shutdown(self, how: int) -> None:
        self.ended = True

    def recv(self, size: int) -> bytes:
        data, self.answer = self.answer[:size], self.answer[size:]
        if not data and not self.protocol.closing and not self.ended:
            raise TimeoutError
        return data


class Scripted:
    """A server that says this, whatever it is sent, and closes."""

    def __init__(self, said: bytes) -> None:
        self.said = said

    def sendall(self, data: bytes) -> None:
        pass

    def shutdown(self, how: int) -> None:
        pass

    def recv(self, size: int) -> bytes:
        data, self.said = self.said, b""
        return data


def page(root: Path) -> bytes:
    return (root / "servers/protocol/page.html").read_bytes()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_protocol_conforms(root: Path, case: Case) -> None:
    line, good, _ = observe(case, InMemory(), page(root))
    assert good, line


@pytest.mark.parametrize("name", ["multithread", "select"])
def test_server_conforms(start: Callable[..., Running], name: str) -> None:
    server = start(name, "--keep-alive")
    seen = try_all(server.port, wait_s=15)
    failed = [(c.name, s[0]) for c, s in zip(CASES, seen, strict=True) if not s[1]]
    assert failed == []


@pytest.mark.parametrize(
    "said, line",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage", "200 closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine", "200? closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npage", "cut closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\npage", "200? garbage closed"),
        (b"HTTP/1.1 200 OK\r\n\r\npage", "200 closed"),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n3\r\npag\r\n1\r\ne\r\n0\r\n\r\n",
            "100 200 closed",
        ),
        (b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n" * 2, "405 405 closed"),
        (b"<html>", "garbage closed"),
        (b"", "closed"),
    ],
)
def test_client_tells_what_it_sees(said: bytes, line: str) -> None:
    case = Case("a case", "9110 9.3.1", MUST, SERVED, (request(),))
    seen = observe(case, Scripted(said), b"page")
    assert seen[:2] == (line, line == "200 closed")


def test_client_notices_a_body_after_head() -> None:
    case = Case("HEAD", "9110 9.3.2", MUST, SERVED, (request(),), heads=1)
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"
    seen = observe(case, Scripted(said), b"page")
    assert seen[:2] == ("200 garbage closed", False)


def test_every_case_has_its_own_name_and_a_section() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 120
    for case in CASES:
        rfc, section = case.section.split()
        assert rfc in ("3986", "9110", "9112", "9113")
        assert section.replace(".", "").isdigit()


@pytest.mark.parametrize("before", [b"", request(), b"\r\n" + request()])
def test_bytes_alone_decide_on_each_case(before: bytes) -> None:
    for sent in SHORT:
        check(before + sent + request(), [len(before) + len(sent) // 2])
        check(before + sent[:-3])
        check(before + sent[:-3], keep_alive=False)


@given(
    pieces=st.lists(st.sampled_from(SHORT) | st.binary(max_size=40), max_size=5),
    places=st.lists(st.floats(0, 1), max_size=6),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3)), max_size=3),
    keep_alive=st.booleans(),
)
@example([b"HEAD / HTTP/1.1\r\n\r\n"], [0.3], [], True)
def test_bytes_alone_decide(
    pieces: list[bytes],
    places: list[float],
    changes: list[tuple[float, bytes]],
    keep_alive: bool,
) -> None:
    data = bytearray(b"".join(pieces))
    for place, put in changes:
        at = int(place * len(data))
        data[at : at + len(put)] = put
    check(bytes(data), [int(place * len(data)) for place in places], keep_alive)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_answered(data: bytes, keep_alive: bool) -> None:
    check(data, (), keep_alive)


def test_table_has_ours_beside_a_peer(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.conformance", "single", "uvicorn"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=500,
        check=True,
    )
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()]
    passed = {row[0]: int(row[3]) for row in rows if row[0] in ("single", "uvicorn")}
    assert passed["single"] == len(CASES) > passed["uvicorn"] > len(CASES) / 2
    assert "\nuvicorn fails " in done.stdout
    assert "\nsingle fails " not in done.stdout


WRONG = {
    "no server of this name": (["conformance", "apache"], "apache"),
    "no file": (["fuzz", "--seconds", "1", "/nowhere"], "/nowhere"),
    "no number": (["fuzz", "--seconds", "x"], "--seconds"),
}
if importlib.util.find_spec("atheris") is None:
    WRONG["no atheris"] = (["fuzz"], "pip install atheris")


@pytest.mark.parametrize("words, named", WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_line(root: Path, words: list[str], named: str) -> None:
    name, *options = words
    assert_one_line(root, [f"benchmarks.{name}", *options], named)
