"""The folder of a cell: what is measured into it, and what is never removed for it.

All of it is below a folder of the test's own, also what would be lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contract import record
from load.config import read
from load.errors import CellError
from load.folder import Folder
from tests.load.conftest import ROOT, write_config

CONFIG = {"users": 20, "hatch_rate": 0.00001, "load": {"think_min_s": None}}
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(0, 1e300) | NAMES


def folder(path: Path) -> Folder:
    return Folder(path, path.with_name("logs"))


def fill(path: Path, config: dict[str, Any], lacking: str = "") -> Folder:
    """Make a folder with what a run of `config` leaves."""
    path.mkdir()
    for name in {*record.FILES, "result.json", "chart.svg"} - {lacking}:
        (path / name).touch()
    if lacking != record.CONFIG:
        (path / record.CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))
    return folder(path)


def test_a_cell_is_measured_once(tmp_path: Path) -> None:
    assert not folder(tmp_path / "new").holds(CONFIG)
    (tmp_path / "empty").mkdir()
    assert not folder(tmp_path / "empty").holds(CONFIG)
    assert fill(tmp_path / "whole", CONFIG).holds(CONFIG)


@pytest.mark.parametrize("lacking", record.FILES)
def test_what_lacks_a_file_is_measured_again(tmp_path: Path, lacking: str) -> None:
    assert not fill(tmp_path / "cell", CONFIG, lacking).holds(CONFIG)


def test_another_cell_is_not_taken_for_it(tmp_path: Path) -> None:
    other = fill(tmp_path / "cell", {**CONFIG, "users": 21})
    with pytest.raises(CellError, match="by another configuration: name another fold"):
        other.holds(CONFIG)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, LEAVES), min_size=1))
def test_a_configuration_is_the_same_in_json_and_yaml(
    tmp_path_factory: pytest.TempPathFactory, config: dict[str, Any]
) -> None:
    place = tmp_path_factory.mktemp("same")
    (place / "asked.json").write_text(json.dumps(config))
    (place / "kept.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    both = [read(place / name, (), "") for name in ("asked.json", "kept.yaml")]
    assert both[0] == both[1]


def test_a_part_of_another_cell_is_not_removed(tmp_path: Path) -> None:
    other = fill(tmp_path / "cell", {**CONFIG, "users": 21}, record.REQUESTS)
    with pytest.raises(CellError, match="by another configuration: name another fold"):
        other.holds(CONFIG)


OF_NO_CELL = [
    *(["src/"], ["thesis.tex"], [".env"], [".git"], ["stats.csv", "result.json"]),
    *([record.CONFIG, "src/"], [record.CONFIG, "thesis.tex"], [record.CONFIG, ".env"]),
    [record.CONFIG, record.RUN, "notes.md"],
]


@pytest.mark.parametrize("names", OF_NO_CELL, ids=" ".join)
def test_what_is_no_cell_would_be_lost(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "work"
    path.mkdir()
    for name in names:
        if name.endswith("/"):
            (path / name).mkdir()
        elif name == record.CONFIG:  # which says what to measure
            (path / name).write_text(yaml.safe_dump(CONFIG))
        else:
            (path / name).touch()
    with pytest.raises(CellError, match="holds something else, which would be lost"):
        folder(path).holds(CONFIG)


@pytest.mark.parametrize("kind", ["a file", "a link"])
def test_what_is_no_folder_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "work"
    if kind == "a file":
        path.write_text("x")
    else:
        path.symlink_to(tmp_path)
    with pytest.raises(CellError, match="is no folder: name one that is to be made"):
        folder(path).holds(CONFIG)


def test_a_note_in_a_whole_cell_is_no_trouble(tmp_path: Path) -> None:
    """Nothing is removed there. A hidden file in a part of one is an editor's."""
    whole = fill(tmp_path / "cell", CONFIG)
    (whole.path / "notes.md").touch()
    assert whole.holds(CONFIG)
    part = fill(tmp_path / "part", CONFIG, record.REQUESTS)
    (part.path / ".DS_Store").touch()
    assert not part.holds(CONFIG)
    alone = folder(tmp_path / "alone")  # as of a trial that was not made
    alone.path.mkdir()
    (alone.path / record.CONFIG).write_text(yaml.safe_dump(CONFIG))
    assert not alone.holds(CONFIG)


@pytest.mark.parametrize("text", ["", "- 1\n", "a: [\n"])
def test_a_configuration_that_is_none_is_one_line(tmp_path: Path, text: str) -> None:
    cell = fill(tmp_path / "cell", CONFIG)
    (cell.path / record.CONFIG).write_text(text)
    with pytest.raises(
        CellError, match=r"\.yaml (holds no settings|is not YAML).*: remove"
    ):
        cell.holds(CONFIG)


@pytest.mark.parametrize("name", [".", "..", "a/..", "../..", "/"])
def test_a_folder_needs_a_name(name: str) -> None:
    with pytest.raises(
        CellError, match=r"cannot be made: name a folder, as in \./again"
    ):
        Folder(Path(name), Path("logs"))


def test_nothing_is_removed_for_a_folder_without_a_name(tmp_path: Path) -> None:
    """Where the refusal is broken, it is a folder of this test that is lost."""
    inside = tmp_path / "one" / "two"
    inside.mkdir(parents=True)
    asked = write_config(inside)
    done = subprocess.run(
        [sys.executable, "-m", "load", asked.name, ".."],
        **{"cwd": inside, "env": {**os.environ, "PYTHONPATH": str(ROOT)}},
        **{"capture_output": True, "text": True},
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "firstfail: ..: .. cannot be made: name a folder, as in ./again\n"
    )
    assert asked.exists()
