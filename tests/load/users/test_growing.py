"""Whole runs with as many users as the server takes: how they start, and how they end.

Each is read by analysis as well: both have to mean the same.
"""

from __future__ import annotations

import json
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.summarise import summarise
from tests.load.conftest import finish, requests

pytestmark = pytest.mark.usefixtures("no_charts")
Config = Callable[..., Path]
Run = Callable[..., subprocess.Popen[str]]
AS_MANY: dict[str, Any] = {"users": "auto", "hatch_rate": 50.0}
# Answers with the page, but for the 60th request.
ONE_FAILS = """\
import http.server, itertools, sys
page = open(sys.argv[2], "rb").read()
asked = itertools.count(1)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if next(asked) == 60 else 200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def results(cell: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what `run.json` says of the end, and what analysis makes of the cell."""
    summarise(cell, None)
    run = json.loads((cell / "run.json").read_text())
    return run, json.loads((cell / "result.json").read_text())


def test_from_a_warm_start_to_the_onset(
    config: Config, run: Run, tmp_path: Path
) -> None:
    """One client at a time, 20 ms each: as many requests as 16 users ask for."""
    path = config(
        *("first_fail", "single"),
        **{"users": "auto", "hatch_rate": 8.0, "experiment__start_users": "auto"},
        **{"page__wait_ms": 20.0, "load__timeout_s": 0.3},
        **{"load__think_min_s": 0.2, "load__think_max_s": 0.4},
    )
    finish(run(path))
    told, result = results(tmp_path / "cell")
    stopped, row = told["stopped"], result["row"]
    assert stopped["reason"] == "onset"
    start = stopped["start"]
    assert 20 < start["capacity_rps"] <= 51
    assert start["saturation_users"] == round(start["capacity_rps"] * 0.32)
    assert start["users"] == int(0.7 * start["saturation_users"])
    assert stopped["requests_before"] > 20
    words = told["provenance"]["commands"]["locust"]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(hard - 200, 1_000_000) if hard > 0 else 1_000_000
    assert [s["users"] for s in stopped["joining"]] == [start["users"], most]
    assert words[words.index("--round") + 1] == "0.32"
    assert (row["outcome"], row["first_failure"]) == (
        *("first failure", "timed out reading"),
    )
    assert start["users"] < row["users"] <= row["onset_users"] == stopped["users"]
    assert row["sent_users"] <= row["users"]
    assert result["first_failure"]["stray"] is False
    assert requests(tmp_path / "cell")[-1]["error"]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_stray(config: Config, run: Run, tmp_path: Path, processes: int) -> None:
    (tmp_path / "server.py").write_text(ONE_FAILS)
    path = config(
        "first_fail",
        **AS_MANY,
        impl__command=f"{{python}} {tmp_path / 'server.py'} {{port}} {{page_file}}",
        experiment__onset_s=1.5,
        load__think_max_s=0.1,
        load__processes=processes,
    )
    finish(run(path))
    told, result = results(tmp_path / "cell")
    assert told["stopped"]["reason"] == "no-onset"
    row = result["row"]
    assert (row["outcome"], row["first_failure"]) == ("stray failure", "HTTP 503")
    assert (row["failures"], row["onset_users"]) == (1, None)
    assert row["users"] < told["stopped"]["users"]
    assert result["first_failure"] == {
        **{"error": "HTTP 503", "cause": "the server answered so", "stray": True},
        "sent_users": row["sent_users"],
    }
    assert result["stopped"]["why"] == "a request failed: HTTP 503; no onset followed"


def test_the_limit_of_time_comes_first(
    config: Config, run: Run, tmp_path: Path
) -> None:
    finish(run(config("first_fail", **AS_MANY, experiment__max_s=1.5)))
    told, result = results(tmp_path / "cell")
    stopped, row = told["stopped"], result["row"]
    assert (stopped["reason"], "start" in stopped) == ("time-limit", False)
    assert (row["outcome"], row["reached"]) == ("not reached", False)
    assert row["users"] == stopped["users"] > 40
    assert result["stopped"]["why"] == (
        f"no request failed up to {row['users']} users: its limit of 1.5 s was over"
    )


def test_the_limit_on_open_files_comes_first(
    config: Config, run: Run, tmp_path: Path
) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (225, 225))

    path = config("first_fail", **AS_MANY, load__timeout_s=0.6)
    finish(run(path, preexec_fn=limit))
    told, result = results(tmp_path / "cell")
    assert (told["stopped"]["reason"], told["stopped"]["users"]) == ("cap", 25)
    assert told["provenance"]["limits"]["open_files"] == 225
    assert result["row"]["outcome"] == "not reached"


def test_users_who_do_not_think_start_from_none(
    config: Config, run: Run, tmp_path: Path
) -> None:
    """Any number of them keeps the server busy: there is nothing to be tried out."""
    path = config(
        *("first_fail", "single"),
        **AS_MANY,
        experiment__start_users="auto",
        experiment__max_s=1.0,
        load__think_max_s=0.0,
    )
    finish(run(path))
    told = json.loads((tmp_path / "cell" / "run.json").read_text())
    assert "start" not in told["stopped"]
    assert [s["rate"] for s in told["stopped"]["joining"]] == [50]
    assert told["stopped"]["joining"][0]["at_s"] < 2  # trying out takes 7 s


def test_each_run_tells_when_its_users_joined(plain: Path) -> None:
    stopped = json.loads((plain / "cell" / "run.json").read_text())["stopped"]
    [stretch] = stopped["joining"]
    assert (stretch["users"], stretch["rate"]) == (5, 100)
    assert set(stretch) == {"at_s", "users", "rate"}
