"""Which jobs are ended before a study; `tests/e2e/test_slurm.py` ends real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from load.host.left_jobs import end_left_jobs

QUEUE = """\
17|/here|rule_measure_wildcards_a
17|/here|rule_measure_wildcards_a
18|/here|of another program
19|/elsewhere|rule_measure_wildcards_a
20|/here|rule_measure_wildcards_a|b
"""


def test_those_that_measure_into_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = tmp_path / "queue"
    queue.write_text(QUEUE)
    programs = {
        "squeue": f"cat {queue}",
        "scancel": f'for job; do sed -i "/^$job|/d" {queue}; done',
    }
    for name, script in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert end_left_jobs(Path("/here"), "rule_measure") == ["17", "20"]
    assert "18|" in queue.read_text() and "19|" in queue.read_text()
    assert end_left_jobs(Path("/here"), "rule_measure") == []


def test_another_executor_than_that_for_slurm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert end_left_jobs(Path("/here"), "rule_measure") == []
