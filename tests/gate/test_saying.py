"""What is printed of a gate does not change how it ends."""

from __future__ import annotations

import io
import signal
import sys
from pathlib import Path

import pytest

import gate.__main__ as command
import gate.run
from gate.errors import GateError, Status, interrupt
from gate.findings import Findings
from gate.request import Request
from pipeline import ANALYSIS

COMMITS = {"base": "b" * 40, "head": "a" * 40}
FOUND = Findings(COMMITS, ["\u2020 a note"], Request("main", {}, 7, "5%"), [], [])


def test_a_terminal_without_its_signs_and_no_summary(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An error of these would end Python with 1: that a server is slower."""
    monkeypatch.setattr(sys, "argv", ["gate", "--base", "main"])
    monkeypatch.setattr(command, "run", lambda *_: FOUND)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "SIGNALS", ())
    monkeypatch.setenv(command.SUMMARY, str(tmp_path))
    shown = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", shown)
    assert command.main() == FOUND.status == Status.UNDECIDED
    assert b"- ? a note" in shown.buffer.getvalue()  # type: ignore[attr-defined]
    told = f"firstfail: {command.SUMMARY}={tmp_path}: Is a directory\n"
    assert capsys.readouterr().err == told


@pytest.mark.usefixtures("nohup")
def test_what_nohup_ignores_stays_ignored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*_: object) -> Findings:
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is interrupt
        raise GateError("seen")

    monkeypatch.setattr(command, "read", lambda: None)
    monkeypatch.setattr(command, "run", run)
    assert command.main() == Status.WRONG_USE
    assert capsys.readouterr().err == "firstfail: seen\n"


def test_analysis_that_cannot_be_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is checked out or emptied."""
    for name in ANALYSIS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "memory").symlink_to("/proc/self/mem")  # EIO, even for root
    monkeypatch.setattr(gate.run, "prepare", lambda *_: None)
    with pytest.raises(GateError, match="analysis/memory cannot be read: "):
        gate.run.run(tmp_path, Request("main", {}, 7, "5%"))
