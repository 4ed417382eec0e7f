"""Real servers, each a process of its own on a free port."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

ARCHITECTURES = (
    *("single", "multiprocess", "multithread", "select"),
    *("multiprocess_join", "multithread_join"),
    *("thread_pool", "prefork", "prethread"),
    *("poll", "epoll", "epoll_edge", "asyncio", "asyncio_uvloop"),
    *("reuseport", "event_pool", "gevent"),
)
ONE_AT_A_TIME = ("single", "multiprocess_join", "multithread_join")
# Those that start a worker for each connection, and those that have a pool of them.
WORKER_EACH = ("multiprocess", "multithread")
POOLS = ("thread_pool", "prefork", "prethread")
REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


def assert_one_line(root: Path, words: list[str], named: str) -> None:
    """`python -m` with these words fails, and says why on one line that has `named`."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert named in done.stderr


@dataclass
class Running:
    """A server that listens."""

    process: subprocess.Popen[str]
    host: str
    port: int

    def connect(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=15)

    def ask(self, request: bytes = REQUEST) -> bytes:
        """Send a request; return all that comes back until the server closes."""
        with self.connect() as client:
            client.sendall(request)
            return read_all(client)

    def family(self) -> list[psutil.Process]:
        """Its process and all below it."""
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    def sum(self, reading: Callable[[psutil.Process], float]) -> float:
        """Return the sum of `reading` of its processes; one that ends has none."""
        total = 0.0
        for process in self.family():
            with contextlib.suppress(psutil.Error):
                total += reading(process)
        return total

    def cpu_s(self) -> float:
        """CPU time that it has used, with children that have ended."""
        return self.sum(lambda process: sum(process.cpu_times()[:4]))

    def connections(self) -> int:
        """How many connections it has accepted and not closed, in all its processes."""
        port = f":{self.port:04X} "
        rows = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
        found = 0
        # Other tests may have left thousands of closed ones.
        for row in (row for row in rows if port in row):
            _, local, _, state, *_, inode = row.split()[:10]
            # One that waits to be accepted, or is closed, is no process's.
            mine = local.endswith(port.rstrip()) and inode != "0"
            found += mine and state != "0A"  # which is the one that listens
        return found

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=15)


def read_all(client: socket.socket) -> bytes:
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


def read_response(client: socket.socket) -> tuple[bytes, bytes]:
    """Read one response with a Content-Length; return its head and its body."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = client.recv(65536)
        assert part, f"closed after {got!r}"
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    match = re.search(rb"Content-Length: (\d+)", head)
    assert match
    while len(body) < int(match[1]):
        part = client.recv(65536)
        assert part, "closed within the body"
        body += part
    return head, body


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


@pytest.fixture(scope="session")
def page(root: Path) -> bytes:
    return (root / "servers/protocol/page.html").read_bytes()


@pytest.fixture(params=ARCHITECTURES)
def architecture(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def start(root: Path) -> Iterator[Callable[..., Running]]:
    """Start a server with these options; it is killed after the test."""
    with starting(root) as start:
        yield start


@pytest.fixture(scope="module", params=ARCHITECTURES)
def served(request: pytest.FixtureRequest, root: Path) -> Iterator[Running]:
    """A server of each architecture, for those tests that leave it as it was."""
    with starting(root) as start:
        yield start(request.param)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def keeping(request: pytest.FixtureRequest, root: Path) -> Iterator[Running]:
    """The same of one that keeps connections."""
    with starting(root) as start:
        yield start(request.param, "--keep-alive")


@contextlib.contextmanager
def starting(root: Path) -> Iterator[Callable[..., Running]]:
    started: list[subprocess.Popen[str]] = []

    def start(
        architecture: str, *options: str, wrapper: str = "", **popen: object
    ) -> Running:
        """`wrapper` is Python that starts it otherwise than `-m servers` would."""
        how = ["-c", wrapper] if wrapper else ["-m", "servers"]
        process = subprocess.Popen(
            [sys.executable, *how, architecture, *options],
            cwd=root,
            stdout=subprocess.PIPE,
            text=True,
            **popen,  # type: ignore[call-overload]
        )
        started.append(process)
        line = process.stdout.readline()
        match = re.fullmatch(
            r"\w+: listening on (?:http|tcp)://(?:\[(.+)\]|(.+)):(\d+) \(pid (\d+)\)\n",
            line,
        )
        assert match, line
        assert int(match[4]) == process.pid
        return Running(process, match[1] or match[2], int(match[3]))

    try:
        yield start
    finally:
        for process in started:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
