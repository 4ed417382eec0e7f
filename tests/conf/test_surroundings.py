"""What Snakemake is started from and by does not matter."""

from __future__ import annotations

import getpass
import os

import pytest

from conf.surroundings import prepare


def test_programs_beside_python_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for _ in range(2):  # as where make or an activated environment has said so before
        prepare("/somewhere/.venv/bin/python")
        assert os.environ["PATH"] == "/somewhere/.venv/bin:/usr/bin:/bin"
    monkeypatch.delenv("PATH")
    prepare("/venv/bin/python")
    assert os.environ["PATH"] == f"/venv/bin:{os.defpath}"


def test_whoever_has_a_name_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    prepare("/venv/bin/python")
    assert getpass.getuser() == "ada"
