"""The steps as commands: files in, files out, one line for what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from analysis.summarise import summarise_all
from contract.record import REQUESTS_COLUMNS, VERSION
from tests.analysis.conftest import HOST, announced_in, make_cell, steady

Cell = Callable[..., Path]
Analyse = Callable[..., subprocess.CompletedProcess[str]]
FAILED = (11.0, 910, None, 0, 120, "timed out connecting")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, analyse: Analyse) -> list[Path]:
    """Two implementations in both experiments; one never fails."""
    at = tmp_path_factory.mktemp("study")
    made = [
        make_cell(at, [*steady(10, 20, 10), FAILED], "first-failure", impl="single"),
        make_cell(at, steady(10, 20, 10), "cap", at_s=12.0, impl="select"),
        *(
            make_cell(
                at,
                steady(5, 200, 0),
                "requests",
                impl=impl,
                experiment="burst",
                users=9,
            )
            for impl in ("single", "select")
        ),
    ]
    for folder in made:
        assert analyse("cell", folder).returncode == 0
    return made


def matrix(folders: list[Path], at: Path) -> Path:
    path = at / "matrix.json"
    path.write_text(json.dumps([str(folder) for folder in folders]))
    return path


@pytest.fixture(scope="module")
def compared(
    study: list[Path], tmp_path_factory: pytest.TempPathFactory, analyse: Analyse
) -> Path:
    """A folder with the tables and charts of the study, in place of earlier ones."""
    folder = tmp_path_factory.mktemp("compared")
    listed = matrix(study, folder)
    for step, earlier in (("tables", "earlier.md"), ("charts", "earlier.svg")):
        (folder / step).mkdir()
        (folder / step / earlier).write_text("of another matrix")
        assert analyse(step, listed, folder / step).returncode == 0
    return folder


def configs(folders: list[Path]) -> list[dict[str, Any]]:
    return [yaml.safe_load((folder / "config.yaml").read_text()) for folder in folders]


def test_cell_writes_all_its_files(study: list[Path]) -> None:
    for folder in study:
        assert {path.name for path in folder.iterdir()} == {
            *("requests.csv", "run.json", "config.yaml"),
            *("telemetry.csv", "generator.csv", "unfinished.csv"),
            *("timeline.csv", "stats.csv", "failures.csv", "result.json"),
            *("chart.svg", "chart.png"),
        }
    result = json.loads((study[0] / "result.json").read_text())
    assert (result["experiment"], result["impl"]) == ("first_fail", "single")
    assert result["row"]["users"] == 120
    assert result["stopped"]["why"] == "a request failed: timed out connecting"
    assert result["provenance"]["host"] == HOST
    failures = pd.read_csv(study[0] / "failures.csv")
    assert failures.to_dict("records") == [
        {
            **{"error": "timed out connecting", "count": 1, "first_s": 11.91},
            **{"users": 120, "cause": pytest.approx(float("nan"), nan_ok=True)},
        }
    ]


def test_tables(study: list[Path], compared: Path) -> None:
    out = compared / "tables"
    names = {path.name for path in out.iterdir()}
    assert names == announced_in(configs(study), "tables")
    first = pd.read_csv(out / "first_fail.csv")
    assert first["implementation"].tolist() == ["single", "select"]
    assert first["users"].tolist() == [120, 3300]
    assert first["reached"].tolist() == [True, False]
    text = (out / "first_fail.md").read_text()
    assert "| single | 120 | 101 | – | 18.1 |" in text
    assert "| select | > 3,300 |" in text
    assert "| 3,300 |" not in text
    assert "`>`: no request failed" in text
    assert "at most 3,300 users, 10 joining a second, think time 1 to 8 s" in text
    burst = pd.read_csv(out / "burst.csv")
    assert burst["requests"].tolist() == [1000, 1000]
    cells = pd.read_csv(out / "cells.csv")
    assert len(cells) == 4
    assert {"config.server.backlog", "rps", "commit", "kernel"} <= set(cells.columns)


def test_tables_are_made_without_what_draws(
    study: list[Path], root: Path, tmp_path: Path
) -> None:
    """It takes a while to load, and tables are made after each cell that changed."""
    code = (
        "import sys\n"
        "from analysis.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]) or 'matplotlib' in sys.modules)"
    )
    words = ["tables", str(matrix(study, tmp_path)), str(tmp_path / "tables")]
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=root, check=False)
    assert done.returncode == 0


@pytest.mark.usefixtures("no_charts")
def test_the_most_memory_that_a_server_had(
    cell: Cell, analyse: Analyse, tmp_path: Path
) -> None:
    """Of all readings, those before the load as well; the median over repeats."""
    rss = {"server_rss_bytes": [3e7, 5e7, 4e7, 4e7, 4e7]}
    folders = [
        cell(steady(2, 20, 1), "cap", at_s=3.0, read=read) for read in (rss, None)
    ]
    for folder in folders:
        assert analyse("cell", folder).returncode == 0
    used = [json.loads((f / "result.json").read_text())["used"] for f in folders]
    assert [u["server_most_rss_bytes"] for u in used] == [50_000_000, None]
    out = tmp_path / "tables"
    assert analyse("tables", matrix(folders[:1], tmp_path), out).returncode == 0
    text = (out / "first_fail.md").read_text()
    assert "| 99th percentile of successes, ms | memory, MB |" in text
    assert "| 50 | 50 | 50.0 | not reached |" in text
    assert pd.read_csv(out / "cells.csv")["server_rss_mb"].tolist() == [50.0]


@pytest.mark.usefixtures("no_charts")
def test_what_came_before_the_record_was_work_for_the_server_too(
    cell: Cell, analyse: Analyse
) -> None:
    folder = cell(steady(2, 20, 1), "cap", told={"requests_before": 160})
    assert analyse("cell", folder).returncode == 0
    used = json.loads((folder / "result.json").read_text())["used"]
    assert used["requests"] == 40 + 160
    assert used["voluntary_switches_per_request"] == 500 / 200


@pytest.mark.usefixtures("no_charts")
def test_rows_are_told_apart_by_what_is_swept(
    cell: Cell, analyse: Analyse, tmp_path: Path
) -> None:
    folders = [
        cell(steady(2, 20, 1), "cap", server__backlog=backlog, repeat=repeat)
        for backlog in (64, 128)
        for repeat in (1, 2)
    ]
    for folder in folders:
        assert analyse("cell", folder).returncode == 0
    out = tmp_path / "tables"
    assert analyse("tables", matrix(folders, tmp_path), out).returncode == 0
    text = (out / "first_fail.md").read_text()
    assert "| implementation | server.backlog | users |" in text
    assert "| select | 64 | > 3,300 |" in text
    assert len(pd.read_csv(out / "first_fail.csv")) == 2
    assert len(pd.read_csv(out / "cells.csv")) == 4
    assert "backlog" not in text.splitlines()[2]  # not common to all rows


@pytest.mark.usefixtures("no_charts")
def test_different_machines_are_told(
    cell: Cell, analyse: Analyse, tmp_path: Path
) -> None:
    folders = [
        cell(steady(2, 20, 1), "cap", impl=impl, host={**HOST, "kernel": kernel})
        for impl, kernel in (("single", "Linux 6.1"), ("select", "Linux 6.2"))
    ]
    for folder in folders:
        assert analyse("cell", folder).returncode == 0
    out = tmp_path / "tables"
    assert analyse("tables", matrix(folders, tmp_path), out).returncode == 0
    text = (out / "first_fail.md").read_text()
    assert (
        "**Not comparable:** these rows come from machines that differ in kernel."
        in text
    )


def test_charts(study: list[Path], compared: Path) -> None:
    names = {path.name for path in (compared / "charts").iterdir()}
    assert names == announced_in(configs(study), "charts")


def test_same_files_give_the_same_bytes(
    study: list[Path], compared: Path, analyse: Analyse
) -> None:
    """In another process too, where what has no order of its own has another."""

    def everything() -> dict[Path, bytes]:
        made = [*compared.glob("*/*"), *study[0].iterdir()]
        return {path: path.read_bytes() for path in made}

    before = everything()
    (study[0] / "chart.svg").unlink()  # so that the cell's results are made as well
    made = {path: path.stat().st_mtime_ns for path in compared.glob("*/*")}
    assert analyse("matrix", compared / "matrix.json", anew=True).returncode == 0
    assert all(path.stat().st_mtime_ns != at for path, at in made.items())
    assert everything() == before


@pytest.mark.usefixtures("no_charts")
def test_only_results_of_other_code_are_made_anew(cell: Cell, analyse: Analyse) -> None:
    folders = [cell(steady(2, 20, 1), "cap") for _ in range(4)]
    summarise_all(folders, "one")
    results = [folder / "result.json" for folder in folders]
    before = [path.stat().st_mtime_ns for path in results]
    (folders[0] / "chart.svg").unlink()
    results[1].write_text("{")  # cut off
    assert analyse("cell", folders[2], "--code", "other").returncode == 0
    summarise_all(folders, "one")
    after = [path.stat().st_mtime_ns for path in results]
    assert [a != b for a, b in zip(after, before, strict=True)] == [True] * 3 + [False]
    assert {json.loads(path.read_text())["analysis"] for path in results} == {"one"}


def test_a_header_alone_is_a_record(cell: Cell, analyse: Analyse) -> None:
    folder = cell([], "time-limit", experiment="burst")
    done = analyse("cell", folder, anew=True)
    assert (done.returncode, done.stderr) == (0, "")
    row = json.loads((folder / "result.json").read_text())["row"]
    assert row["requests"] == 0
    assert row["average_ms"] is None


HEADER = ",".join(REQUESTS_COLUMNS)
BROKEN: dict[str, tuple[str, str | None, str]] = {
    "no record": ("requests.csv", None, "requests.csv"),
    "no run": ("run.json", None, "run.json"),
    "no config": ("config.yaml", None, "config.yaml"),
    "an empty record": ("requests.csv", "", "requests.csv"),
    "other columns": ("requests.csv", "a,b\n1,2\n", "requests.csv"),
    "no number": (
        "requests.csv",
        f"{HEADER}\nx,1,,,200,1,1,\n",
        "requests.csv",
    ),
    "cut off": (
        "requests.csv",
        f"{HEADER}\n1.0,3\n",
        "requests.csv",
    ),
    "no JSON": ("run.json", "{", "run.json"),
    "no mapping": ("run.json", "[]", "mapping"),
    "no stop": ("run.json", f'{{"version": {VERSION}}}', "stopped"),
    "of another version": ("run.json", "{}", "record of version 1"),
    "no YAML": ("config.yaml", "a: [", "config.yaml"),
    "not a cell's": ("config.yaml", "a: 1\n", "config.yaml"),
    "no failure at its end": (
        "requests.csv",
        f"{HEADER}\n1.0,3,,,200,1,1,\n",
        "first failure",
    ),
}


@pytest.mark.parametrize("name, text, named", BROKEN.values(), ids=BROKEN)
def test_wrong_files_are_one_line(
    cell: Cell, analyse: Analyse, name: str, text: str | None, named: str
) -> None:
    folder = cell([FAILED], "first-failure")
    (folder / name).unlink()
    if text is not None:
        (folder / name).write_text(text)
    done = analyse("cell", folder)
    assert_one_line(done, named)
    assert not (folder / "result.json").exists()


@pytest.mark.parametrize(
    "text, named",
    [("[", "JSON"), ("{}", "list"), ("[]", "no cell"), ('["nowhere"]', "nowhere")],
)
@pytest.mark.parametrize("step", ["tables", "charts"])
def test_wrong_matrix_is_one_line(
    analyse: Analyse, tmp_path: Path, step: str, text: str, named: str
) -> None:
    path = tmp_path / "matrix.json"
    path.write_text(text)
    assert_one_line(analyse(step, path, tmp_path / "out"), named)
    assert not (tmp_path / "out").exists()


def assert_one_line(done: subprocess.CompletedProcess[str], named: str) -> None:
    assert done.returncode == 1, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("firstfail: ")
    assert named in done.stderr
