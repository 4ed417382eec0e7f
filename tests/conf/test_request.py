"""What was asked for, as files that change only when it does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from conf.composing import MatrixError
from conf.request import check_targets, keep, missing

CELLS = {"a/b": {"key": "1"}, "a/c": {"key": "2"}}
RESULTS = ["result.json", "chart.svg"]


def times(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_written_once(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    keep(CELLS, outputs, "code", RESULTS)
    folders = json.loads((outputs / "matrix.json").read_text())
    assert folders == [f"{outputs}/runs/a/b", f"{outputs}/runs/a/c"]
    assert json.loads((outputs / "configs" / "2.json").read_text()) == {"key": "2"}
    before = times(tmp_path)
    keep(CELLS, outputs, "code", RESULTS)
    assert times(tmp_path) == before
    keep({"a/c": {"key": "2"}}, outputs, "code", RESULTS)
    assert len(json.loads((outputs / "matrix.json").read_text())) == 1


def test_analysis_is_due_when_its_code_or_a_result_changes(tmp_path: Path) -> None:
    stamp = tmp_path / "analysis.txt"
    keep(CELLS, tmp_path, "code", RESULTS)
    cell = tmp_path / "runs" / "a" / "b"
    cell.mkdir(parents=True)
    for name in ("requests.csv", *RESULTS):
        (cell / name).touch()
    os.utime(stamp, (1, 1))
    keep(CELLS, tmp_path, "code", RESULTS)
    assert stamp.stat().st_mtime == 1
    (cell / "chart.svg").unlink()
    before = stamp.read_text()
    keep(CELLS, tmp_path, "code", RESULTS)
    assert stamp.stat().st_mtime > 1
    assert stamp.read_text() != before  # else Snakemake takes it for unchanged
    keep({}, tmp_path, "other", RESULTS)
    assert stamp.read_text().split()[0] == "other"


def test_missing_files(tmp_path: Path) -> None:
    there, gone = tmp_path / "there", tmp_path / "gone"
    there.mkdir()
    (there / "a").touch()
    (there / "c").touch()
    assert missing([str(there), str(gone)], ["a", "b", "c"]) == [
        f"{there}/b",
        f"{gone}/a",
    ]


def test_outputs_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "outputs").write_text("a file in its place")
    with pytest.raises(MatrixError, match=r"cannot write .*outputs"):
        keep(CELLS, tmp_path / "outputs", "code", RESULTS)


def test_an_override_is_no_target() -> None:
    check_targets({"all", "outputs/tables/burst.csv"})
    with pytest.raises(MatrixError, match="--config impl=select users=5"):
        check_targets({"all", "users=5", "impl=select"})
