"""Nothing measured is removed unless somebody says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conf.plan.turn import await_turn


def clean(folder: Path, answer: str, root: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "conf.cleaning"],
        cwd=folder,
        env={"PYTHONPATH": str(root)},
        input=answer,
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return done.stdout


@pytest.fixture
def results(tmp_path: Path) -> Path:
    cell = tmp_path / "outputs/runs/burst/select/users~5/repeat~1-a"
    cell.mkdir(parents=True)
    (cell / "run.json").touch()
    return tmp_path


@pytest.mark.parametrize("answer", ["", "n\n", "\n", "yet\n"])
def test_results_are_kept(results: Path, root: Path, answer: str) -> None:
    said = clean(results, answer, root)
    assert "Remove outputs/, with 1 measured cells? [y/N]" in said
    assert said.endswith("firstfail: outputs/ is kept\n")
    assert list(results.glob("outputs/runs/**/run.json"))


def test_results_are_removed(results: Path, root: Path) -> None:
    assert clean(results, "y\n", root).endswith("outputs/ is removed\n")
    assert list(results.iterdir()) == []
    assert clean(results, "", root) == "firstfail: no outputs/ here\n"


def test_what_is_not_measured_needs_no_answer(tmp_path: Path, root: Path) -> None:
    (tmp_path / "outputs/logs").mkdir(parents=True)
    assert clean(tmp_path, "", root) == "firstfail: outputs/ is removed\n"
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_kept_without_a_question(results: Path, root: Path) -> None:
    elsewhere = results / "disk"
    (results / "outputs").rename(elsewhere)
    (results / "outputs").symlink_to(elsewhere)
    said = clean(results, "y\n", root)
    assert said.startswith(f"firstfail: outputs/ is kept: it is a link to {elsewhere}:")
    assert len(said.splitlines()) == 1
    assert list(elsewhere.glob("runs/**/run.json"))


def test_a_study_that_runs_is_left_alone(results: Path, root: Path) -> None:
    await_turn(results / "outputs")
    assert "a study is running in it" in clean(results, "y\n", root)
    assert list(results.glob("outputs/runs/**/run.json"))
