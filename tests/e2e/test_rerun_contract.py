"""Only changed cells are measured again: the contract, row by row."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import alone
from tests.e2e.conftest import TINY_CELLS, Checkout

SINGLE, SELECT = TINY_CELLS["single"], TINY_CELLS["select"]
ALL = sorted([*SINGLE, *SELECT])


def shown(checkout: Checkout) -> Path:
    """Return the folder of the matrix that was asked for last."""
    outputs = checkout.folder / "outputs"
    [path] = (outputs / ".shown").iterdir()
    return outputs / "matrices" / path.name


@pytest.fixture
def checkout(measured: Checkout, tmp_path: Path) -> Checkout:
    return measured.copy(tmp_path / "firstfail")


def test_everything_is_there(measured: Checkout) -> None:
    outputs = measured.folder / "outputs"
    for name in ("burst", "first_fail"):
        for kind in ("csv", "md"):
            assert (outputs / "tables" / f"{name}.{kind}").is_file()
    assert len(pd.read_csv(outputs / "tables" / "cells.csv")) == 4
    assert (outputs / "tables" / "switches.csv").is_file()
    assert (outputs / "tables" / "published.md").is_file()
    for name in (
        *("burst", "first_fail", "users", "switches", "waiting", "published"),
        *("first_failures", "percentiles", "throughput", "heat_map"),
    ):
        for kind in ("svg", "png"):
            assert (outputs / "charts" / f"{name}.{kind}").is_file()
    for name in ("burst", "first_fail"):
        table = pd.read_csv(outputs / "tables" / f"{name}.csv")
        assert list(table["conformance_passed"]) == list(table["conformance_of"])
    tried = sorted(path.name for path in (outputs / "conformance").iterdir())
    assert [name.partition("-")[0] for name in tried] == ["select", "single"]
    assert {path.name for path in measured.cell("burst", "select").iterdir()} == {
        *("requests.csv", "telemetry.csv", "generator.csv", "unfinished.csv"),
        *("timeline.csv", "stats.csv", "failures.csv"),
        *("result.json", "config.yaml", "run.json", "chart.svg", "chart.png"),
        *("server.log", "locust.log"),
    }


def test_the_same_again(checkout: Checkout) -> None:
    done = checkout.snakemake("all", "--config", "study=tiny")
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr
    for shown in ("burst\n", "first_fail\n", "limited by", "outputs/tables/"):
        assert shown in done.stdout  # of what was measured before


def test_code_that_changes_while_it_is_measured(
    checkout: Checkout, eventually: Callable[..., None]
) -> None:
    """Else its figures would be taken for those of the code that its key is of."""
    asked = ("study=tiny", "experiment=burst", "impl=select", "users=6")
    planned = checkout.folder / "outputs" / "configs"
    changed = {"servers/select.py": "of select", "load/run.py": "that measures"}
    for name, what in changed.items():
        before = set(planned.iterdir())
        with alone():
            process = checkout.begin("all", "--config", *asked)
            eventually(lambda before=before: set(planned.iterdir()) != before)
            checkout.edit(name, "# changed meanwhile\n")
        _, said = process.communicate(600)
        process.close()
        assert process.returncode != 0
        assert (
            f"the code {what} has changed since this was asked for: ask again" in said
        )
        assert not list(checkout.folder.glob("outputs/runs/burst/select/users~6/*/*"))
    checkout.measure(*asked[1:], tables=False)


def test_setting_of_one_implementation(checkout: Checkout) -> None:
    checkout.edit("conf/impl/select.yaml", "options: {grace: 1}\n")
    assert checkout.to_measure() == SELECT


def test_value_added_to_an_axis(measured: Checkout) -> None:
    added = measured.to_measure("experiment=burst", "users=5,6")
    assert added == [
        f"burst/{impl}/users~6/hatch_rate~100" for impl in ("select", "single")
    ]


def test_setting_off_the_axes_and_back(checkout: Checkout) -> None:
    asked = ("impl=select", "experiment=burst")
    other = (*asked, "server={backlog: 64}")
    assert checkout.to_measure(*other) == SELECT[:1]
    checkout.measure(*other, tables=False)
    assert checkout.to_measure(*other) == []
    assert checkout.to_measure() == []


@pytest.mark.parametrize(
    "edited, again", [("servers/select.py", SELECT), ("load/run.py", ALL)]
)
def test_edited_file(checkout: Checkout, edited: str, again: list[str]) -> None:
    checkout.edit(edited, "\n# edited\n")
    assert checkout.to_measure() == again


def test_edited_case(checkout: Checkout) -> None:
    """Servers are tried again, and so is one whose result was deleted."""
    [of_select] = checkout.folder.glob("outputs/conformance/select-*")

    def to_try(*config: str) -> int:
        done = checkout.snakemake("all", "-n", "--config", "study=tiny", *config)
        assert done.returncode == 0, done.stderr
        return (done.stdout + done.stderr).count("output: outputs/conformance/")

    assert to_try() == 0
    shutil.rmtree(of_select)
    assert to_try() == 1
    assert to_try("conformance=false") == 0
    checkout.edit("conformance/cases/fields.py", "\n# edited\n")
    assert to_try() == 2
    assert checkout.to_measure() == []


def test_edit_taken_back(checkout: Checkout) -> None:
    path = checkout.folder / "servers/protocol/http.py"
    before = path.read_text()
    checkout.edit("servers/protocol/http.py", "\n# edited\n")
    assert checkout.to_measure() == ALL
    path.write_text(before)
    assert checkout.to_measure() == []


def test_files_that_measure_nothing(checkout: Checkout) -> None:
    """Edited, or touched, or Snakemake's own notes, which are gone."""
    for path in checkout.folder.rglob("*.py"):
        os.utime(path)
    for edited in (
        *("analysis/record/definitions.py", "README.md", "Snakefile"),
        *("conformance/cases/fields.py", "tests/conftest.py"),
    ):
        checkout.edit(edited, "\n# edited\n")
    shutil.rmtree(checkout.folder / ".snakemake")
    assert checkout.to_measure() == []


