"""What is shown of the log of a job."""

from __future__ import annotations

from pathlib import Path

from terminal.job_log import said


def test_lines_of_ours_each_once(tmp_path: Path) -> None:
    log = tmp_path / "17.log"
    log.write_text("rule measure:\nfirstfail: burst x: why\nfirstfail: burst x: why\n")
    assert said([str(log), str(tmp_path / "none")]) == ["firstfail: burst x: why"]
