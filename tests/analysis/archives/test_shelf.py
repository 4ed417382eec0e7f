"""Cells of archives beside those that were measured here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.archives.shelf import kept, looked_at
from analysis.files import DataError
from analysis.rows.matrix import Matrix
from contract import record
from tests.analysis.archives.made import CELL, CONFORMANCE, LISTED
from tests.analysis.golden import MATRICES


def test_cells_are_kept_once(archive: Path, tmp_path: Path) -> None:
    cells, tried = kept(archive, tmp_path)
    assert looked_at(archive) == (cells, tried)
    [place] = (tmp_path / "archives").iterdir()
    assert {cell.split("/", 2)[1] for cell in cells} == {place.name}
    for cell, config in cells.items():
        assert config["machine"] == place.name[:8]
        there = {path.name for path in (tmp_path / cell).iterdir()}
        assert there == {*record.FILES}  # and no result of others
    assert tried == {
        f"archives/{place.name}/{cell}": f"archives/{place.name}/{file}"
        for cell, file in LISTED.items()
    }
    times = [path.stat().st_mtime_ns for path in place.rglob("*")]
    assert kept(archive, tmp_path) == (cells, tried)
    assert times == [path.stat().st_mtime_ns for path in place.rglob("*")]
    next(place.rglob("telemetry.csv")).unlink()
    (tmp_path / tried[f"archives/{place.name}/{CELL}"]).unlink()
    assert kept(archive, tmp_path) == (cells, tried)
    assert len([*place.rglob("telemetry.csv")]) == len(cells)
    for name, content in CONFORMANCE.items():
        assert json.loads((place / name).read_text()) == content


def test_nothing_is_kept_of_a_broken_one(archive: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(archive.read_bytes()[:-1])
    with pytest.raises(DataError):
        kept(broken, tmp_path / "outputs")
    assert not (tmp_path / "outputs").exists()


@pytest.fixture(scope="module")
def beside(golden_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Repeats of two servers, those of another machine too: of other numbers."""
    folder = tmp_path_factory.mktemp("beside")
    folders = []
    for name in MATRICES["study"][:6]:
        for machine in ("", "abcdef12"):
            cell = folder / f"{name}{machine}"
            shutil.copytree(golden_made / "cells" / name, cell)
            if machine:
                path = cell / record.CONFIG
                path.write_text(f"machine: {machine}\n{path.read_text()}")
            folders.append(str(cell))
    (folder / "matrix.json").write_text(json.dumps(folders))
    return folder


def test_machines_are_never_joined_and_never_compared(beside: Path) -> None:
    tables = beside / "tables"
    assert main(["tables", str(beside / "matrix.json"), str(tables)]) == 0
    text = (tables / "first_fail.md").read_text()
    rows = [line.split(" | ")[:2] for line in text.splitlines() if " | here |" in line]
    assert [name.strip("| ") for name, _ in rows] == ["multiprocess", "select"]
    assert "| implementation | machine | " in text
    assert text.count("| abcdef12 |") == 2
    assert "Figures are medians of 3 runs." in text  # and not of six
    assert "**Machines:** rows of different machines are not compared" in text
    pairs = (tables / "pairs.csv").read_text().splitlines()[1:]
    assert len(pairs) >= 2
    for line in pairs:
        assert line.count("abcdef12") in (0, 2), line
        assert line.count("machine here") in (0, 2), line


def test_the_answers_of_a_report_are_by_machine(beside: Path) -> None:
    from analysis.report.answer import answer

    matrix = Matrix.read(beside / "matrix.json")
    said = answer(matrix.cells, [])
    assert {text.split(":")[0] for text in said} == {
        *("Machine here", "Machine abcdef12")
    }
    assert not any("abcdef12" in text.partition(": ")[2] for text in said)


def test_a_class_is_ranked_on_each_machine(golden_made: Path, tmp_path: Path) -> None:
    folders = []
    for name in MATRICES["class"]:
        for machine in ("", "abcdef12"):
            cell = tmp_path / f"{name}{machine}"
            shutil.copytree(golden_made / "cells" / name, cell)
            if machine:
                path = cell / record.CONFIG
                path.write_text(f"machine: {machine}\n{path.read_text()}")
            folders.append(str(cell))
    (tmp_path / "matrix.json").write_text(json.dumps(folders))
    assert main(["tables", str(tmp_path / "matrix.json"), str(tmp_path / "t")]) == 0
    text = (tmp_path / "t" / "ranking.md").read_text()
    assert "### ranking, machine here" in text and "machine abcdef12" in text
    rows = (tmp_path / "t" / "ranking.csv").read_text().splitlines()[1:]
    assert [row.split(",")[:2] for row in rows if row.split(",")[1] == "1"] == [
        ["here", "1"],
        ["abcdef12", "1"],
    ]


def test_a_report_takes_no_word_of_an_archive_for_a_file_or_a_command(
    beside: Path, tmp_path: Path
) -> None:
    """Its sources are not looked for here, and nobody is told to start its server."""
    from analysis.report.content import content

    shutil.copytree(beside, tmp_path / "beside")
    folders = [str(tmp_path / "beside" / p.name) for p in beside.glob("*abcdef12")]
    listed = tmp_path / "beside" / "matrix.json"
    listed.write_text(json.dumps(folders))
    assert main(["tables", str(listed), str(tmp_path / "beside" / "tables")]) == 0
    said = content(tmp_path / "beside", {})
    assert {cell["command"] for cell in said["cells"]} == {""}
    assert all(not s["excerpts"] for s in said["code"]["servers"])
    with (beside / "matrix.json").open() as file:
        assert len(json.load(file)) == 2 * len(folders)
