"""Where lines can be written anew, and how durations are called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contract.terminal import can_redraw, duration


@pytest.mark.parametrize(
    "changed, expected",
    [
        ({}, True),
        ({"NO_COLOR": "1"}, True),  # which is about colours alone
        ({"TERM": "dumb"}, False),
        ({"CI": "true"}, False),
    ],
)
def test_a_terminal(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], expected: bool
) -> None:
    for name, value in {"TERM": "xterm", "CI": "", **changed}.items():
        monkeypatch.setenv(name, value)
    master, slave = os.openpty()
    with os.fdopen(slave, "w", encoding="utf-8") as file:
        assert can_redraw(file) is expected
    os.close(master)


def test_a_terminal_without_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    master, slave = os.openpty()
    with os.fdopen(slave, "w", encoding="ascii") as file:
        assert not can_redraw(file)
    os.close(master)


def test_a_file_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with (tmp_path / "log").open("w") as file:
        assert not can_redraw(file)


@pytest.mark.parametrize(
    "seconds, text",
    [
        *((0, "0 s"), (5.4, "5 s"), (119, "119 s")),
        *((120, "2 min"), (1800, "30 min"), (7190, "2 h"), (86400, "24 h")),
    ],
)
def test_a_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
