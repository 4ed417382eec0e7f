"""All architectures, as real processes: what they share, and what tells them apart."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.servers.conftest import (
    ONE_AT_A_TIME,
    REQUEST,
    Running,
    assert_one_line,
    body,
    read_all,
    read_response,
)

Start = Callable[..., Running]
KEPT = REQUEST  # HTTP/1.1 keeps a connection unless told otherwise


def test_page_is_exact(served: Running, page: bytes) -> None:
    check_page(served, page)


def test_rendered_page_is_exact(start: Start, architecture: str, page: bytes) -> None:
    check_page(start(architecture, "--page", "rendered"), page)


def check_page(server: Running, page: bytes) -> None:
    answer = server.ask()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body(answer) == page
    assert body(server.ask(REQUEST.replace(b"GET", b"HEAD"))) == b""
    assert server.ask(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 404")


def test_listens_on_ipv6(start: Start, architecture: str, page: bytes) -> None:
    server = start(architecture, "--host", "::1")
    assert body(server.ask()) == page


def test_many_at_once(served: Running, page: bytes) -> None:
    clients = [served.connect() for _ in range(60)]
    for client in clients:
        client.sendall(REQUEST)
    for client in clients:
        with client:
            assert body(read_all(client)) == page


def test_keep_alive_and_pipelining(keeping: Running, page: bytes) -> None:
    with keeping.connect() as client:
        for _ in range(3):
            client.sendall(KEPT)
            assert read_response(client)[1] == page
        last = KEPT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        client.sendall(KEPT + KEPT + last)
        assert read_all(client).count(page) == 3


def test_request_in_pieces(served: Running, page: bytes) -> None:
    with served.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in REQUEST:
            client.sendall(bytes([byte]))
        assert body(read_all(client)) == page


def test_response_taken_slowly(keeping: Running, page: bytes) -> None:
    """Partial writes: pipelined pages that no socket's buffer holds at once."""
    count = 400  # about 6 MB
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(15)
        client.connect((keeping.host, keeping.port))
        last = KEPT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        client.sendall(KEPT * (count - 1) + last)
        assert read_all(client).count(page) == count


def test_error_reaches_a_client_that_still_sends(served: Running) -> None:
    with served.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
        client.sendall(b"x" * 300_000)
        assert read_all(client).startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stops_cleanly(
    start: Start,
    architecture: str,
    number: int,
    page: bytes,
    eventually: Callable[..., None],
) -> None:
    """What is in flight is served, who has asked nothing is left, no child stays."""
    server = start(architecture, "--keep-alive", "--grace", "5")
    serial = architecture in ONE_AT_A_TIME  # the second client waits in the queue
    me = psutil.Process(server.process.pid)
    with server.connect() as client:
        client.sendall(REQUEST[:10])
        eventually(lambda: server.connections() == 1)
        with server.connect() as idle:
            if not serial:
                eventually(lambda: server.connections() == 2)
            children = me.children()
            server.process.send_signal(number)
            if not serial:
                assert idle.recv(1) == b""
            client.sendall(REQUEST[10:])
            assert read_response(client)[1] == page
    assert server.process.wait(timeout=10) == 0
    assert not any(child.is_running() for child in children)
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_grace_is_bounded(start: Start, architecture: str) -> None:
    server = start(architecture, "--grace", "0.2")
    with server.connect() as client:
        client.sendall(b"GET /")
        assert server.stop() == 0


@pytest.mark.parametrize("pipelined", [False, True])
def test_client_that_goes_on_asking_does_not_keep_it(
    start: Start, architecture: str, page: bytes, pipelined: bool
) -> None:
    """A kept connection ends with the response after the signal, not the grace."""
    server = start(architecture, "--keep-alive", "--grace", "60")
    with server.connect() as client:
        client.sendall(REQUEST)
        assert read_response(client)[1] == page
        if not pipelined:
            client.sendall(REQUEST[:10])
        server.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 20
        with contextlib.suppress(ConnectionError, AssertionError):
            client.sendall(REQUEST if pipelined else REQUEST[10:])
            while time.monotonic() < deadline:
                client.sendall(REQUEST)
                read_response(client)
        assert server.process.wait(timeout=10) == 0


