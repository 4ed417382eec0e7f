"""Archives of many machines in one folder."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.archives.opening import opened
from tests.analysis.archives.made import CELL, CELLS, sealed, zipped


@pytest.fixture
def others(files: dict[str, bytes], tmp_path: Path) -> Path:
    """An archive of the same cells on another machine."""
    changed = dict(files)
    for name in CELLS:
        path = f"runs/{name}/x/users~1/run.json"
        told = json.loads(files[path])
        told["provenance"]["host"]["kernel"] = "Linux 9.9"
        changed[path] = json.dumps(told).encode()
    path = tmp_path / "others.zip"
    path.write_bytes(zipped(sealed(changed)))
    return path


def test_what_many_machines_have_measured(
    archive: Path,
    others: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    results = tmp_path / "results"
    for path in (archive, others, archive):
        assert main(["collect", str(path), str(results)]) == 0
    taken = sorted(results.glob("*/*.zip"))
    assert len(taken) == 2  # the same one is taken once
    assert len({path.parent for path in taken}) == 2
    said = capsys.readouterr().out.splitlines()
    assert {*said} == {*map(str, taken)} and said[0] == said[2]
    for path in taken:
        assert path.stat().st_size < archive.stat().st_size / 4
        with opened(path) as outputs:
            assert (outputs / CELL / "result.json").is_file()
    assert main(["machines", str(results)]) == 0
    page = capsys.readouterr().out
    names = [path.parent.name for path in taken]
    for name in names:
        assert page.count(f"| {name} |") == 2  # among the machines, and as a row
    assert "| Linux 9.9 |" in page
    assert page.count("| 1 of 2 |") == 2  # how their servers conform
    assert "rows of different machines are not compared" in page
    why = os.strerror(errno.ENOSPC)
    for words in (["collect", str(others), str(results)], ["machines", str(results)]):
        with Path("/dev/full").open("w") as full:
            monkeypatch.setattr(sys, "stdout", full)
            assert main(words) == 1
        said = capsys.readouterr().err
        assert said == f"firstfail: cannot write the standard output: {why}\n"


def test_what_is_refused(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    assert main(["machines", str(tmp_path)]) == 1
    assert "has no archives: python -m analysis collect" in capsys.readouterr().err
    broken = tmp_path / "broken.zip"
    broken.write_bytes(archive.read_bytes()[:-1])
    assert main(["collect", str(broken), str(results)]) == 1
    assert not results.exists()
    (results / "x").mkdir(parents=True)
    (results / "x" / "y.zip").write_bytes(b"no zip")
    assert main(["machines", str(results)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and "y.zip is refused: it is no zip" in said[1]
