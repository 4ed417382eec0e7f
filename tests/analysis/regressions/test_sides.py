"""What a word for a side means: a folder, a matrix, an archive, a commit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from analysis.files import DataError
from analysis.regressions.compare import compare
from analysis.regressions.exits import NOTHING_WORSE, UNMEASURED, WORSE
from analysis.regressions.results import read
from analysis.regressions.sides import Side, side
from tests.analysis.regressions.made import (
    FAST,
    LEAST,
    SLOW,
    lacking,
    no_archive,
    other,
    runs,
    written,
)


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    return written(tmp_path / "there" / "outputs", runs(FAST))


def found(word: object) -> Side:
    with ExitStack() as stack:
        return side(str(word), stack, no_archive)


def test_a_folder_of_outputs_its_matrix_and_its_checkout(
    outputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From wherever they are looked at, and wherever they were moved to."""
    matrix = outputs / "matrices" / "0a1b2c3d"
    words = (outputs, matrix, outputs.parent)
    listed = [found(word).folders for word in words]
    assert [len(folders) for folders in listed] == [5, 5, 5]
    assert all(folder.is_dir() for folder in listed[0])
    monkeypatch.chdir(outputs.parent)
    assert len(found("outputs").folders) == 5
    assert all(folder.is_dir() for folder in found(".").folders)
    monkeypatch.chdir(matrix)
    assert all(folder.is_dir() for folder in found(".").folders)