def test_last_response_says_so(
    start: Start, architecture: str, eventually: Callable[..., None]
) -> None:
    server = start(architecture, "--keep-alive", "--grace", "60")
    with server.connect() as client:
        client.sendall(REQUEST)
        assert b"\r\nConnection: keep-alive" in read_response(client)[0]
        client.sendall(REQUEST[:10])
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: not catches(server.process.pid, signal.SIGTERM))
        client.sendall(REQUEST[10:])
        assert b"\r\nConnection: close" in read_response(client)[0]
        assert client.recv(1) == b""
    assert server.process.wait(timeout=10) == 0


def catches(pid: int, number: int) -> bool:
    """Whether the process has a handler; it gives that up with its first signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(mask.split()[1], 16) >> (number - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_cuts_off_nobody(
    start: Start,
    architecture: str,
    number: int,
    page: bytes,
    eventually: Callable[..., None],
) -> None:
    """As by Ctrl-C, and by what stops a service."""
    server = start(architecture, "--grace", "10", start_new_session=True)
    with server.connect() as client:
        client.sendall(REQUEST[:10])
        eventually(lambda: server.connections() == 1)
        os.killpg(server.process.pid, number)
        eventually(lambda: not catches(server.process.pid, number))
        client.sendall(REQUEST[10:])
        assert body(read_all(client)) == page
    assert server.process.wait(timeout=10) == 0


def test_reuseport_replaces_a_child_that_dies(
    start: Start, page: bytes, eventually: Callable[..., None]
) -> None:
    server = start("reuseport", "--processes", "2")
    me = psutil.Process(server.process.pid)
    eventually(lambda: len(me.children()) == 2)
    before = me.children()
    before[0].kill()
    eventually(lambda: len(me.children()) == 2 and before[0] not in me.children())
    for _ in range(20):  # whichever of the two gets it
        assert body(server.ask()) == page
    assert server.stop() == 0


WRONG = {
    "architecture": (["sellect"], "sellect"),
    "option": (["select", "--bakclog", "3"], "--bakclog"),
    "another's option": (["select", "--max-workers", "3"], "--max-workers"),
    "port": (["select", "--port", "70000"], "70000"),
    "no number": (["select", "--port", "http"], "http"),
    "backlog": (["select", "--backlog", "0"], "0"),
    "page": (["select", "--page", "dynamic"], "static"),
    "CPU time of a page that is not made": (
        ["select", "--page-cpu-ms", "4"],
        "add --page rendered",
    ),
    "too much CPU time": (
        ["select", "--page", "rendered", "--page-cpu-ms", "20000"],
        "a number from 0 to 10,000",
    ),
    "time": (["select", "--grace", "-1"], "-1"),
    "no address": (["select", "--host", "256.1.1.1"], "256.1.1.1"),
    "not ours": (["select", "--host", "192.0.2.1"], "192.0.2.1"),
    "workers": (["multithread", "--max-workers", "0"], "0"),
    "half a number": (["select", "--port", "1.5"], "a whole number from 0 to 65,535"),
    "no page": (["select", "--page-file", "/no/page"], "/no/page"),
    "a folder": (["select", "--page", "file", "--page-file", "/"], "Is a directory"),
    "a page too small": (
        ["select", "--page", "rendered", "--page-file", os.devnull],
        "2,000 to 10,000,000 bytes, and this one 0",
    ),
    "two lines": (["select", "a\nb"], "a b"),
    "a name that is none": (["select", "--host", "a..b"], "a..b"),
    "options first": (["--max-workers", "3", "multithread"], "first word"),
    "nothing": ([], "architecture"),
}


@pytest.mark.parametrize("words, named", WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_line(root: Path, words: list[str], named: str) -> None:
    assert_one_line(root, ["servers", *words], named)


@pytest.mark.parametrize(
    "name, library", [("gevent", "gevent"), ("asyncio_uvloop", "uvloop")]
)
def test_library_that_is_missing_is_one_line(
    root: Path, name: str, library: str
) -> None:
    code = f"import sys; sys.modules[{library!r}] = None; " + (
        "from servers.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, name],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{name}: needs {library}; pip install {library}\n"


def test_help_has_an_architectures_own_options(root: Path) -> None:
    for words, has in ([["multithread", "--help"], True], [["--help"], False]):
        done = subprocess.run(
            [sys.executable, "-m", "servers", *words],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        assert ("--max-workers" in done.stdout) == has


def test_port_in_use_is_one_line(root: Path, start: Start, architecture: str) -> None:
    port = str(start("single").port)
    assert_one_line(root, ["servers", architecture, "--port", port], port)
