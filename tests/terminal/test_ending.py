"""What stands there when a study has ended."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from terminal.ending import how_far, show
from terminal.study import Study


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study without cells, of which nothing is made yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    outputs = Path("outputs")
    outputs.mkdir()
    names = ("report.html", "report.pdf", "CN_HW2_홍길동.pdf")
    return Study(
        cells={},
        labels={"a": "burst a", "b": "burst b"},
        unmeasured=(),
        experiments=(),
        outputs=outputs,
        reports=[outputs / name for name in names],
        tables=outputs / "tables",
        stamp=outputs / "stamp",
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
