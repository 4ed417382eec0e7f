"""A run that is read back: how users joined, and what it asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.files import DataError, read_json
from analysis.record.config import read_config
from analysis.record.measurement import Measurement, read_measurement
from analysis.record.possible import Joining
from analysis.summarise import summarise
from tests.analysis.conftest import steady

Cell = Callable[..., Path]
BUSY = {"server_user_s": 0.9, "server_system_s": 0.05, "server_cores_idle_s": 0.05}


def read(folder: Path) -> Measurement:
    return read_measurement(folder, read_config(folder), read_json(folder / "run.json"))


def test_users_join_at_the_hatch_rate_or_as_the_run_tells(cell: Cell) -> None:
    ramp = {"users": 70, "hatch_rate": 3.5, "at_s": 21.0}
    assert read(cell(steady(20, 10, 1), "cap", **ramp)).joining() == [
        Joining(0.0, 70, 3.5)  # of a cap of 3,300
    ]
    stretches = [Joining(0.0, 5, 10.0, 1), Joining(12.5, 50, 2.0)]
    told = {
        "joining": [
            {"at_s": 0.0, "users": 5, "rate": 10.0, "together": 1},
            {"at_s": 12.5, "users": 50, "rate": 2.0},
        ]
    }
    folder = cell(steady(20, 10, 1), "cap", at_s=21.0, told=told)
    assert read(folder).joining() == stretches


def test_it_is_read_with_what_had_not_finished(cell: Cell) -> None:
    """Beyond what an unloaded server takes: 100 ms, of which the page waits for 20."""
    folder = cell(
        [(0.0, 100.0, 200, 1, 1, ""), (1.0, 500.0, 200, 1, 1, "")],
        "time-limit",
        at_s=5.0,
        page__wait_ms=20.0,
        load__think_max_s=3.0,
        experiment="burst",
    )
    (folder / "unfinished.csv").write_text(
        "start_s,connect_ms,first_byte_ms\n2.0,,\n3.5,250,\n4,250,500\n"
    )
    run = read(folder)
    assert (run.wait_s, run.think_s) == (0.02, 2.0)
    these = run.requests
    assert these.started.tolist() == [0.0, 1.0, 2.0, 3.5, 4.0]
    assert these.began == pytest.approx([0.08, 1.08, 2.08, 3.58, 4.08])
    assert these.connected.tolist() == [0.0, 1.0, 5.0, 3.75, 4.25]
    assert these.first_byte.tolist() == [0.1, 1.5, 5.0, 5.0, 4.5]
    assert these.finished.tolist() == [0.1, 1.5, 5.0, 5.0, 5.0]
    assert these.answered.tolist() == [True, True, False, False, True]


@pytest.mark.parametrize(
    "text, named",
    [
        (None, "unfinished.csv: No such file"),
        ("", "unfinished.csv holds no requests"),
        ("start_s,connect_ms\n1,2\n", "columns have to be start_s,connect_ms,first_"),
        ("start_s,connect_ms,first_byte_ms\nx,,\n", "unfinished.csv holds no requests"),
    ],
)
def test_unfinished_requests_that_cannot_be_read(
    cell: Cell, text: str | None, named: str
) -> None:
    folder = cell(steady(20, 10, 1), "cap", at_s=21.0)
    (folder / "unfinished.csv").unlink()
    if text is not None:
        (folder / "unfinished.csv").write_text(text)
    with pytest.raises(DataError, match=named):
        read(folder)


def result(folder: Path) -> dict[str, Any]:
    summarise(folder, None)
    made: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return made


def test_from_the_files_of_a_run_to_its_verdict(cell: Cell) -> None:
    """Of 40 requests all but one took 900 ms; five more had not finished at its end."""
    rows = [(n / 2, 900.0 if n else 0.0, 200, 9, 10, "") for n in range(40)]
    asked = {"experiment": "burst", "at_s": 21.0, "every_s": 0.1}
    folder = cell(rows, "time-limit", read=BUSY, **asked)
    (folder / "unfinished.csv").write_text(
        "start_s,connect_ms,first_byte_ms\n" + "11,0,\n" * 5
    )
    made = result(folder)
    assert made["verdict"]["limit"] == "server-cpu"
    assert made["waiting"]["seconds"] == pytest.approx(39 * 0.9 + 5 * 10.0)
    assert made["waiting"]["shares"]["server-cpu"] == 1.0
    assert made["waiting"]["full_s"] == {"server-cpu": 0.0}
    assert made["waiting"]["failed"] is None
    # Users join 10 a second: a server that answers at once would have got far more.
    assert made["possible"]["share"] < 0.1


def test_a_verdict_ends_with_the_failure_also_if_time_runs_out(cell: Cell) -> None:
    """Until the failure users waited for nothing that was busy; then for the CPU."""
    rows = [(n / 2, 400.0, 200, 9, 10, "") for n in range(60)]
    rows += [(30.5, 500.0, 503, 9, 10, "HTTP 503")]
    rows += [(31.0 + n / 100, 900.0, 200, 9, 10, "") for n in range(2800)]
    growing = {
        "server_user_s": lambda at: 0.02 * at + 0.95 * (at - 31.0).clip(0),
        "server_system_s": 0.0,
        "server_cores_idle_s": lambda at: 0.98 * at - 0.95 * (at - 31.0).clip(0),
    }
    asked = {"users": 10, "every_s": 0.1, "read": growing}
    made = result(cell(rows, "time-limit", **asked))
    assert (made["row"]["outcome"], made["row"]["duration_s"]) == ("time limit", 31.0)
    assert made["waiting"]["seconds"] == pytest.approx(60 * 0.4 + 0.5)
    assert made["waiting"]["shares"]["server-cpu"] == 0.0
