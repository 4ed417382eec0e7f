"""What stands there when a study has ended."""

from __future__ import annotations

import io
import os
import shlex
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob
from rich.console import Console

from terminal.ending import how_far, show
from terminal.study import Study


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study of two cells, of which nothing is made yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    outputs = Path("outputs")
    outputs.mkdir()
    names = ("report.html", "report.pdf", "CN_HW2_홍길동.pdf")
    return Study(
        cells={name: {"impl": {"name": f"students/{name}"}} for name in "ab"},
        labels={"a": "burst a", "b": "burst b"},
        unmeasured=(),
        experiments=(),
        outputs=outputs,
        reports=[outputs / name for name in names],
        tables=outputs / "tables",
        stamp=outputs / "stamp",
        archive=outputs / "archive.zip",
    )


def test_each_report_is_named_as_it_is(study: Study) -> None:
    """Also the file that is handed in; none that is older than the tables."""
    old, *new = study.reports
    for path in (old, study.stamp, *new):
        path.touch()
    os.utime(old, (0, 0))
    written = io.StringIO()
    show(study, Console(file=written))
    told = [line for line in written.getvalue().splitlines() if "Report" in line]
    assert told == [f"Report: {path}" for path in new]


@pytest.mark.parametrize(
    "done, failed, said",
    [
        ([], ["a"], "Not finished: 0 of 1 cell was measured; "),
        (["a"], ["b"], "Not finished: 1 of 2 cells was measured; "),
        ([], ["a", "b"], "Not finished: 0 of 2 cells were measured; "),
        ([], [], "Not finished"),  # of a report alone
    ],
)
def test_numbers_agree_with_what_they_count(
    study: Study, done: list[str], failed: list[str], said: str
) -> None:
    study.done, study.failed = done, failed
    study.takes_s = lambda cells: 5.0  # type: ignore[method-assign]
    first, *_ = how_far(study, False, ())
    assert first.startswith(said) and "0 of 0" not in first


def test_a_step_that_failed_is_named_and_no_cells_are_counted(study: Study) -> None:
    study.failed_steps = ["Making the report"]
    said = list(how_far(study, False, ()))
    assert said == ["Not finished", "Failed: making the report"]
    assert list(how_far(study, True, ())) == ["Interrupted"]


def told(study: Study, count: int, failed: int) -> str:
    names = [f"{number:02}" for number in range(count)]
    study.cells = {n: {"impl": {"name": f"students/{n}"}} for n in names}
    study.labels = {name: f"burst {name}" for name in names}
    study.failed = names[:failed]
    study.takes_s = lambda cells: 5.0  # type: ignore[method-assign]
    lines = list(how_far(study, False, ()))
    [line] = [line for line in lines if line.startswith("Tables and")] or [""]
    return line.rpartition("the same command with ")[2]


def test_it_is_said_how_to_get_tables_without_what_failed(study: Study) -> None:
    assert told(study, 1, 1) == ""
    assert told(study, 3, 1) == "impl=students/01,students/02"
    [many] = shlex.split(told(study, 40, 2))
    assert many == "impl=glob(students/*,exclude=[students/00,students/01])"
    assert told(study, 3, 0) == ""


def test_what_is_said_leaves_out_what_failed(study: Study) -> None:
    """By the grammar of settings."""
    names = {f"students/{number:02}" for number in range(40)}
    [many] = shlex.split(told(study, 40, 2))
    value = OverridesParser.create().parse_override(many).value()
    assert isinstance(value, Glob)
    assert set(value.filter(sorted(names))) == names - {"students/00", "students/01"}
