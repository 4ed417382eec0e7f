"""Submissions on a host of their own that can't be measured: that is their result."""

from __future__ import annotations

import json

from load.server.running import MOST_PRINTED_BYTES
from tests.load.hosts.conftest import Runs

WRONG_PAGE = "{python} -m http.server {port} --bind {host} --directory /proc/self/task"
TALKATIVE = f"""
import os, sys, time
data = b"x" * 999_999 + b"\\n"
for _ in range({MOST_PRINTED_BYTES // 10**6 + 5}):
    os.write(1, data)
time.sleep(1000)
"""


def not_measured(runs: Runs, command: str) -> dict[str, str]:
    """Return why such a submission was not measured."""
    own = runs.rig.hosts["server"].path("/run/ada")
    own.mkdir(exist_ok=True)
    (own / "index.txt").touch()
    runs.measure(impl__command=command, impl__submission="/run/ada")
    told: dict[str, str] = json.loads((runs.folder / "cell/run.json").read_text())
    return told["not_measured"]  # type: ignore[return-value]


def test_a_wrong_page(runs: Runs) -> None:
    """It goes on running until it is ended, and is not taken for something else."""
    assert not_measured(runs, WRONG_PAGE)["kind"] == "wrong-page"
    assert "GET / HTTP/1.1" in (runs.folder / "cell/server.log").read_text()


def test_one_that_prints_too_much(runs: Runs) -> None:
    """It is told once, and a part of the log is brought."""
    runs.rig.hosts["server"].path("/run/talkative").write_text(TALKATIVE)
    told = not_measured(runs, "{python} /run/talkative {host} {port}")
    assert told["kind"] == "crashed"
    assert 10**6 < (runs.folder / "cell/server.log").stat().st_size < 3 * 10**6
