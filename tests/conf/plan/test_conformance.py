"""Which servers are tried, under which keys, and when."""

from __future__ import annotations

import copy
import functools
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conf.errors import MatrixError
from conf.plan.conformance import Trials, listed, split, trials
from conf.plan.matrix import matrix
from conf.plan.matrix_files import MatrixFiles
from conf.plan.recorded import plan_archives, plan_report
from conf.plan.request import plan
from contract.conformance import LIST, RESULT
from tests.conf.plan.test_plan import ASKED, PARTS

pytestmark = pytest.mark.usefixtures("composed_once")

ROOT = Path(__file__).parents[3]
FEW = {"study": "demo", "impl": "select,single", "repeat": "1,2"}


@functools.cache  # it takes half a second
def cells(asked: str) -> dict[str, dict[str, Any]]:
    return matrix(json.loads(asked), ROOT, ["load"])


def tried(outputs: Path, code: str = "cases", **asked: Any) -> Trials:
    planned = copy.deepcopy(cells(json.dumps({**FEW, **asked})))
    return trials(planned, code, outputs, "requests.csv")


def keys(made: Trials) -> Mapping[str, str]:
    return {config["impl"]["name"]: config["key"] for config in made.configs.values()}


def test_a_server_is_tried_once_for_each_page(tmp_path: Path) -> None:
    """Whatever the experiments, users and repeats of its cells are."""
    made = tried(tmp_path)
    assert len(made.of) == 8 and len(made.configs) == 2
    assert {name.partition("-")[0] for name in made.configs} == {"select", "single"}
    assert len(tried(tmp_path, page="static,file").configs) == 4


def test_a_trial_is_of_the_page_without_its_cost_and_of_kept_connections(
    tmp_path: Path,
) -> None:
    costly, free = (tried(tmp_path, impl="select", set=page) for page in ({}, COSTLY))
    assert keys(costly) == keys(free)
    [config] = costly.configs.values()
    assert config["page"]["cpu_ms"] is None and config["page"]["rounds"] == 0
    assert config["server"]["keep_alive"] is True
    assert config["network"]["name"] == "loopback"


COSTLY = {"page.cpu_ms": "7", "server.backlog": "64", "load.timeout_s": "3"}


@pytest.mark.parametrize(
    "change",
    [
        {"set": {"server.port": "8080"}},
        {"set": {"page.bytes": "3000"}},
        {"impl": "single"},
    ],
)
def test_what_matters_is_in_the_key(tmp_path: Path, change: dict[str, Any]) -> None:
    before = tried(tmp_path, **{"impl": "select", "page": "static"})
    after = tried(tmp_path, **{"impl": "select", "page": "static", **change})
    assert not set(before.configs) & set(after.configs)


def test_a_case_that_changes_is_in_no_cells_key(tmp_path: Path) -> None:
    before, after = tried(tmp_path, "cases"), tried(tmp_path, "other cases")
    assert set(before.of) == set(after.of)  # the names of cells have their keys
    assert not set(before.configs) & set(after.configs)


def test_a_trial_waits_for_a_cell_of_its_server_if_it_is_missing(
    tmp_path: Path,
) -> None:
    made = tried(tmp_path)
    [name] = [name for name in made.configs if name.startswith("select")]
    [record] = made.before(name)
    assert "/select/" in record and record.endswith("/requests.csv")
    folder = record.removesuffix("/requests.csv")
    words = ["--label", "conformance of select", "--measured", folder]
    assert shlex.split(made.options(name)) == words
    assert len(made.starts) == 2
    result = tmp_path / "conformance" / name / RESULT
    result.parent.mkdir(parents=True)
    result.touch()
    assert made.before(name) == [] and len(made.starts) == 1


def test_attendance_is_not_tried(tmp_path: Path) -> None:
    assert not tried(tmp_path, app="attendance").configs
    with pytest.raises(MatrixError, match="no conformance to try: leave out"):
        trials({}, "cases", tmp_path, None)


