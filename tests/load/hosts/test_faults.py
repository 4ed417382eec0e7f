"""Faults at each stage of a run: one line that names the host, and nothing left."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from tests.conftest import is_alive
from tests.load.conftest import changed_runner, left_in
from tests.load.hosts.conftest import ENDLESS, ONE, Runs, let_agents_run, of, under_load
from tests.load.hosts.rig import Host, Rig

# Servers that start a `sleep` when a run has come to a stage, and stay in it.
NOT_READY = "sleep 1000"
IN_CHECK = """
import socket, subprocess, sys
with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listening:
    first, _ = listening.accept()
    first.recv(1000)
    first.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
    first.close()
    second, _ = listening.accept()
    subprocess.run(["sleep", "1000"])
"""
NOT_ENDING = """
trap 'exec sleep 1000' TERM
"$@" &
wait
"""
SELECT = "{python} -m servers select --host {host} --port {port} {options}"
STAGES = {
    "before it is ready": NOT_READY,
    "while its page is checked": "{python} /run/in_check {host} {port}",
    "while it is stopped": f"sh /run/not_ending {SELECT}",
}
PAGE = os.sysconf("SC_PAGE_SIZE")
SILENT = changed_runner(
    "from load.hosts import agent\nagent.SILENT_S, agent.ENDING_S = 5.0, 1.0\n"
)
# Agents whose clock goes 2 % faster than the others.
DRIFTING = """
import time
own = time.monotonic
time.monotonic = lambda: own() * 1.02
"""


@pytest.fixture
def stage(request: pytest.FixtureRequest, hosts: Rig) -> dict[str, Any]:
    """Return the settings of a server that stays in a stage."""
    host = hosts.hosts["server"]
    host.path("/run/in_check").write_text(IN_CHECK)
    host.path("/run/not_ending").write_text(NOT_ENDING)
    command = STAGES[request.param]
    return {"impl__command": command, "server__start_s": 60, "server__stop_s": 60}


@pytest.mark.parametrize("what", ["agent", "ssh", "runner"])
@pytest.mark.parametrize("stage", STAGES, indirect=True)
def test_what_is_killed_leaves_nothing(
    runs: Runs,
    hosts: Rig,
    eventually: Callable[..., None],
    stage: dict[str, Any],
    what: str,
) -> None:
    process = runs.start(ONE, **stage)

    def is_in_stage() -> bool:
        assert process.poll() is None, process.communicate()
        there = hosts.hosts["server"].processes()
        return ["sleep", "1000"] in map(words_of, there)  # a shell may sleep as well

    eventually(is_in_stage, 300)
    if what == "agent":
        of(hosts, "server", "load.agent").kill()
    elif what == "ssh":
        [ssh, *_] = [
            p for p in psutil.Process(process.pid).children() if p.name() == "ssh"
        ]
        ssh.kill()
    else:
        process.kill()
    _, said = process.communicate(timeout=600)
    if what != "runner":
        assert the_line(said).startswith("host server: its agent has ended")
    eventually(runs.is_nothing_left, 60)
    eventually(lambda: not left_in(runs.folder), 60)
    assert not (runs.folder / "cell").exists()


def words_of(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def the_line(said: str) -> str:
    """Return the one line in which a run has said why it has no result."""
    [line] = re.findall(r"^firstfail: \S+: (.*)$", said, re.M)
    assert "Traceback" not in said
    return str(line)


@contextmanager
def full_disk(host: Host) -> Iterator[None]:
    """Leave a page of room in the /tmp of a host: Python tries whether it can write."""
    mount = [*host.command(), f"--mount=/proc/{host.first.pid}/ns/mnt", "mount"]
    subprocess.run([*mount, "-o", "remount,size=64k", "/tmp"], check=True)
    filling = host.path("/tmp/filling")
    try:
        with pytest.raises(OSError, match="No space"):
            filling.write_bytes(bytes(10**6))
        os.truncate(filling, filling.stat().st_size - PAGE)
        yield
    finally:
        filling.unlink()
        subprocess.run([*mount, "-o", "remount,size=50%", "/tmp"], check=True)


@pytest.mark.parametrize("name", ["server", "load2"])
def test_a_full_disk(runs: Runs, hosts: Rig, name: str) -> None:
    with full_disk(hosts.hosts[name]):
        _, said = runs.start().communicate(timeout=600)
    assert re.fullmatch(rf"host {name}: .*No space left on device", the_line(said))
    runs.check_left()


def test_an_agent_that_stands_still(
    runs: Runs, hosts: Rig, eventually: Callable[..., None]
) -> None:
    """It dies with its sshd, and its guard ends what it has started."""
    runs.runner = ("-c", SILENT)
    process = runs.start(**ENDLESS)
    under_load(runs, eventually)
    of(hosts, "load1", "load.agent").suspend()
    _, said = process.communicate(timeout=600)
    assert the_line(said) == "host load1: its agent has said nothing for 5 s"
    eventually(runs.is_nothing_left, 60)
    runs.check_left()


def test_a_worker_that_stands_still(
    runs: Runs, hosts: Rig, eventually: Callable[..., None]
) -> None:
    """Its host is too slow to say anything, and its users would make no load."""
    process = runs.start(**ENDLESS)
    under_load(runs, eventually)
    of(hosts, "load2", "locust").suspend()
    _, said = process.communicate(timeout=600)
    assert "on host load2 has sent nothing for 10 s" in the_line(said)
    eventually(runs.is_nothing_left, 60)
    runs.check_left()


def test_an_sshd_that_stands_still(
    runs: Runs, hosts: Rig, eventually: Callable[..., None]
) -> None:
    """OpenSSH notices it here. There, the agent notices that nobody speaks to it."""
    process = runs.start(**ENDLESS)
    under_load(runs, eventually)
    sessions = hosts.hosts["load2"].first.children()
    for session in sessions:
        session.suspend()
    try:
        _, said = process.communicate(timeout=600)
        line = the_line(said)
        assert line.startswith("host load2: its agent has ended: Timeout, server 198.")
        left = hosts.hosts["load2"].processes
        eventually(lambda: not any(is_alive(each) for each in left()), 60)
    finally:
        for session in sessions:
            session.resume()
    eventually(runs.is_nothing_left, 60)
    runs.check_left()


def test_a_clock_that_drifts(runs: Runs, hosts: Rig) -> None:
    """No more than a millisecond: times of several hosts are in one record."""
    python = let_agents_run(hosts, DRIFTING, ["load2"])
    line = runs.fails(runs.start({"python": python}))
    assert re.match(r"host load2: its clock went \d+\.\d ms faster than this ", line)
