"""A plan: what it takes from the parts it is told of, and what it refuses."""

from __future__ import annotations

import dataclasses
import io
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from conf.errors import MatrixError
from conf.plan import cells
from conf.plan.order import order
from conf.plan.plan import Parts, Plan
from conf.plan.recorded import plan_archives
from conf.plan.request import check_names, plan

pytestmark = pytest.mark.usefixtures("composed_once")

ROOT = Path(__file__).parents[3]
EXPERIMENTS = ("burst", "first_fail")
ASKED = {"study": "demo", "impl": "select,single", "repeat": "1,2"}
PARTS = Parts(
    runner=["load"],
    conformance=["conformance"],
    record=["requests.csv", "run.json"],
    results=["result.json"],
    analysis="code",
    comparisons=lambda configs: [
        f"{kind}/{name}.csv"
        for kind in ("tables", "charts")
        for name in sorted({config["experiment"]["name"] for config in configs})
    ],
    reports=["report.html", "report.pdf"],
    taken_names={"cells"},
    no_namespaces=None,
    refused=lambda networks: None,
    kept_out=lambda paths: None,
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan in a folder in which nothing was measured."""
    monkeypatch.chdir(tmp_path)


def planned(**parts: Any) -> Plan:
    return plan(ASKED, ROOT, dataclasses.replace(PARTS, **parts))


def test_a_plan_names_all_files_and_writes_none(tmp_path: Path) -> None:
    made = planned()
    folder = made.files.folder
    assert folder == f"outputs/matrices/{made.files.key}"
    files = [f"{k}/{n}.csv" for k in ("tables", "charts") for n in EXPERIMENTS]
    assert made.comparisons == [f"{folder}/{file}" for file in files]
    assert made.shown == [f"outputs/{file}" for file in files]
    assert made.record == ["outputs/runs/{cell}/requests.csv"]
    assert made.records == [f"outputs/runs/{cell}/requests.csv" for cell in made.cells]
    assert not list(tmp_path.iterdir())
    made.write()
    assert Path(folder, "matrix.json").is_file()
    assert all(Path(made.config(cell)).is_file() for cell in made.cells)


def test_cells_are_measured_in_their_order() -> None:
    made = planned()
    soonest_first = sorted(made.cells, key=made.priority, reverse=True)
    assert soonest_first == order(made.cells)
    assert made.order == soonest_first
    first = made.cells[soonest_first[0]]
    assert made.label(soonest_first[0]) == (
        f"cell 1 of 8, {first['experiment']['name']} {first['impl']['name']}, repeat 1"
    )


@pytest.mark.parametrize("taken", ["burst", "Burst", "BURST"])
def test_an_experiment_has_no_name_of_a_table(taken: str) -> None:
    """Nor one that an archive, or a disk, would not tell from it."""
    line = r"called burst, as other tables and charts are.*conf/experiment/burst\.yaml"
    with pytest.raises(MatrixError, match=line):
        planned(taken_names={"cells", taken})


def test_two_experiments_do_not_differ_in_case_alone() -> None:
    cells = {name: {"experiment": {"name": name}} for name in ("burst", "x", "Burst")}
    line = "an experiment is called Burst, as another is but for the case of letters"
    with pytest.raises(MatrixError, match=line):
        check_names(cells, PARTS)
    check_names({"burst": cells["burst"], "again": cells["burst"]}, PARTS)


def test_a_network_is_refused_only_where_something_is_to_be_measured() -> None:
    with pytest.raises(MatrixError, match="no such link"):
        planned(refused=lambda networks: f"no such link: {len(list(networks))}")
    for cell in planned().cells:
        folder = Path("outputs/runs", cell)
        folder.mkdir(parents=True)
        for name in PARTS.record:
            (folder / name).touch()
    assert not planned(refused=lambda networks: "no such link").files.unmeasured


def test_what_cannot_be_written_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(MatrixError, match="somebody else's"):
        planned(kept_out=lambda paths: "somebody else's")
    seen: list[str] = []

    def no_charts(paths: Iterable[Path]) -> str | None:
        seen.extend(map(str, paths))
        return next((path for path in seen if "/charts/" in path), None)

    made = planned(kept_out=no_charts)
    with pytest.raises(MatrixError, match=r"matrices/\w+/charts/burst.csv"):
        made.write()
    assert {".snakemake", "outputs", "outputs/tables/burst.csv"} <= set(seen)


def test_the_loopback_is_told_of_where_there_is_no_other_network() -> None:
    made = planned(no_namespaces="not here")
    assert {cell["network"]["name"] for cell in made.cells.values()} == {"loopback"}
    [warning] = made.warnings
    assert warning.startswith("no network namespaces here (not here): requests ")
    assert not planned().warnings


@pytest.fixture
def unreadable(tmp_path: Path) -> str:
    """The code of a part that has a file that nobody can read."""
    part = tmp_path / "part"
    part.mkdir()
    (part / "memory").symlink_to("/proc/self/mem")  # EIO, even for root
    return str(part)


UNREADABLE = "part/memory cannot be read: "


def test_code_that_cannot_be_read_is_one_line(unreadable: str) -> None:
    with pytest.raises(MatrixError, match=UNREADABLE):
        planned(conformance=[unreadable])


def test_code_that_a_gate_cannot_read_is_one_line(
    unreadable: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = {"requested": ASKED, "runner": PARTS.runner, "network": "netns"}
    text = json.dumps({**asked, "conformance": [unreadable]})
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert cells.main() == 1
    said = capsys.readouterr()
    assert UNREADABLE in said.err and said.err.count("\n") == 1 and not said.out


def test_analysis_that_cannot_be_read_is_one_line(unreadable: str) -> None:
    code = (
        f"import pipeline, sys; pipeline.ANALYSIS = {[unreadable]!r}; "
        f"pipeline.planned({{}}, {str(ROOT)!r}, None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("firstfail: ") and UNREADABLE in line


@pytest.mark.parametrize("path", ["~no-such-user/x.zip", "x.zip,~no-such-user/y.zip"])
def test_an_archive_of_a_user_who_is_not_there_is_one_line(path: str) -> None:
    def opened(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
        raise AssertionError(path)

    line = r"^path=~no-such-user/[xy]\.zip: there is no such home directory: write the"
    with pytest.raises(MatrixError, match=line):
        plan_archives({"study": "archive", "path": path}, PARTS, opened)
