"""The files of a matrix: written once, and only if anything is run."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conf.errors import MatrixError
from conf.plan.matrix_files import MatrixFiles

CELLS = {"a/b": {"key": "1"}, "a/c": {"key": "2"}}
RECORD = ["requests.csv", "run.json", "server.log"]
RESULTS = ["result.json", "chart.svg"]
ROOT = Path(__file__).parents[3]


def matrix_files(
    outputs: Path, cells: dict[str, dict[str, str]] = CELLS, analysis: str = "code"
) -> MatrixFiles:
    return MatrixFiles(cells, outputs, RECORD, RESULTS, analysis)


def measure(outputs: Path, cell: str, *lacking: str) -> Path:
    """Make the files of a cell, but for those that are `lacking`."""
    folder = outputs / "runs" / cell
    folder.mkdir(parents=True, exist_ok=True)
    for name in {*RECORD, *RESULTS}.difference(lacking):
        (folder / name).touch()
    return folder


def files(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_nothing_is_written_but_by_write(tmp_path: Path) -> None:
    asked = matrix_files(tmp_path / "outputs")
    assert asked.unmeasured and asked.stamp and asked.declared
    assert not (tmp_path / "outputs").exists()


def test_written_once(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    matrix_files(outputs).write()
    listed = json.loads(Path(matrix_files(outputs).folder, "matrix.json").read_text())
    assert listed == [f"{outputs}/runs/a/b", f"{outputs}/runs/a/c"]
    assert json.loads((outputs / "configs" / "2.json").read_text()) == {"key": "2"}
    before = files(tmp_path)
    matrix_files(outputs).write()
    assert files(tmp_path) == before


def test_a_matrix_leaves_others_as_they_are(tmp_path: Path) -> None:
    """Whose tables are made of what is in their own folder alone."""
    matrix_files(tmp_path).write()
    before = files(Path(matrix_files(tmp_path).folder))
    for cells in ({"a/c": {"key": "2"}}, dict(reversed(CELLS.items()))):
        other = matrix_files(tmp_path, cells)
        assert other.folder != matrix_files(tmp_path).folder
        other.write()
    assert files(Path(matrix_files(tmp_path).folder)) == before


def test_a_cell_that_is_there_needs_no_configuration(tmp_path: Path) -> None:
    measure(tmp_path, "a/b")
    matrix_files(tmp_path).write()
    assert [path.name for path in (tmp_path / "configs").iterdir()] == ["2.json"]


def test_tables_are_due_when_code_or_a_result_changes(tmp_path: Path) -> None:
    def due(analysis: str = "code") -> bool:
        return not Path(matrix_files(tmp_path, analysis=analysis).stamp).exists()

    def make(analysis: str = "code") -> Path:
        """Do what the step does."""
        asked = matrix_files(tmp_path, analysis=analysis)
        made = Path(asked.stamp)
        made.parent.mkdir(parents=True, exist_ok=True)
        for path in made.parent.glob("made~*"):
            path.unlink()
        made.touch()
        return made

    assert due()
    cell, other = (measure(tmp_path, name) for name in CELLS)
    make()
    assert not due() and due("other")
    other.rename(tmp_path / "gone")
    assert due()  # though all that is made of it is there
    (tmp_path / "gone").rename(other)
    assert not due()
    for _ in range(2):  # again and again
        (cell / "chart.svg").unlink()
        assert due()
        make()
        (cell / "chart.svg").touch()
        assert not due()
    make("other")
    assert due() and not due("other")  # though it was once made by this code
    made = make()
    os.utime(made, (1, 1))  # results have been made since, for another matrix
    assert due()
    make()
    assert not due()


def test_missing_files(tmp_path: Path) -> None:
    assert matrix_files(tmp_path).unmeasured == ["a/b", "a/c"]
    folder = measure(tmp_path, "a/b")
    asked = matrix_files(tmp_path)
    assert (asked.unmeasured, asked.missing) == (["a/c"], [])
    assert asked.declared == ["requests.csv"]
    (folder / "server.log").unlink()
    asked = matrix_files(tmp_path)
    assert asked.unmeasured == ["a/b", "a/c"]
    assert asked.missing == [f"{folder}/server.log"]
    assert asked.declared == ["requests.csv", "server.log"]


def test_outputs_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "outputs").write_text("a file in its place")
    with pytest.raises(MatrixError, match=r"cannot write .*outputs"):
        matrix_files(tmp_path / "outputs").write()


WRITE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.conf.plan.test_matrix_files import matrix_files, measure
asked = matrix_files(Path(sys.argv[2]))
assert len(asked.unmeasured) == 2
asked.write()
print(asked.unmeasured, flush=True)
"""


def test_the_second_waits_for_the_first(
    tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """And then sees what the first has measured; it may be told to end meanwhile."""
    said = tmp_path / "said"

    def begin() -> subprocess.Popen[str]:
        with said.open("w") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-c", WRITE, str(ROOT), str(tmp_path)],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        eventually(lambda: said.read_text().endswith("\n"))
        assert "waiting for another study" in said.read_text()
        return process

    with (tmp_path / ".lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second, third = begin(), begin()
        third.send_signal(signal.SIGINT)
        assert third.wait(600) == 130
        assert said.read_text().count("\n") == 1
        assert not list(tmp_path.glob("*/*"))
        measure(tmp_path, "a/b")
    out, _ = second.communicate(timeout=600)
    assert second.returncode == 0
    assert out == "['a/c']\n"
