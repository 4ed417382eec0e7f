"""A run over several hosts: its record, its verdict, and what makes it fail."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import psutil
import pytest
import yaml

from contract.record import FILES
from tests.conftest import ROOT
from tests.load.conftest import left_in, requests
from tests.load.hosts.conftest import ENDLESS, ONE, Runs, holding, of, under_load
from tests.load.hosts.rig import Rig, free_port


def test_a_burst_is_as_exact_as_on_one_host(runs: Runs, hosts: Rig) -> None:
    with busy(hosts, "load2"):
        cell = runs.measure(users=6, experiment__requests=600)
    rows = requests(cell)
    assert len(rows) == 600
    assert {row["error"] for row in rows} == {""}
    assert max(int(row["users"]) for row in rows) == 6
    ends = [float(row["start_s"]) * 1000 + float(row["response_ms"]) for row in rows]
    # The clocks of these hosts are hours apart, and their rows are in one order.
    assert all(later > earlier - 0.01 for earlier, later in pairwise(ends))
    assert float(rows[0]["start_s"]) >= 0 and ends[-1] < 60_000
    known = runs.run_json()
    assert known["stopped"]["reason"] == "requests"
    told = known["provenance"]["hosts"]
    assert list(told) == ["server", "load1", "load2"]
    assert {host["clock"]["drift_ms"] < 1 for host in told.values()} == {True}
    assert told["load1"]["connect_ms"] > 0
    assert told["load1"]["share"] + told["load2"]["share"] == pytest.approx(
        1, abs=0.001
    )
    assert [each["name"] for each in told["load2"]["others"]] == ["other"]
    assert "other" not in [each["name"] for each in told["load1"]["others"]]
    assert told["server"]["interface"]["mtu"] == 1500
    assert known["machine"]["speed_ms"]["before"] > 0
    assert known["telemetry"]["server"]["user_s"] > 0
    analysed = [sys.executable, "-m", "analysis", "cell", str(cell)]
    subprocess.run(analysed, cwd=ROOT, check=True, timeout=300)
    result = json.loads((cell / "result.json").read_text())
    assert result["row"]["requests"] == 600
    evidence = result["evidence"]
    assert evidence["server"]["cpu"] > 0 and evidence["generator"]["busiest"] > 0
    assert evidence["network"]["link"] is not None


def test_the_first_failure_is_searched_from_a_worker(runs: Runs) -> None:
    """What comes before the record is done on the users' side. This host is one."""
    cell = runs.measure(
        {"load": ["here", "load1"]},
        experiment="first_fail",
        experiment__start_users="auto",
        experiment__max_s=4,
        users=40,
        hatch_rate=20,
        load__think_max_s=0.5,
    )
    known = runs.run_json()
    assert known["stopped"]["requests_before"] > 0
    assert known["stopped"]["start"]["capacity_rps"] > 0
    assert list(known["provenance"]["hosts"]) == ["server", "here", "load1"]
    assert {path.name for path in cell.iterdir()} == set(FILES)
    assert yaml.safe_load((cell / "config.yaml").read_text())["users"] == 40


OTHER = """\
import ctypes, time
ctypes.CDLL(None).prctl(15, b"other")  # PR_SET_NAME
while True:
    sum(range(100_000))
    time.sleep(0.01)
"""


@contextmanager
def busy(rig: Rig, name: str) -> Iterator[None]:
    """Let a program run on a host that is none of the run's, for a minute at most."""
    first = str(rig.hosts[name].first.pid)
    words = ["nsenter", "--target", first, "--pid", "--mount", "timeout", "60"]
    with subprocess.Popen([*words, sys.executable, "-c", OTHER]) as process:
        yield
        process.terminate()


@contextmanager
def taken(rig: Rig, port: int) -> Iterator[None]:
    """Let something listen on a port of the server's host."""
    code = (
        "import socket, sys\n"
        f"s = socket.create_server(('198.18.1.1', {port}))\n"
        "print(flush=True); sys.stdin.read()"
    )
    words = rig.hosts["server"].command(sys.executable, "-c", code)
    with holding(words):
        yield


def test_a_port_that_is_taken(runs: Runs, hosts: Rig) -> None:
    port = free_port()
    with taken(hosts, port):
        line = runs.fails(runs.start(server__port=port))
    assert line.startswith(f"host server: server.port={port}: something listens on")


def test_no_python_there(runs: Runs) -> None:
    line = runs.fails(runs.start({"python": "/nowhere/python"}))
    assert line.startswith("host server: no agent could be started: ")
    assert "/nowhere/python" in line