@pytest.mark.parametrize(
    "value, on",
    [
        *((True, True), (False, False), (None, True)),
        *(("true", True), ("false", False)),  # as Snakemake reads a command line
    ],
)
def test_it_is_on_unless_it_is_switched_off(value: Any, on: bool) -> None:
    given = {} if value is None else {"conformance": value}
    assert split({"impl": "select", **given}) == ({"impl": "select"}, on)


@pytest.mark.parametrize("value", ["often", 1, "", {"on": True}])
def test_another_value_is_one_line(value: Any) -> None:
    with pytest.raises(MatrixError, match=r"^conformance=.*: it must be true or false"):
        split({"conformance": value})


def test_a_plan_has_its_trials(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    made = plan(ASKED, ROOT, PARTS)
    assert set(made.trials.results) < set(made.targets)
    assert made.after_cells < min(map(made.priority, made.cells))
    made.write()
    assert all(Path(made.trials.start(name)).is_file() for name in made.trials.configs)
    folder = Path(made.files.folder)
    known = json.loads((folder / LIST).read_text())
    assert list(known) == json.loads((folder / "matrix.json").read_text())
    assert set(known.values()) == set(made.trials.results)

    without = plan({**ASKED, "conformance": False}, ROOT, PARTS)
    assert not without.trials.configs
    assert without.files.key == made.files.key
    assert without.files.stamp != made.files.stamp  # other tables
    without.write()
    assert not (folder / LIST).exists()


def test_trials_alone_list_no_cells(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    made = plan(ASKED, ROOT, PARTS, measures=False)
    assert all(made.trials.before(name) == [] for name in made.trials.configs)
    made.write()
    written = {path.name for path in Path("outputs").rglob("*.json")}
    assert written == {f"{name}.json" for name in made.trials.configs}


ARCHIVED = "archives/0123456789ab/runs/a"
TRIED = "archives/0123456789ab/conformance/x/conformance.json"


def test_a_study_of_archives_has_theirs_beside_those_of_the_last_study(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    last = plan(ASKED, ROOT, PARTS)
    last.write()
    config = next(iter(last.cells.values()))
    whole = {f"runs/{cell}": config for cell, config in last.cells.items()}
    for cell, settings in {**whole, ARCHIVED: config}.items():
        folder = Path("outputs", cell)
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(json.dumps(settings))
        for name in PARTS.record:
            (folder / name).touch()
    shown = Path(last.shown_stamp)
    shown.parent.mkdir()
    shown.touch()

    def shows() -> Mapping[str, str]:
        asked = {"study": "archive", "path": "hers.zip"}
        hers = {ARCHIVED: config}, {ARCHIVED: TRIED}
        made = plan_archives(asked, PARTS, lambda path: hers)
        assert list(made.cells) == [*last.cells, ARCHIVED]
        assert not made.trials.configs
        made.write()
        return json.loads(Path(made.files.folder, LIST).read_text())

    both = {
        **listed(Path(last.files.folder)),
        f"outputs/{ARCHIVED}": f"outputs/{TRIED}",
    }
    assert len(both) == len(last.cells) + 1
    assert shows() == both
    # The last study is this one now. What it shows of its own cells stays.
    shown.unlink()
    [folder] = (p for p in Path("outputs/matrices").iterdir() if p.name != shown.name)
    (shown.parent / folder.name).touch()
    assert shows() == both
    report = plan_report({}, PARTS)
    assert {*report.files.conformance.values()} == {*both.values()}


def test_a_list_that_is_none_lists_nothing(tmp_path: Path) -> None:
    assert listed(tmp_path) == {}
    for text in ("{", "[]"):
        (tmp_path / LIST).write_text(text)
        assert listed(tmp_path) == {}


def test_the_list_is_written_again_only_if_it_changes(tmp_path: Path) -> None:
    def files(result: str) -> MatrixFiles:
        made_of = ["r"], ["s"], "code"
        known = {"a/b": result}
        return MatrixFiles({"a/b": {"key": "1"}}, tmp_path, *made_of, conformance=known)

    files("one").write()
    path = Path(files("one").folder, LIST)
    before = path.stat().st_mtime_ns
    files("one").write()
    assert path.stat().st_mtime_ns == before
    files("two").write()
    assert list(json.loads(path.read_text()).values()) == ["two"]
