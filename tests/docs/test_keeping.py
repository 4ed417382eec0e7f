"""From results in `outputs/` to what the docs show."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from docs.__main__ import main

TABLE = "| implementation | RPS |\n|---|---:|\n| select | 240 |\n"
PAGE = """\
![users](results/own/users.png)

By <!-- measured: own --><!-- end -->:

<!-- table: own/burst.md -->
<!-- end -->
"""


def run(started: str = "2026-11-28T18:00:00+00:00", **host: Any) -> dict[str, Any]:
    machine = {"cpus": 2, "cpu_model": "AMD EPYC", "kernel": "Linux 6.1.2", **host}
    return {
        "provenance": {
            "started": started,
            "host": machine,
            "versions": {"python": "3.11.7"},
            "commit": "0123456789abcdef",
            "dirty": True,
        }
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    outputs = tmp_path / "outputs"
    for folder in ("tables", "charts", ".shown", "matrices/key"):
        (outputs / folder).mkdir(parents=True)
    (outputs / "tables" / "burst.md").write_text(TABLE)
    (outputs / "charts" / "users.png").write_bytes(b"png")
    (outputs / ".shown" / "key").touch()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(PAGE)
    (tmp_path / "README.md").write_text("No regions.\n")
    measured(tmp_path, run(), run("2026-11-29T01:00:00+00:00"))
    return tmp_path


def measured(root: Path, *runs: dict[str, Any]) -> None:
    """Let these be the cells of the matrix that is shown."""
    names = [f"outputs/runs/cell-{number}" for number, _ in enumerate(runs)]
    for name, result in zip(names, runs, strict=True):
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name / "result.json").write_text(json.dumps(result))
    (root / "outputs/matrices/key/matrix.json").write_text(json.dumps(names))


def test_all_that_the_docs_show_is_kept(root: Path) -> None:
    assert main(["keep", "own"], root) == 0
    kept = root / "docs/results/own"
    assert (kept / "burst.md").read_text() == TABLE
    assert (kept / "users.png").read_bytes() == b"png"
    found = json.loads((kept / "measured.json").read_text())
    assert (found["day"], found["commit"]) == ("2026-11-29", "012345678-dirty")
    page = (root / "docs/page.md").read_text()
    assert TABLE in page
    assert "by `make study=own` on 2 cores of an AMD EPYC, Linux 6.1.2" in page


def test_a_command_stays_what_it_was(root: Path) -> None:
    assert main(["keep", "own"], root) == 0
    path = root / "docs/results/own/measured.json"
    path.write_text(path.read_text().replace("make study=own", "make users=5"))
    assert main(["keep", "own"], root) == 0
    assert json.loads(path.read_text())["command"] == "make users=5"


def wrong(root: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the one line that a command which keeps nothing prints."""
    assert main(["keep", *words], root) == 1
    assert not (root / "docs/results").exists()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_a_table_that_was_not_made(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "outputs/tables/burst.md").unlink()
    assert "run `make study=own` first" in wrong(root, capsys, "own")


def test_a_study_that_the_docs_do_not_show(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "nothing of a study pages; choose from own" in wrong(root, capsys, "pages")


def test_cells_of_two_machines(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured(root, run(), run(cpu_model="Intel"))
    assert "of several machines" in wrong(root, capsys, "own")


def test_no_results(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "outputs/.shown/key").unlink()
    assert "has no results of a study" in wrong(root, capsys, "own")


def test_what_a_benchmark_printed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "docs/page.md").write_text("<!-- table: own/speed.md -->\n<!-- end -->\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("nothing\n"))
    assert "no table was printed" in wrong(root, capsys, "own", "--printed")
    monkeypatch.setattr(sys, "stdin", io.StringIO(TABLE))
    assert main(["keep", "own", "--printed"], root) == 0
    assert TABLE in (root / "docs/page.md").read_text()
    found = json.loads((root / "docs/results/own/measured.json").read_text())
    assert found["cpus"] and found["kernel"].startswith("Linux")