def test_another_key_of_a_host(runs: Runs, hosts: Rig) -> None:
    known = hosts.folder / "known_hosts"
    before = known.read_text()
    key = (hosts.folder / "load2" / "host_key.pub").read_text()
    lines = before.splitlines(keepends=True)
    known.write_text("".join([lines[0], f"198.18.1.2 {key}", lines[2]]))
    try:
        line = runs.fails(runs.start())
    finally:
        known.write_text(before)
    assert line == (
        "host load1: no agent could be started: Host key verification failed."
    )


def test_other_code_there(runs: Runs, hosts: Rig) -> None:
    copies = [host.path("/tmp/code") for host in hosts.hosts.values()]
    try:
        for copy in copies:
            for part in ("conf", "contract", "load", "servers"):
                shutil.copytree(ROOT / part, copy / part)
        with (copies[-1] / "load/run.py").open("a") as file:
            file.write("# another\n")
        _, said = runs.start({"folder": "/tmp/code"}).communicate(timeout=600)
    finally:
        for copy in copies:
            shutil.rmtree(copy)
    assert "host load2: the code that measures is not the same there as here" in said


def test_a_master_that_is_not_reached(runs: Runs) -> None:
    line = runs.fails(runs.start({"master": "198.18.1.99"}))
    assert line == "network.hosts.master=198.18.1.99: not an address of this host"


@pytest.mark.parametrize(
    "host, word, line",
    [
        ("load1", "locust", "host load1: Locust's worker 0 was ended by signal 9"),
        ("load2", "load.agent", "host load2: its agent has ended"),
        ("server", "load.agent", "host server: its agent has ended"),
    ],
)
def test_what_is_killed_under_load_is_named(
    runs: Runs,
    hosts: Rig,
    eventually: Callable[..., None],
    host: str,
    word: str,
    line: str,
) -> None:
    process = runs.start(**ENDLESS)
    under_load(runs, eventually)
    of(hosts, host, word).kill()
    _, said = process.communicate(timeout=600)
    assert process.returncode == 1
    assert line in said
    assert "Traceback" not in said
    eventually(runs.is_nothing_left, 60)
    runs.check_left()


def test_a_server_that_dies_is_the_result(
    runs: Runs, hosts: Rig, eventually: Callable[..., None]
) -> None:
    process = runs.start(ONE, **ENDLESS)
    under_load(runs, eventually)
    of(hosts, "server", "servers").kill()
    _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    assert runs.run_json()["crashed"].startswith("signal 9")
    runs.check_left()


@pytest.mark.parametrize("what", ["runner", "ssh"])
def test_nothing_is_left_when_this_side_dies(
    runs: Runs, eventually: Callable[..., None], what: str
) -> None:
    process = runs.start(ONE, **ENDLESS)
    under_load(runs, eventually)
    if what == "runner":
        process.kill()
        process.communicate()
    else:
        [ssh, *_] = [
            p for p in psutil.Process(process.pid).children() if p.name() == "ssh"
        ]
        ssh.kill()
        _, said = process.communicate(timeout=600)
        assert "host server: its agent has ended (signal 9)" in said
    eventually(runs.is_nothing_left, 60)
    eventually(lambda: not left_in(runs.folder), 60)


def test_a_link_that_is_cut(
    runs: Runs, hosts: Rig, eventually: Callable[..., None]
) -> None:
    """OpenSSH notices it here, and the silence there ends what was started."""
    process = runs.start(ONE, **ENDLESS)
    under_load(runs, eventually)
    subprocess.run(hosts.command("ip", "link", "set", "port0", "down"), check=True)
    try:
        _, said = process.communicate(timeout=600)
        assert "host server: its agent has ended: Timeout, server 198.18.1.1" in said
        eventually(runs.is_nothing_left, 60)
    finally:
        subprocess.run(hosts.command("ip", "link", "set", "port0", "up"), check=True)


def test_the_code_is_brought(runs: Runs, hosts: Rig) -> None:
    places = [host.path("/tmp/code") for host in hosts.hosts.values()]
    brought = {"install": True, "folder": "/tmp/code"}
    try:
        process = runs.start(brought)
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
        assert all((place / "load" / "run.py").is_file() for place in places)
    finally:
        for place in places:
            shutil.rmtree(place, ignore_errors=True)
    runs.check_left()


def test_only_what_was_brought_is_replaced(runs: Runs, hosts: Rig) -> None:
    mine = hosts.hosts["server"].path("/tmp/mine")
    mine.mkdir()
    (mine / "load").touch()
    try:
        brought = {"install": True, "folder": "/tmp/mine"}
        _, said = runs.start(brought).communicate(timeout=600)
        assert [path.name for path in mine.iterdir()] == ["load"]
    finally:
        shutil.rmtree(mine)
    [line] = [text for text in said.splitlines() if text.startswith("firstfail: ")]
    assert line.endswith(
        "host server: the code was not brought there: /tmp/mine is there, and "
        "firstfail has not brought it: set hosts.folder"
    )
