"""Every architecture takes every kind of step, whatever the client does meanwhile."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.conftest import REQUEST, Running, read_all, read_response

Start = Callable[..., Running]
WAIT_S = 0.05
FILE = bytes(range(256)) * 12_000  # 3 MB, more than the sockets' buffers hold
LAST = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
# A server whose page is all kinds of steps, and of the size that its input tells.
WITH_STEPS = f"""\
import sys
from servers import __main__ as main
from servers.command_line import application
from servers.protocol.steps import File, Wait, Work

path, size = sys.stdin.readline().rsplit(maxsplit=1)

class Page:
    size = int(size) + 4

    def answer(self, head):
        file = File(lambda: open(path, "rb", 0), int(size))
        return [head, Wait({WAIT_S}), Work(lambda: b"made"), file]

application.load_page = lambda *_: Page()
sys.exit(main.main())
"""


@pytest.fixture
def serve(start: Start, architecture: str, tmp_path: Path) -> Callable[..., Running]:
    """Start a server of the file, of which `missing` bytes are not there."""

    def serve(*options: str, missing: int = 0) -> Running:
        path = tmp_path / "file"
        path.write_bytes(FILE)
        reading = (tmp_path / "in").open("w+")
        reading.write(f"{path} {len(FILE) + missing}\n")
        reading.seek(0)
        return start(
            *(architecture, *options),
            wrapper=WITH_STEPS,
            stdin=reading,
            stderr=subprocess.PIPE,
        )

    return serve


def test_steps_of_all_kinds(serve: Callable[..., Running]) -> None:
    """With a request that comes while others wait, and a client that reads slowly."""
    server = serve("--keep-alive")
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(15)
        client.connect((server.host, server.port))
        began = time.monotonic()
        client.sendall(REQUEST)
        assert read_response(client)[1] == b"made" + FILE
        assert time.monotonic() - began >= WAIT_S
        client.sendall(REQUEST)
        head = client.recv(100)  # it waits now
        client.sendall(LAST)
        answers = head + read_all(client)
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.count(b"\r\n\r\nmade" + FILE) == 2


def test_half_closed_client_gets_all_steps(serve: Callable[..., Running]) -> None:
    server = serve("--keep-alive")
    with server.connect() as client:
        client.sendall(REQUEST)
        client.shutdown(socket.SHUT_WR)
        assert read_all(client).endswith(b"\r\n\r\nmade" + FILE)


def test_file_shorter_than_promised_ends_the_connection(
    serve: Callable[..., Running],
) -> None:
    server = serve(missing=1)
    answer = server.ask()
    assert answer.endswith(b"\r\n\r\nmade" + FILE)
    assert server.stop() == 0
    assert "CutShortError: the file has 3,072,000 of the 3,072,001" in told(server)


def test_file_that_is_gone_ends_the_connection(
    serve: Callable[..., Running], tmp_path: Path
) -> None:
    server = serve()
    (tmp_path / "file").unlink()
    assert server.ask().endswith(b"\r\n\r\nmade")
    assert server.stop() == 0
    assert told(server).count("FileNotFoundError: ") == 1


def test_wait_ends_with_the_grace(
    start: Start, architecture: str, eventually: Callable[..., None]
) -> None:
    server = start(architecture, "--page-wait-ms", "60000", "--grace", "0.2")
    with server.connect() as client:
        client.sendall(REQUEST)
        eventually(lambda: server.connections() == 1)
        assert server.stop() == 0


def told(server: Running) -> str:
    """Return what the server has said on stderr."""
    assert server.process.stderr
    return server.process.stderr.read()


def test_told_to_stop_while_steps_wait(serve: Callable[..., Running]) -> None:
    server = serve("--keep-alive", "--grace", "10")
    with server.connect() as client:
        client.sendall(REQUEST)
        assert client.recv(1) == b"H"
        server.process.terminate()
        assert read_all(client).endswith(b"\r\n\r\nmade" + FILE)
    assert server.process.wait(timeout=10) == 0