def test_a_matrix_elsewhere_lists_its_cells_as_seen_from_here(
    outputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(outputs.parent)
    elsewhere = outputs / "gate" / "base"
    elsewhere.mkdir(parents=True)
    shutil.move(outputs / "matrices" / "0a1b2c3d" / "matrix.json", elsewhere)
    there = found(elsewhere)
    assert there.shown(there.folders[0]).startswith("outputs/runs/")
    assert all(folder.is_dir() for folder in there.folders)


def test_the_study_that_is_shown_is_meant(outputs: Path) -> None:
    other = outputs / "matrices" / "other"
    other.mkdir()
    (other / "matrix.json").write_text('["outputs/runs/none/repeat~1-x"]')
    os.utime(other / "matrix.json", (1, 1))
    assert len(found(outputs).folders) == 5
    os.utime(other / "matrix.json")
    with pytest.raises(DataError, match=r"did not end: ask for it again, or name one"):
        found(outputs)
    assert len(found(outputs / "matrices" / "0a1b2c3d").folders) == 5
    (outputs / "runs/none/repeat~1-x").mkdir(parents=True)
    (outputs / "runs/none/repeat~1-x/run.json").touch()  # it has ended since
    assert len(found(outputs).folders) == 5
    shutil.rmtree(outputs / ".shown")
    with pytest.raises(DataError, match=r"2 studies.*name one of them, as in .*0a1b"):
        found(outputs)


def test_outputs_without_a_matrix_are_all_of_their_runs(outputs: Path) -> None:
    shutil.rmtree(outputs / "matrices")
    (outputs / "runs" / "select" / ".repeat~9-x.unfinished").mkdir()
    (outputs / "runs" / "select" / ".repeat~9-x.unfinished" / "run.json").touch()
    assert len(found(outputs).folders) == 5
    shutil.rmtree(outputs / "runs" / "select")
    with pytest.raises(DataError, match="holds no cell"):
        found(outputs)


def test_a_listed_cell_without_a_record_was_not_measured(outputs: Path) -> None:
    """The configuration that its run had names its row; without it, it is an error."""
    [gone] = outputs.glob("runs/select/repeat~0-*")
    config = runs(FAST)[0].cell.config
    shutil.rmtree(gone)
    with pytest.raises(DataError, match="is listed, and it is not there"):
        read([found(outputs)])
    (outputs / "configs").mkdir()
    path = outputs / "configs" / f"{gone.name.rpartition('-')[2]}.json"
    path.write_text(json.dumps(config))
    [here] = read([found(outputs)])
    assert [run.lacks for run in here] == ["not measured", *[""] * 4]
    path.write_text("[]")
    with pytest.raises(DataError, match="not the configuration of a cell"):
        read([found(outputs)])


def test_a_study_of_which_no_cell_could_be_measured(
    outputs: Path, tmp_path: Path
) -> None:
    """It stopped at its first cell: it has no runs, and is not shown."""
    head = tmp_path / "head"
    shutil.copytree(outputs, head)
    shutil.rmtree(head / "runs")
    shutil.rmtree(head / ".shown")
    (head / "configs").mkdir()
    for run in runs(FAST):
        key = run.cell.config["key"]
        (head / "configs" / f"{key}.json").write_text(json.dumps(run.cell.config))
    assert compare(str(outputs), str(head), LEAST, no_archive).exit == UNMEASURED


def test_a_server_that_does_not_start(outputs: Path, tmp_path: Path) -> None:
    gone = [lacking("not measured", "exit status 1")]
    head = written(tmp_path / "head", gone)
    comparison = compare(str(outputs), str(head), LEAST, no_archive)
    assert comparison.exit == UNMEASURED
    assert "HEAD: does not start: exit status 1" in comparison.findings[0].reason


@pytest.mark.parametrize(
    "word, named",
    [
        ("", "a side is empty"),
        ("nowhere", "nowhere is none of these: a folder of outputs"),
        ("-x", "-x is none of these"),
        ("a\0b", "is none of these"),
        ("x" * 5000, "is none of these"),
        ("HEAD~1000000", "is none of these"),
    ],
)
def test_a_word_that_means_nothing(word: str, named: str) -> None:
    with pytest.raises(DataError, match=named) as error:
        found(word)
    assert "\n" not in str(error.value)


def test_a_folder_without_results(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no results: a folder of outputs has"):
        found(tmp_path)


def test_an_archive_is_unpacked_and_its_cells_are_named_within_it(
    outputs: Path, tmp_path: Path
) -> None:
    """Its matrix may list them by the paths that they have for now."""
    archive = tmp_path / "study.zip"
    archive.touch()
    closed: list[Path] = []

    @contextmanager
    def opened(path: Path) -> Iterator[Path]:
        yield outputs
        closed.append(path)

    listed = outputs / "matrices" / "0a1b2c3d" / "matrix.json"
    relative = json.loads(listed.read_text())
    for paths in (relative, [str(outputs.parent / path) for path in relative]):
        listed.write_text(json.dumps(paths))
        with ExitStack() as stack:
            there = side(str(archive), stack, opened)
            [runs_of] = read([there])
        assert runs_of[0].shown.startswith(f"{archive}/runs/select/repeat~0")
        assert not runs_of[0].lacks
    assert closed == [archive, archive]


Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A repository in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "a")
        monkeypatch.setenv(f"{name}_EMAIL", "a@b")

    def run(*words: str) -> str:
        done = subprocess.run(["git", *words], capture_output=True, check=True)
        return done.stdout.decode().strip()

    run("init", "--quiet")
    return run


def test_commits_by_any_name(git: Git, tmp_path: Path) -> None:
    measured = []
    for repeat, (rps, tag) in enumerate(((FAST, "before"), (SLOW, "after"))):
        git("commit", "--allow-empty", "--quiet", "--message", tag)
        git("tag", tag)
        row = runs(rps, code__server=tag)
        for each in row:
            commit = git("rev-parse", "HEAD")
            each.cell.result["provenance"] |= {"commit": commit}
            each.cell.config["key"] = f"{tag}{repeat}"
        measured += row
    outputs = written(tmp_path / "outputs", measured)
    assert compare("before", "after", LEAST, no_archive).exit == WORSE
    assert (
        compare("HEAD~1", git("rev-parse", "HEAD")[:8], LEAST, no_archive).exit == WORSE
    )
    assert compare("after", "before", LEAST, no_archive).exit == NOTHING_WORSE
    # A path wins over a commit of the same name.
    (tmp_path / "before").mkdir()
    with pytest.raises(DataError, match="before holds no results"):
        found("before")
    git("commit", "--allow-empty", "--quiet", "--message", "no cells")
    with pytest.raises(
        DataError, match=r"no cell of commit HEAD \(\w{12}\): there are"
    ):
        found("HEAD")
    shutil.rmtree(outputs / "runs")
    with pytest.raises(DataError, match="measure there first"):
        found("HEAD")


def test_what_was_not_committed_is_of_no_commit(git: Git, tmp_path: Path) -> None:
    git("commit", "--allow-empty", "--quiet", "--message", "one")
    dirty = runs(FAST)
    for each in dirty:
        told = {"commit": git("rev-parse", "HEAD"), "dirty": True}
        each.cell.result["provenance"] |= told
    written(tmp_path / "outputs", dirty)
    with pytest.raises(DataError, match="the 5 that were measured at it had changes"):
        found("HEAD")


def test_results_of_other_analysis_are_made_again(
    golden_made: Path, tmp_path: Path
) -> None:
    """Of their records, in memory: other code may define a figure in another way."""
    both = []
    for name, made_by in (("base", "one"), ("head", "other")):
        outputs = tmp_path / name
        listed = []
        for repeat in (1, 2, 3):
            folder = outputs / "runs" / f"repeat~{repeat}"
            shutil.copytree(golden_made / f"cells/first_fail-select-{repeat}", folder)
            listed.append(f"outputs/runs/repeat~{repeat}")
            kept = json.loads((folder / "result.json").read_text())
            kept |= {"analysis": made_by, "row": kept["row"] | {"users": 1}}
            (folder / "result.json").write_text(json.dumps(kept))
        (outputs / "matrix.json").write_text(json.dumps(listed))
        both.append(found(outputs))
    kept_text = (both[0].folders[0] / "result.json").read_text()
    again = read(both)
    for each in again:
        for repeat, run in enumerate(each, 1):
            path = golden_made / f"cells/first_fail-select-{repeat}/result.json"
            assert run.cell.row == json.loads(path.read_text())["row"]
    assert (both[0].folders[0] / "result.json").read_text() == kept_text
    (both[0].folders[0] / "telemetry.csv").unlink()
    [[first, *_], _] = read(both)
    assert first.lacks == "not comparable"
    assert "results cannot be made" in first.why


def test_results_of_one_analysis_are_read(outputs: Path, tmp_path: Path) -> None:
    head = written(tmp_path / "head", runs(other(FAST)))
    assert compare(str(outputs), str(head), LEAST, no_archive).exit == NOTHING_WORSE
