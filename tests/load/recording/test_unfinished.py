"""What was in flight when a run ended, of users in one process and in two.

Locust is never imported here: it makes all of Python's blocking calls gevent's.
"""

from __future__ import annotations

import csv
import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.load.conftest import finish, requests
from tests.load.recording.command import in_two_processes, locust, words_of
from tests.load.scripted import CLOSE, answer, answer_in_turn, serving

Config = Callable[..., Path]
Run = Callable[..., subprocess.Popen[str]]


def unfinished(folder: Path) -> list[dict[str, str]]:
    with (folder / "unfinished.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("processes", [1, 2])
def test_all_users_but_the_last_were_waiting(
    config: Config, run: Run, tmp_path: Path, processes: int
) -> None:
    """Twenty who do not think, one after another, for a page that waits 100 ms."""
    finish(
        run(
            config(
                impl="single",
                users=20,
                load__processes=processes,
                load__think_max_s=0.0,
                load__timeout_s=10.0,
                page__wait_ms=100.0,
                experiment__requests=50,
            )
        )
    )
    cell = tmp_path / "cell"
    done, waiting = requests(cell), unfinished(cell)
    at_s = json.loads((cell / "run.json").read_text())["stopped"]["at_s"]
    assert (len(done), len(waiting)) == (50, 19)
    ends = [float(row["start_s"]) + float(row["response_ms"]) / 1000 for row in done]
    assert max(ends) == pytest.approx(at_s, abs=0.001)
    began = [float(row["start_s"]) for row in waiting]
    assert began == sorted(began)
    assert began[0] > 0 and began[-1] <= at_s
    # A user asks again as soon as it has got its response.
    assert all(row["connect_ms"] and not row["first_byte_ms"] for row in waiting)
    for row in done:
        connect, first, whole = (
            float(row[name]) for name in ("connect_ms", "first_byte_ms", "response_ms")
        )
        assert 0 <= connect <= first <= whole
        assert first >= 100


def test_how_far_they_have_come(tmp_path: Path) -> None:
    """Nobody accepts, and two fit into the queue: one of them gives up first.

    Which of those who ask at once come in is the kernel's to say.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listening:
        asked = ("--users", "6", "--spawn-rate", "6", "--stop-after-requests", "1")
        locustfile = Path("load/locustfile.py")
        words = words_of(listening.getsockname()[1], tmp_path, locustfile, *asked)
        assert locust(*words, "--request-timeout", "0.5").returncode == 0
    [gave_up] = requests(tmp_path)
    assert gave_up["error"] == "timed out reading"
    assert gave_up["connect_ms"] and not gave_up["first_byte_ms"]
    waiting = unfinished(tmp_path)
    connected = [bool(row["connect_ms"]) for row in waiting]
    assert sorted(connected) == [*[False] * 4, True]
    assert not any(row["first_byte_ms"] for row in waiting)


# To record a request takes long, as on a busy core.
SLOW = """
import time
from load.recording.record import Record

add = Record.add

def slowly(record, *line):
    time.sleep(0.1)
    return add(record, *line)

Record.add = slowly
from load.locustfile import *
"""


def test_a_run_ends_with_its_last_request(tmp_path: Path) -> None:
    """It ends when that finished, and not when that has been recorded."""
    locustfile = tmp_path / "slow.py"
    locustfile.write_text(SLOW)
    with serving(answer(CLOSE % 5 + b"hello")) as server:
        asked = ("--users", "1", "--spawn-rate", "1", "--stop-after-requests", "2")
        words = words_of(server.port, tmp_path, locustfile, *asked)
        assert locust(*words).returncode == 0
    last = requests(tmp_path)[1]
    at_s = json.loads((tmp_path / "stopped.json").read_text())["at_s"]
    took_s = float(last["response_ms"]) / 1000
    assert float(last["start_s"]) + took_s == pytest.approx(at_s, abs=1e-5)


# Two processes tell the master every half a second, one a quarter after the other.
SELDOM = """
import gevent
from load.recording import worker

worker.SEND_S = 0.5
report = worker.WorkerReporter.report

def late(worker):
    gevent.sleep(0.25 * worker.environment.runner.worker_index)
    report(worker)

worker.WorkerReporter.report = late
from load.locustfile import *
"""


def test_what_a_process_has_not_told_yet_is_not_lost(tmp_path: Path) -> None:
    """What has finished since the run's end was in flight then, whoever tells of it."""
    locustfile = tmp_path / "seldom.py"
    locustfile.write_text(SELDOM)
    with serving(answer_in_turn(20, CLOSE % 5 + b"hello")) as server:
        asked = ("--users", "20", "--spawn-rate", "100", "--stop-after-requests", "100")
        words = words_of(server.port, tmp_path, locustfile, *asked)
        assert locust(*words, *in_two_processes()).returncode == 0
    assert len(requests(tmp_path)) == 100
    waiting = unfinished(tmp_path)
    assert len(waiting) == 19
    # Most had a response when their process told of them, and none of them at the end.
    assert all(row["connect_ms"] and not row["first_byte_ms"] for row in waiting)
    at_s = json.loads((tmp_path / "stopped.json").read_text())["at_s"]
    for row in waiting:
        connected_s = float(row["start_s"]) + float(row["connect_ms"]) / 1000
        assert connected_s <= at_s + 1e-5
