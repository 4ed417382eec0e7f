"""Attendance: without a socket, and over every architecture as a real process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.protocol.attendance import (
    MAX_CODE,
    OK,
    TOO_LATE,
    TOO_LONG,
    WRONG,
    Attendance,
)
from tests.load.scripted import answer, hang, serving
from tests.servers.conftest import Running, read_all

Start = Callable[..., Running]
CODE = b"6357"
TAKEN = ("--app", "attendance", "--code", CODE.decode())


def say(*parts: bytes, keep_alive: bool = True) -> tuple[bytes, bool]:
    """Return what is answered to these bytes, and whether it is closed then."""
    connection = Attendance(CODE, keep_alive)
    answers = [step for part in parts for step in connection.receive(part)]
    return b"".join(step for step in answers if isinstance(step, bytes)), (
        connection.closing
    )


@pytest.mark.parametrize(
    "said, answer, closes",
    [
        (b"6357\n", OK, False),
        (b"6357\r\n", OK, False),
        (b"6358\n", WRONG, False),
        (b"\n", WRONG, False),
        (b"6357\x00\n", WRONG, False),
        (b" 6357\n", WRONG, False),
        (b"6357", b"", False),
        (b"6357\n1\n6357\n", OK + WRONG + OK, False),
        (b"6" * MAX_CODE + b"\r\n", WRONG, False),
        (b"6" * MAX_CODE + b"\r", b"", False),
        (b"6" * (MAX_CODE + 1), TOO_LONG, True),
        (b"6" * (MAX_CODE + 1) + b"\n", TOO_LONG, True),
        (b"6" * MAX_CODE + b"\r\r\n", TOO_LONG, True),
        (b"6357\n" + b"6" * 100 + b"\n6357\n", OK + TOO_LONG, True),
    ],
)
def test_answers(said: bytes, answer: bytes, closes: bool) -> None:
    assert say(said) == (answer, closes)


def test_one_code_a_connection() -> None:
    assert say(b"6357\n6357\n", keep_alive=False) == (OK, True)


def test_what_is_not_read_is_not_met_by_a_reset() -> None:
    connection = Attendance(CODE, keep_alive=False)
    connection.receive(b"6357\n6357\n")
    assert connection.closing and connection.lingering
    connection = Attendance(CODE, keep_alive=False)
    connection.receive(b"6357\n")
    assert connection.closing and not connection.lingering


def test_many_codes_at_once_are_one_write() -> None:
    assert Attendance(CODE, True).receive(b"\n" * 1000) == [WRONG * 1000]


def test_the_next_answer_is_the_last_once_it_has_to_finish() -> None:
    connection = Attendance(CODE, True)
    connection.receive(b"6357\n")
    assert not connection.closing
    connection.finish()
    assert connection.receive(b"6357\n") == [OK]
    assert connection.closing


def test_too_late() -> None:
    connection = Attendance(CODE, True)
    assert connection.time_out() == b""  # nothing had begun
    connection = Attendance(CODE, True)
    connection.receive(b"63")
    assert not connection.idle
    assert connection.time_out() == TOO_LATE


@given(st.lists(st.sampled_from([b"6357", b"1", b"\n", b"\r", b"7" * 80])), st.data())
def test_split_anywhere(words: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(words)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    parts = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert say(*filter(None, parts)) == say(whole)


def call(server: Running, code: str) -> subprocess.CompletedProcess[str]:
    where = ["--host", server.host, "--port", str(server.port)]
    return ask(*where, "--code", code)


def ask(*options: str | bytes) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "load.client.attendance", *options],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )


def test_over_every_architecture(start: Start, architecture: str) -> None:
    server = start(architecture, *TAKEN, "--request-timeout", "0.3")
    assert server.ask(b"6357\n") == OK
    assert server.ask(b"6358\r\n") == WRONG
    assert server.ask(b"6" * 1000) == TOO_LONG
    with server.connect() as late:
        late.sendall(b"63")
        assert read_all(late) == TOO_LATE
    assert server.stop() == 0


def test_client(start: Start) -> None:
    server = start("select", *TAKEN)
    taken = call(server, "6357")
    assert (taken.returncode, taken.stdout, taken.stderr) == (0, "OK\n", "")
    refused = call(server, "1")
    assert (refused.returncode, refused.stdout) == (1, "NO: wrong code\n")
    server.stop()
    [line] = call(server, "6357").stderr.splitlines()
    assert "Connection refused" in line


WHERE = ("--host", "127.0.0.1", "--code", "1", "--port", "1")  # the last one counts
NO_TIME = "it must be over 0 and at most 86,400 seconds"
NO_PORT = "it must be from 1 to 65,535"
NO_CODE = "--code: it must be of 1 to 64 letters, digits and the like, in ASCII"
NO_HOST = "port 1: not the name of a host; --host takes a name or an address"


@pytest.mark.parametrize(
    "options, said",
    [
        *((("--timeout", text), NO_TIME) for text in ("-1", "nan", "inf", "0", "1e9")),
        (("--timeout", "soon"), "--timeout: invalid float value: 'soon'"),
        *((("--port", text), NO_PORT) for text in ("-1", "0", "70000")),
        (("--port", "abc"), "--port: invalid int value: 'abc'"),
        *((("--code", text), NO_CODE) for text in ("", "1\n2", "7" * 65, "é", "\x1b")),
        (("--code", b"\xff"), NO_CODE),
        (("--host", "a..b"), f"a..b {NO_HOST}"),
        (("--host", "a" * 70), f"{'a' * 70} {NO_HOST}"),
        (("--host", "a\nb..c"), rf"a\nb..c {NO_HOST}"),
        (("--host", b"\xff"), NO_HOST),
        (("--host", ""), "--host: it must be a name or an address"),
        (("more\n",), r"unrecognized arguments: more\n"),
    ],
)
def test_client_asked_wrongly(options: tuple[str | bytes, ...], said: str) -> None:
    done = ask(*WHERE, *options)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.endswith(said)


def test_client_without_a_code() -> None:
    done = ask("--port", "1")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.endswith("the following arguments are required: --code")


def test_client_shows_an_answer_that_moves_no_cursor() -> None:
    with serving(answer(b"\x1b[2J\a\xff\n")) as server:
        done = ask("--port", str(server.port), "--code", "1")
    assert (done.returncode, done.stdout) == (1, "\\x1b[2J\\x07\ufffd\n")


@pytest.mark.parametrize(
    "parts, said",
    [
        ((), "no answer"),
        ((b"OK",), "bad answer: no line"),
        ((b"O",) * 1_000, "bad answer: its line does not end"),
    ],
)
def test_client_of_a_server_that_does_not_answer(
    parts: tuple[bytes, ...], said: str
) -> None:
    """However slowly it sends what does not end."""
    with serving(answer(*parts, after=lambda: Event().wait(0.05))) as server:
        words = ("--port", str(server.port), "--code", "1", "--timeout", "0.5")
        began = time.monotonic()
        done = ask(*words)
        assert time.monotonic() - began < 20
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"127.0.0.1 port {server.port}: {said}\n"


def test_client_of_a_server_that_is_silent() -> None:
    with serving(hang) as server:
        done = ask("--port", str(server.port), "--code", "1", "--timeout", "0.2")
    assert done.returncode == 2
    assert done.stderr == f"127.0.0.1 port {server.port}: no answer within 0.2 s\n"


@pytest.mark.parametrize(
    "options, said",
    [
        (["--app", "attendance"], "--code must give a code"),
        (["--app", "attendance", "--code", ""], "--code must give a code"),
        (["--app", "attendance", "--code", "1\n2"], "--code must give a code"),
        (["--app", "attendance", "--code", "7" * 65], "--code must give a code"),
        (["--code", "6357"], "add --app attendance"),
    ],
)
def test_wrong_options(options: list[str], said: str, root: Path) -> None:
    words = [sys.executable, "-m", "servers", "single", *options]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert said in line
