"""The folder of a server, apart from all else."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from load.host.apart import make_apart, remove_left
from load.host.run_token import new_token


@pytest.mark.parametrize("flags, at", [(0, "system"), (os.ST_NOEXEC, "run")])
def test_it_is_where_programs_may_be_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: int, at: str
) -> None:
    for name in ("system", "run"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "system"))
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=flags))
    made = make_apart(tmp_path / "run")
    assert made.is_dir() and made.parent == tmp_path / at
    assert make_apart().parent == tmp_path / "system"


def test_what_earlier_runs_have_left_is_removed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And nothing else: not that of a run on another host, with the same files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (make_apart() / "server").mkdir()
    monkeypatch.setattr("load.host.run_token.identity", lambda: "another lock")
    other = make_apart()
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = [tmp_path / name for name in ("firstfail-x", f"firstfail-{new_token()}")]
    for folder in kept:
        folder.mkdir()
    remove_left()
    assert sorted(tmp_path.iterdir()) == sorted([other, *kept])
