"""Idle connections: opened, held, counted; and what a server that keeps none says."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from load.address import Address
from load.errors import CellError
from load.host.limits import limit_open_files
from load.idle.process import IdleProcess
from tests.load.conftest import finish, of_runs_in

ROOT = Path(__file__).parents[3]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
KEPT = {"server__keep_alive": True, "server__request_timeout_s": 300.0}
LONG = {"experiment__requests": 10**6, "experiment__max_s": 60}


class Keeping:
    """A server in this process that keeps `most` connections, and no more."""

    def __init__(
        self, listener: socket.socket, most: int, answer: bytes, late_s: float
    ) -> None:
        self.listener = listener
        self.most = most
        self.answer = answer
        self.late_s = late_s
        self.kept: list[socket.socket] = []
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            if len(self.kept) >= self.most:
                connection.close()
                continue
            connection.recv(65_536)
            time.sleep(self.late_s)  # what is tested is a server that takes so long
            connection.sendall(self.answer)
            self.kept.append(connection)


@contextmanager
def keeping(
    most: int = 10**6, answer: bytes = ANSWER, late_s: float = 0
) -> Iterator[Keeping]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Keeping(listener, most, answer, late_s)
        yield server
        for connection in server.kept:
            connection.close()


@pytest.fixture
def hold(tmp_path: Path) -> Callable[..., Any]:
    """Hold idle connections to a port, as a run does."""

    @contextmanager
    def holding(
        port: int, count: int, patience_s: float = 0.5, opening_s: float = 60
    ) -> Iterator[IdleProcess]:
        load = {"timeout_s": patience_s}
        cell = {"idle": count, "impl": {"path": "/"}, "load": load}
        idle = IdleProcess(
            cell, Address("127.0.0.1", port), tmp_path, tmp_path, opening_s
        )
        with idle.holding(dict(os.environ), None, lambda: None):
            yield idle

    return holding


def test_all_are_open_from_the_beginning_to_the_end(hold: Any) -> None:
    with keeping() as server, hold(server.port, 40) as idle:
        assert len(server.kept) == 40
        assert idle.end() == {"opened": 40, "open_at_end": 40}
        # Each has sent one request, and nothing since.
        for connection in server.kept:
            assert connection.recv(65_536) == b""


def test_none_at_all_need_no_process(hold: Any) -> None:
    with hold(1, 0) as idle:
        assert idle.process is None
        assert idle.end() is None


def test_what_the_server_takes_no_more_of_is_counted(hold: Any, tmp_path: Path) -> None:
    with keeping(most=7) as server, hold(server.port, 20) as idle:
        found = idle.end()
        assert found.pop("why")
        assert found == {"opened": 7, "open_at_end": 7}
        assert "7 of 20 opened: " in (tmp_path / "idle.log").read_text()


def test_no_time_for_all_is_no_doing_of_the_server(hold: Any) -> None:
    said = r"^idle=500: \d+ of 500 idle connections were open after 0.6 s, and .*: ask "
    with (
        keeping(late_s=0.05) as server,
        pytest.raises(CellError, match=said),
        hold(server.port, 500, opening_s=0.6),
    ):
        pass
    assert len(server.kept) > 1


def test_no_time_for_more_that_are_refused_is_the_servers(hold: Any) -> None:
    """Its patience would be longer than there is time."""
    with keeping(most=3) as server, hold(server.port, 9, 5, opening_s=0.6) as idle:
        assert idle.end()["opened"] == 3


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
def test_what_the_server_closes_is_counted(hold: Any, words: bytes) -> None:
    with keeping() as server, hold(server.port, 9) as idle:
        for connection in server.kept[:4]:
            connection.sendall(words)
            connection.shutdown(socket.SHUT_WR)
        assert idle.end() == {"opened": 9, "open_at_end": 5}


def test_it_costs_no_cpu_while_they_are_idle(hold: Any) -> None:
    with keeping() as server, hold(server.port, 300) as idle:
        process = psutil.Process(idle.process.pid)
        before = sum(process.cpu_times()[:2])
        with pytest.raises(subprocess.TimeoutExpired):
            idle.process.wait(0.5)  # so long is what it costs looked at
        assert sum(process.cpu_times()[:2]) - before <= 0.02  # two ticks of the kernel


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CLOSING = ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    "answer, named",
    [
        (CLOSING, "it closes the connection after its answer"),
        (ANSWER.replace(b"200 OK", b"503 No"), "it answers with HTTP 503"),
        (ANSWER.replace(b"200 OK", b"302 No"), "it answers with HTTP 302"),
        (b"what?\r\n\r\n", "what?"),
        (CHUNKED + b"-5\r\n", "a length that no answer has"),
        # A newer Python waits for so much.
        (ANSWER.replace(b": 2", b": " + b"9" * 20), ""),
        (ANSWER.replace(b": 2", b": " + b"9" * 18), ""),
        (CHUNKED + b"f" * 16 + b"\r\n", ""),
    ],
)
def test_a_server_that_keeps_none_cannot_be_measured(
    hold: Any, answer: bytes, named: str
) -> None:
    said = r"^idle=3: the server keeps none of these connections open: 0 of 3 opened: "
    with (
        keeping(answer=answer) as server,
        pytest.raises(CellError, match=said) as caught,
        hold(server.port, 3),
    ):
        pass
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_this_side_lacks_is_no_doing_of_the_server(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "load.idle.connections",
        "--host",
        "127.0.0.1",
        "--count",
        "99",
    ]
    with keeping() as server:
        done = subprocess.run(
            [
                *("sh", "-c", 'ulimit -n 30; exec "$@"', "sh", *words),
                *("--port", str(server.port), "--result-file", tmp_path / "told"),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    [line] = done.stdout.splitlines()
    assert line.startswith("Too many open files after ")
    assert not (tmp_path / "told").exists()


def test_a_holder_that_dies_is_told_of(hold: Any) -> None:
    with keeping() as server, hold(server.port, 3) as idle:
        os.kill(idle.process.pid, signal.SIGKILL)
        idle.process.wait()
        with pytest.raises(CellError, match="the process that holds these connections"):
            idle.end()


def test_open_files_are_counted_with_those_of_the_users(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: Any) -> None:
        raise ValueError

    monkeypatch.setattr("load.host.limits.resource.getrlimit", lambda _: (256, 256))
    monkeypatch.setattr("load.host.limits.resource.setrlimit", refused)
    with pytest.raises(CellError) as caught:
        limit_open_files(50, 2000)
    assert "50 users and 2,000 idle connections need 2,250 open files" in str(
        caught.value
    )


def test_a_run_with_idle_connections(
    config: Callable[..., Path],
    run: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
) -> None:
    finish(run(config(idle=50, **KEPT)))
    told = json.loads((tmp_path / "cell" / "run.json").read_text())
    assert told["idle"] == {"opened": 50, "open_at_end": 50}
    words = told["provenance"]["commands"]["server"]
    assert words[words.index("--request-timeout") + 1] == "300"
    assert not list((tmp_path / "cell").glob("idle*"))


def test_a_killed_runner_leaves_no_holder(
    config: Callable[..., Path],
    run: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    eventually: Callable[..., None],
) -> None:
    process = run(config(idle=50, **KEPT, **LONG))
    record = tmp_path / ".cell.unfinished" / "requests.csv"
    eventually(lambda: record.exists() and record.stat().st_size > 1000)
    children = psutil.Process(process.pid).children(recursive=True)
    [holder] = [
        child for child in children if "load.idle.connections" in child.cmdline()
    ]
    process.kill()
    process.wait()
    eventually(lambda: not holder.is_running())
    eventually(lambda: not of_runs_in(tmp_path))
