"""The nodes of a job, as Slurm names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from load.host.allocation import allocation

JOB = {"SLURM_JOB_ID": "17"}


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Slurm that says what is in a file; `tests/e2e/test_slurm.py` has a real one."""
    told = tmp_path / "told"
    programs = {
        "squeue": f"cat {told}",
        "scontrol": 'case $3 in "n[1-2]") echo n1; echo n2;; *) echo $3;; esac',
    }
    for name, script in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return told


def test_the_nodes_of_each_part(slurm: Path) -> None:
    slurm.write_text("17 n[1-2]\n")
    assert allocation(JOB) == {"job": "17", "nodes": [["n1", "n2"]]}
    slurm.write_text("17+1 n[1-2]\n17+0 n3\n")
    assert allocation(JOB) == {"job": "17", "nodes": [["n3"], ["n1", "n2"]]}


@pytest.mark.parametrize("told", ["", "17\n", "17+x n1\n"])
def test_what_cannot_be_read_is_none(slurm: Path, told: str) -> None:
    slurm.write_text(told)
    assert allocation(JOB) == {"job": "17", "nodes": None}


def test_no_slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert allocation(JOB) == {"job": "17", "nodes": None}
    assert allocation({}) is None
