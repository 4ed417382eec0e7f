"""Archives as the sides of a comparison, as the command has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.__main__ import main
from tests.analysis.archives.made import CELL, sealed, zipped

UNDECIDED = 4  # a cell of the study was not measured


@pytest.fixture
def other(files: dict[str, bytes], tmp_path: Path) -> Path:
    """An archive of another run of the same cell."""
    told = json.loads(files[f"{CELL}/run.json"])
    told["provenance"]["started"] = "2026-11-29T09:00:00+00:00"
    run = json.dumps(told).encode()
    path = tmp_path / "other.zip"
    path.write_bytes(zipped(sealed({**files, f"{CELL}/run.json": run})))
    return path


def test_archives_and_folders(
    archive: Path,
    other: Path,
    study_made: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In both directions: the same rows, whatever a side is."""
    outputs = study_made.parents[1]
    found = []
    for base, head in (
        *((archive, other), (other, archive)),
        *((outputs, other), (other, outputs)),
    ):
        path = tmp_path / "compared.json"
        words = ["compare", str(base), str(head), "--json", str(path)]
        assert main(words) == UNDECIDED
        said = capsys.readouterr()
        assert said.err == "" and f"### `{head}` (HEAD) against `{base}`" in said.out
        rows = json.loads(path.read_text())["rows"]
        assert rows and all(
            (row["base"] == []) == (row["head"] == []) for row in rows
        ), rows
        assert {row["head"][0] for row in rows if "single" in row["label"]} == {
            f"{head}/{CELL}"
        }
        found.append([(r["label"], r["figure"], r["verdict"]) for r in rows])
    assert found[0] == found[1] == found[2] == found[3]