def test_deleted_files_of_cells(checkout: Checkout) -> None:
    """A file of the record, or a log: each is of one cell, and the last keeps all."""
    (checkout.cell("burst", "select") / "requests.csv").unlink()
    (checkout.cell("burst", "single") / "run.json").unlink()
    (checkout.cell("first_fail", "select") / "server.log").unlink()
    assert checkout.to_measure() == sorted([SINGLE[0], *SELECT])


def test_what_was_deleted_is_made_again(checkout: Checkout) -> None:
    """A result of its record, without a run; and a cell by one."""
    single, select = (checkout.cell("burst", impl) for impl in ("single", "select"))
    results = [single / "result.json", select / "chart.svg"]
    before = [path.read_bytes() for path in results]
    for path in results:
        path.unlink()
    assert checkout.to_measure() == []
    cell = checkout.cell("first_fail", "single")
    shutil.rmtree(cell)
    assert checkout.to_measure() == SINGLE[1:]
    checkout.measure(until="comparisons")
    assert [path.read_bytes() for path in results] == before
    assert (cell / "chart.svg").is_file()
    assert checkout.to_measure() == []


def test_changed_analysis_makes_results_anew(checkout: Checkout) -> None:
    cells = [checkout.cell("burst", impl) for impl in ("single", "select")]
    before = [(cell / "run.json").stat().st_mtime_ns for cell in cells]
    [made] = shown(checkout).glob("made~*")
    path = checkout.folder / "analysis" / "record" / "ending.py"
    text = path.read_text()
    path.write_text(text.replace("a request failed", "one request failed"))
    assert path.read_text() != text
    checkout.measure(until="show")
    assert [(cell / "run.json").stat().st_mtime_ns for cell in cells] == before
    cell = checkout.cell("first_fail", "select")
    codes = {
        json.loads((cell / "result.json").read_text())["analysis"]
        for cell in [*cells, cell]
    }
    [made_anew] = shown(checkout).glob("made~*")
    assert codes == {made_anew.name.split("~")[1]} != {made.name.split("~")[1]}


def test_matrix_is_kept_in_order(measured: Checkout) -> None:
    listed = json.loads((shown(measured) / "matrix.json").read_text())
    assert [folder.split("/")[2:4] for folder in listed] == [
        ["burst", "single"],
        ["burst", "select"],
        ["first_fail", "single"],
        ["first_fail", "select"],
    ]
