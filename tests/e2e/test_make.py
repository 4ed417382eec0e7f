"""make says what Snakemake would."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_run


def make(root: Path, *words: str) -> str:
    """Run make as a user would, though these tests run under make themselves."""
    of_make = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"}
    return subprocess.run(
        ["make", *words],
        cwd=root,
        env={name: value for name, value in os.environ.items() if name not in of_make},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "all"),
        (["impl=select", "users=2000"], "all --config 'impl=select' 'users=2000'"),
        (["users=range(5,9)"], "all --config 'users=range(5,9)'"),
        (["server={backlog: 64}"], "all --config 'server={backlog: 64}'"),
        (["impl=a'b"], r"all --config 'impl=a'\''b'"),
        (["demo"], "all --config study=demo"),
        (["demo", "impl=select"], "all --config study=demo 'impl=select'"),
        (["PYTHON=python3", "VENV=.venv"], "all"),
    ],
)
def test_settings_are_passed_on(root: Path, words: list[str], said: str) -> None:
    last = make(root, "--dry-run", *words).strip().splitlines()[-1].strip()
    assert last.endswith(f"snakemake --cores 1 {said}")


def test_help_names_every_target(root: Path) -> None:
    named = [line.split()[0] for line in make(root, "help").splitlines()]
    assert named == ["all", "demo", "test", "lint", "benchmark", "lock", "help"]
