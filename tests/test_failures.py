"""Each failure that load can write is one that analysis can tell apart."""

from __future__ import annotations

import ast
import errno
import os
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import load
from analysis.diagnosis.causes import cause
from analysis.texts import speaking
from analysis.translation import translated
from contract import failures
from load.client import attendance
from load.client.lean_client import LeanClient
from load.client.malformed import at_once, in_body, in_head
from load.client.target import RequestError, attendance_target, page_target
from load.users.failure_kind import failure, wrong_page
from tests.analysis.english import words
from tests.analysis.known import known
from tests.load.scripted import (
    CLOSE,
    Behaviour,
    answer,
    close_at_once,
    hang,
    keep,
    reset,
    serving,
)

LOAD = Path(load.__file__).parent
# Of whatever failure, something that was read speaks for a cause.
EVIDENCE = known(server__resets_sent=3)
WAITED_FOR = {"server-cpu": 1.0}
RIGHT = b"hello"


def over_http(behaviour: Behaviour) -> Callable[[], str]:
    """Return what asks a server for a page, and tells of the failure."""

    def ask() -> str:
        with serving(behaviour) as server:
            client = LeanClient(page_target(server.url, "/"), timeout_s=0.2)
            try:
                reply = client.ask()
            except RequestError as error:
                return failure(error, 1.0, None)
            return wrong_page(reply.status_code, reply.content, RIGHT)

    return ask


def in_attendance(behaviour: Behaviour) -> Callable[[], str]:
    """Return what sends a server a code, and tells of the failure."""

    def ask() -> str:
        with serving(behaviour) as server:
            target = attendance_target(
                f"tcp://127.0.0.1:{server.port}", "6357", keep_alive=False
            )
            try:
                return attendance.wrong_answer(
                    LeanClient(target, timeout_s=5).ask().content
                )
            except RequestError as error:
                return failure(error, 1.0, None)

    return ask


def without_a_server(url: str = "http://127.0.0.1:1") -> str:
    with pytest.raises(RequestError) as told:
        LeanClient(page_target(url, "/"), timeout_s=0.1).ask()
    return failure(told.value, 1.0, None)


@contextmanager
def no_more_files() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def without_files() -> str:
    without_a_server()  # what the hub opens is open from here on
    with no_more_files():
        return without_a_server()


def without_accepting() -> str:
    """Return the failure to connect to a server whose queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        address = listening.getsockname()
        with socket.create_connection(address):
            return without_a_server(f"http://127.0.0.1:{address[1]}")


# What `load/users/lean_user.py` says, which loads all of Locust.
TOO_MANY_WAITING = f"{failures.NOT_SENT}: 100 requests of this user were waiting"
PROVOKED: dict[str, tuple[str, Callable[[], str]]] = {
    "timed out connecting": (failures.TIMED_OUT, without_accepting),
    "timed out reading": (failures.TIMED_OUT, over_http(hang)),
    "refused": (os.strerror(errno.ECONNREFUSED), without_a_server),
    "reset": (os.strerror(errno.ECONNRESET), over_http(reset)),
    "no file": (failures.NO_FILE[0], without_files),
    "no response": (failures.NO_RESPONSE, over_http(close_at_once)),
    "no HTTP": (failures.BAD_RESPONSE, over_http(answer(b"hello\r\n\r\n"))),
    "no head": (failures.BAD_RESPONSE, over_http(answer(b"HTTP/1.1 200 OK\r\n"))),
    "cut": (failures.SHORT_BODY, over_http(answer(CLOSE % 9 + b"hel"))),
    "chunks cut": (
        failures.SHORT_BODY,
        over_http(
            answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n")
        ),
    ),
    "status": (
        failures.STATUS,
        over_http(answer(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")),
    ),
    "wrong body": (failures.WRONG_BODY, over_http(keep(b"bye"))),
    "slow": (failures.TOO_SLOW, lambda: failure(None, 600.0, 500.0)),
    "no answer": (failures.NO_ANSWER, in_attendance(close_at_once)),
    "answer cut": (failures.CUT_ANSWER, in_attendance(answer(b"O"))),
    "answer too long": (failures.BAD_ANSWER, in_attendance(answer(b"OK\nOK\n"))),
    "wrong answer": (failures.WRONG_ANSWER, in_attendance(answer(b"NO\n"))),
    # A user with too many requests in flight, and a range of ports that is used up,
    # take a run of their own.
    "not sent": (failures.NOT_SENT, lambda: TOO_MANY_WAITING),
    "no port": (failures.NO_PORT, lambda: os.strerror(errno.EADDRNOTAVAIL)),
}


@pytest.mark.parametrize("beginning, provoke", PROVOKED.values(), ids=PROVOKED)
def test_a_failure_that_load_writes_has_a_cause(
    beginning: str, provoke: Callable[[], str]
) -> None:
    text = provoke()
    assert text.startswith(beginning)
    assert cause(text, EVIDENCE, WAITED_FOR)
    with speaking("ko"):
        assert words(translated(text)) == [], text


MALFORMED = (
    *(b"<p>", b" a:b", b"a", b":a", b"a :b", b"a b:c", b"(:b", b"a:b\rc", b"a:\x01"),
    *(b"Content-Length:x", b"Content-Length:1\r\nContent-Length:1"),
    b"Content-Length:1\r\nTransfer-Encoding:chunked",
)
CHUNKS = ("Invalid character in chunk size", "Expected LF after chunk size")


def test_what_is_malformed_is_said_in_korean() -> None:
    heads = [b"HTTP/1.1 200 OK\r\n" + line for line in MALFORMED]
    heads += [b"HTTP/2 200", b"HTTP/1.1 OK"]
    wrong = [
        *(in_head(head + b"\r\n\r\n", "") for head in heads),
        *(at_once(data) for data in (b"\r", b" ", b"http", b"<p>")),
        *(in_body(message) for message in (*CHUNKS, "Expected LF after chunk data")),
        "its line does not end",
    ]
    assert all(wrong) and len(set(wrong)) == len(wrong) - 1  # twice of one form
    with speaking("ko"):
        assert [text for text in wrong if words(translated(text))] == []


def test_each_beginning_is_provoked() -> None:
    provoked = {beginning for beginning, _ in PROVOKED.values()}
    assert provoked >= set(failures.OURS)


def test_a_failure_begins_as_the_contract_says() -> None:
    """In no module of load a text of its own stands where a failure is raised."""
    raised = [
        (path.name, call.args[0])
        for path in LOAD.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("RequestError", "ResponseError")
    ]
    assert len(raised) > 10
    assert [place for place, text in raised if begins_by_itself(text)] == []


def begins_by_itself(text: Any) -> bool:
    if isinstance(text, ast.JoinedStr):
        return isinstance(text.values[0], ast.Constant)
    return isinstance(text, ast.Constant)


def test_a_text_of_its_own_is_found() -> None:
    own, shared = ast.parse("(f'cut {x}', f'{CUT} {x}')", mode="eval").body.elts
    assert begins_by_itself(own) and not begins_by_itself(shared)
