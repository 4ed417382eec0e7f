"""The locustfile by hand: which failures there are, and what is lost with a disk.

Never imported here: Locust makes all of Python's blocking calls gevent's.
"""

from __future__ import annotations

import csv
import json
import socket
import struct
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import preloaded

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "servers/protocol/page.html"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"


def locust(port: int, *options: str | Path) -> list[str]:
    return [
        *(sys.executable, "-m", "locust", "-f", "load/locustfile.py", "--headless"),
        *("--users", "1", "--spawn-rate", "1", "--think-min", "0", "--think-max", "0"),
        *("--request-timeout", "0.5", "--host", f"http://127.0.0.1:{port}"),
        *("--longest", "20", *map(str, options)),
    ]


def run(words: list[str]) -> subprocess.CompletedProcess[str]:
    return preloaded.run("locust", words[3:], ROOT, 30)


@contextmanager
def answering(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server of one thread that treats each connection so; gives its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                    with connection:
                        behave(connection)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    connection.recv(9999)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def answer(response: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(9999)
        connection.sendall(response)

    return behave


def hang(connection: socket.socket) -> None:
    connection.recv(9999)
    connection.settimeout(5)
    connection.recv(1)  # until the client gives up


FAILURES = {
    "reset": (reset, "", "Connection reset by peer"),
    "silence": (hang, "", "timed out reading"),
    "status": (
        answer(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
        "503",
        "HTTP 503",
    ),
    "other page": (answer(OK % 5 + b"hello"), "200", "wrong body: 5 bytes for 14,939"),
    "closed at once": (lambda connection: None, "", ""),
    "short body": (answer(OK % 14_939 + b"hello"), None, ""),
    "no HTTP": (answer(b"hello\r\n\r\n"), "", ""),
}


@pytest.mark.parametrize("behave, status, error", FAILURES.values(), ids=FAILURES)
def test_kinds_of_failure(
    tmp_path: Path,
    behave: Callable[[socket.socket], None],
    status: str | None,
    error: str,
) -> None:
    with answering(behave) as port:
        words = locust(
            port, "--stop-at-first-failure", "--record", tmp_path, "--body", PAGE
        )
        assert run(words).returncode == 0
    with (tmp_path / "requests.csv").open() as file:
        [row] = csv.DictReader(file)
    assert row["error"]
    if status is not None:
        assert row["status"] == status
    if error:
        assert row["error"] == error
    assert str(port) not in row["error"]  # a kind, the same in every run
    assert json.loads((tmp_path / "stopped.json").read_text())["users"] == 1


def test_refused_and_full_queue(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listening:
        port = listening.getsockname()[1]
        # Fill the queue: from now on the kernel drops connection requests.
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        words = locust(port, "--stop-at-first-failure", "--record", tmp_path)
        assert run(words).returncode == 0
        assert "timed out connecting" in (tmp_path / "requests.csv").read_text()
        for client in waiting:
            client.close()
    assert run(words).returncode == 0
    text = (tmp_path / "requests.csv").read_text()
    assert "Connection refused connecting" in text


def test_record_that_cannot_be_written_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "requests.csv").symlink_to("/dev/full")
    with answering(answer(OK % 5 + b"hello")) as port:
        words = locust(port, "--stop-after-requests", "100000", "--record", tmp_path)
        done = run(words)
    assert done.returncode == 1
    assert "the record cannot be written: No space left on device" in done.stderr
    assert not (tmp_path / "stopped.json").exists()


def test_missing_body_is_one_line() -> None:
    done = run(locust(1, "--body", "nowhere.html"))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("nowhere.html: there is no such file")


def test_by_hand_with_the_web_ui(eventually: Callable[..., None]) -> None:
    """As in its docstring: with the web UI, where a run is started by a person.

    The first one has a host that users cannot ask.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        ui = probe.getsockname()[1]
    words = [
        *(sys.executable, "-m", "locust", "-f", "load/locustfile.py"),
        *("--web-host", "127.0.0.1", "--web-port", str(ui)),
        *("--think-min", "0.4", "--think-max", "0.4"),
    ]
    with answering(answer(OK % 5 + b"hello")) as port:
        process = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            base = f"http://127.0.0.1:{ui}"

            def up() -> bool:
                try:
                    return urllib.request.urlopen(base, timeout=2).status == 200
                except OSError:
                    return False

            eventually(up)

            def swarm(scheme: str) -> None:
                form = f"user_count=2&spawn_rate=2&host={scheme}://127.0.0.1:{port}"
                data = form.encode()
                urllib.request.urlopen(f"{base}/swarm", data, timeout=600).close()

            def stats() -> Any:
                with urllib.request.urlopen(f"{base}/stats/requests") as told:
                    return json.load(told)

            swarm("https")
            eventually(lambda: stats()["state"] == "stopped")
            swarm("http")
            eventually(lambda: stats()["user_count"] == 2)
            # So many take a second: what the first run has left would have ended it.
            eventually(lambda: stats()["stats"][-1]["num_requests"] >= 6)
        finally:
            process.terminate()
            process.wait(timeout=20)
