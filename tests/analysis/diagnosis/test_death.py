"""What the death of a server is the cause of, and what failed before it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.diagnosis.death import died_s
from analysis.summarise import summarise
from tests.analysis.conftest import Request, frame, steady

Cell = Callable[..., Path]
DIED = "the server died: signal 9"
LATE = (10.0, 10_000.0, None, 0, 20, "timed out connecting")  # over at 20 s
CUT = (45.0, 0.0, None, 0, 450, "no response")
READ = {"server_listen_overflows": 5, "server_user_s": 0.1, "server_system_s": 0.0}
DROPPED = "the accept queue overflowed 50 times, and dropped SYNs"


def made(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the result of a cell, and the cause of each kind of its failures."""
    summarise(folder, None)
    with (folder / "failures.csv").open() as file:
        causes = {row["error"]: row["cause"] for row in csv.DictReader(file)}
    return json.loads((folder / "result.json").read_text()), causes


@pytest.mark.parametrize(
    "rows, stopped_s, since_s",
    [
        ([*steady(44, 10, 1), CUT], 45.2, 43.9),  # answers go on until it dies
        ([*steady(44, 10, 1), CUT], 50.0, 45.0),  # Locust took long to end
        ([*steady(10, 10, 1), CUT], 45.2, 40.2),  # it had hung before
        ([CUT], 3.0, -1.0),
    ],
)
def test_from_when_on_it_may_be_the_death(
    rows: list[Request], stopped_s: float, since_s: float
) -> None:
    assert died_s(frame(rows), stopped_s) == pytest.approx(since_s, abs=0.001)


def test_a_death_after_the_row_is_not_its_limit(cell: Cell) -> None:
    rows = [*steady(44, 10, 1), LATE, CUT]
    ended = {"at_s": 45.2, "crashed": "signal 9"}
    result, causes = made(cell(rows, "crashed", read=READ, **ended))
    assert (result["row"]["outcome"], result["row"]["duration_s"]) == ("crashed", 20.0)
    assert result["verdict"]["limit"] != "crashed"
    assert result["evidence"]["server"]["crashed"] is None
    assert DROPPED in result["first_failure"]["cause"]
    assert DROPPED in causes["timed out connecting"]
    assert causes["no response"] == DIED


def test_the_death_is_the_limit_where_the_first_failure_is_of_it(cell: Cell) -> None:
    rows = [*steady(44, 10, 1), CUT]
    ended = {"at_s": 45.2, "crashed": "signal 9"}
    result, causes = made(cell(rows, "crashed", read=READ, **ended))
    assert result["verdict"] == {"limit": "crashed", "because": DIED}
    assert result["first_failure"]["cause"] == DIED
    assert causes == {"no response": DIED}


def test_a_run_up_to_the_death_had_other_failures_before(cell: Cell) -> None:
    early = (3.0, 0.0, None, 0, 30, "no response")  # one of a kind, before most
    rows = [early, *steady(44, 10, 1), LATE, CUT, CUT]
    ended = {"at_s": 45.2, "crashed": "signal 9", "experiment": "burst"}
    result, causes = made(cell(rows, "crashed", read=READ, **ended))
    assert result["verdict"]["limit"] == "crashed"
    assert "died" not in causes["timed out connecting"]
    assert causes["no response"] == DIED
