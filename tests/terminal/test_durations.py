"""How long a cell is expected to take."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conf.plan.matrix import matrix
from terminal.durations import AROUND_S, Durations, guess_s

pytestmark = pytest.mark.usefixtures("composed_once")

ROOT = Path(__file__).parents[2]
CELL = "burst/select/users~2000/hatch_rate~2000/repeat~1-aaaaaaaa"
OTHER = "burst/single/users~2000/hatch_rate~2000/repeat~1-bbbbbbbb"


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    asked = {"experiment": "burst", "impl": "select", "repeat": 1}
    [made] = matrix(asked, ROOT, ["load"]).values()
    return made


class Runs:
    """Cells that were measured, each with its configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configs: dict[str, Any] = {}
        self.durations = Durations(folder, self.configs.get)

    def add(self, cell: str, config: Any, load_s: float, before_s: float = 0) -> None:
        self.configs[cell.rpartition("-")[2]] = config
        started = datetime.now(UTC) - timedelta(seconds=before_s)
        run = {
            "stopped": {"at_s": load_s},
            "provenance": {"started": started.isoformat(timespec="seconds")},
        }
        (self.folder / cell).mkdir(parents=True)
        (self.folder / cell / "run.json").write_text(json.dumps(run))


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


def changed(config: Any, dotted: str, value: Any) -> Any:
    made = node = copy.deepcopy(config)
    *parents, last = dotted.split(".")
    for parent in parents:
        node = node[parent]
    node[last] = value
    return made


def test_another_repeat_and_older_code_are_alike(runs: Runs, config: Any) -> None:
    older = changed(changed(config, "code.server", "older"), "repeat", 2)
    runs.add(CELL.replace("1-aaaaaaaa", "2-cccccccc"), older, 40)
    assert runs.durations.expected_s(CELL, config) == 40 + AROUND_S


@pytest.mark.parametrize(
    "dotted, value",
    [("experiment.requests", 5), ("load.timeout_s", 1.0), ("page.cpu_ms", 50.0)],
)
def test_another_load_is_not_alike(
    runs: Runs, config: Any, dotted: str, value: Any
) -> None:
    runs.add(f"{CELL[:-8]}cccccccc", changed(config, dotted, value), 40)
    expected_s = runs.durations.expected_s(CELL, config)
    assert expected_s == guess_s(config) + AROUND_S


def test_another_implementation_counts_where_there_is_nothing_else(
    runs: Runs, config: Any
) -> None:
    other = changed(config, "impl.name", "single")
    runs.add(OTHER, other, 70)
    runs.durations.learn(OTHER, other)
    assert round(runs.durations.expected_s(CELL, config)) in range(70, 75)
    runs.add(f"{CELL[:-8]}cccccccc", config, 40)
    fresh = Durations(runs.folder, runs.configs.get)
    assert fresh.expected_s(CELL, config) == 40 + AROUND_S


def test_what_a_cell_takes_beyond_its_load_is_learned(runs: Runs, config: Any) -> None:
    runs.add(CELL, config, 30, before_s=48)
    runs.durations.learn(CELL, config)
    assert runs.durations.expected_s(CELL, config) == pytest.approx(50, abs=2)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"not_measured": {}}'])
def test_a_record_that_cannot_be_read_does_not_count(
    runs: Runs, config: Any, text: str
) -> None:
    runs.add(CELL, config, 30)
    (runs.folder / CELL / "run.json").write_text(text)
    runs.durations.learn(CELL, config)
    assert runs.durations.expected_s(CELL, config) == guess_s(config) + AROUND_S


STUDIES = ("default", "demo", "capacity", "open_loop", "pages", "idle")


@pytest.mark.parametrize("study", STUDIES)
def test_every_study_has_a_guess(study: str) -> None:
    for config in matrix({"study": study, "impl": "select"}, ROOT, ["load"]).values():
        assert 1 <= guess_s(config) <= config["experiment"]["max_s"]
