"""The agent of a host, started without ssh."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from load.agent.load_host import LoadHost
from load.agent.part import Surroundings
from load.host.locust_home import LOCUSTFILE
from load.hosts.lines import ClosedError, Lines
from tests.conftest import ROOT
from tests.load.conftest import write_config

LOOPBACK = "127.0.0.1"


class Started:
    """An agent, and what it was asked and has answered."""

    def __init__(self, temporary: Path) -> None:
        self.temporary = temporary
        self.process = subprocess.Popen(
            [sys.executable, "-E", "-s", "-m", "load.agent"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.lines = Lines(self.process.stdout.fileno(), self.process.stdin.fileno())
        self.told: list[dict[str, Any]] = []

    def answer(self) -> Any:
        """Return the next answer; an error is one as well.

        The lock of runs may be another's for long.
        """
        while True:
            message = self.lines.receive(1)
            if message is None:
                self.lines.send({})  # a sign of life
                continue
            for name in ("value", "error"):
                if name in message:
                    return message[name]
            self.told.append(message)

    def call(self, name: str, **arguments: Any) -> Any:
        self.lines.send({"call": name, "of": 1, **arguments})
        return self.answer()

    def open(self, part: str, config: dict[str, Any]) -> Any:
        assert self.answer()["most_users"] > 0
        own = {"config": config, "users": 5, "scratch": None, "most_wait_s": 900}
        return self.call("open", part=part, **own)

    def end_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def is_left(self) -> bool:
        """Return whether there is a file of it, or a process that works there."""
        of_it = str(self.temporary)
        words = (
            each.info["cmdline"] or () for each in psutil.process_iter(["cmdline"])
        )
        return any(of_it in " ".join(w) for w in words) or any(self.temporary.iterdir())


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    (tmp_path / "host").mkdir()
    agent = Started(tmp_path / "host")
    yield agent
    agent.process.kill()
    agent.process.wait()
    agent.end_input()
    assert agent.process.stdout is not None
    agent.process.stdout.close()


def cell(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    hosts = {"address": LOOPBACK}
    network = {"name": "lab", "kind": "hosts", "hosts": hosts}
    path = write_config(tmp_path, network=network, **changes)
    config: dict[str, Any] = json.loads(path.read_text())
    return config


def listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex((LOOPBACK, port)) == 0


def test_a_server_is_started_read_and_stopped(
    started: Started, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    facts = started.open("server", cell(tmp_path))
    assert facts["interface"]["name"] == "lo"
    assert started.call("clock") > 0
    prepared = started.call("prepare")
    assert len(base64.b64decode(prepared["body"])) == 14_939
    assert started.call("start") is None
    assert started.call("check_page") is False
    started.call("begin")
    started.call("read")
    assert started.call("end")["server_most_descriptors"] > 0
    rows = [message["row"] for message in started.told if "row" in message]
    assert len(rows) >= 2
    assert {"server_sent_bytes", "server_rss_bytes", "queue"} <= rows[0].keys()
    assert started.call("stop")["how"] == "exit status 0"
    assert started.call("leave")["speed_ms"]["before"] > 0
    started.end_input()
    assert started.process.wait(60) == 0
    eventually(lambda: not started.is_left())


@pytest.mark.parametrize("ended", ["input", "killed"])
def test_nothing_is_left_of_an_agent(
    started: Started, tmp_path: Path, eventually: Callable[..., None], ended: str
) -> None:
    started.open("server", cell(tmp_path, impl="multiprocess"))
    _, port = started.call("prepare")["address"]
    started.call("start")
    started.call("check_page")
    assert listens(port) and started.is_left()
    if ended == "input":
        started.end_input()
    else:
        started.process.kill()
    started.process.wait(60)
    eventually(lambda: not listens(port) and not started.is_left(), 60)


def test_a_server_that_dies_is_told(started: Started, tmp_path: Path) -> None:
    started.open("server", cell(tmp_path))
    started.call("prepare")
    started.call("start")
    started.call("check_page")
    [server] = [
        child
        for child in psutil.Process(started.process.pid).children()
        if "servers" in child.cmdline()
    ]
    server.kill()
    while not any("died" in message for message in started.told):
        message = started.lines.receive(60)
        assert message is not None
        started.told.append(message)
    [died] = [message["died"] for message in started.told if "died" in message]
    assert died.startswith("signal 9")


def test_an_address_that_is_not_there_is_said(started: Started, tmp_path: Path) -> None:
    config = cell(tmp_path)
    config["network"]["hosts"]["address"] = "192.0.2.1"
    said = started.open("server", config)
    assert said.startswith("it has no address 192.0.2.1")
    assert started.process.wait(60) == 1
    with pytest.raises(ClosedError):
        started.lines.receive(60)


def test_other_code_is_named(started: Started, tmp_path: Path) -> None:
    config = cell(tmp_path)
    config["code"]["runner"] = "0" * 12
    started.open("load", config)
    assert started.call("code") == "the code that measures"


def test_workers_read_no_settings_that_lie_about(tmp_path: Path) -> None:
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    for folder in (home, scratch):
        folder.mkdir()
    (home / ".locust.conf").write_text("no-such-option = 1\n")
    runner: Any = SimpleNamespace(tell=lambda **said: None)
    own = {**os.environ, "HOME": str(home), "PYTHONPATH": str(home)}
    host = LoadHost(Surroundings(os.getpid(), scratch, own, runner), cell(tmp_path), 5)
    host.start(["--locustfile", LOCUSTFILE.name, "--list"], None, 0.0)
    for log, worker in host.workers.items():
        assert worker.wait(60) == 0, log.read_text()
