"""make says what Snakemake would."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "all"),
        (["impl=select", "users=2000"], "all --config 'impl=select' 'users=2000'"),
        (["users=range(5,9)"], "all --config 'users=range(5,9)'"),
        (["server={backlog: 64}"], "all --config 'server={backlog: 64}'"),
        (["demo"], "all --config study=demo"),
        (["demo", "impl=select"], "all --config study=demo 'impl=select'"),
        (["PYTHON=python3", "VENV=.venv"], "all"),
    ],
)
def test_settings_are_passed_on(root: Path, words: list[str], said: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    last = done.stdout.strip().splitlines()[-1].strip()
    assert last.endswith(f"snakemake --cores 1 {said}")


def test_help_names_every_target(root: Path) -> None:
    done = subprocess.run(
        ["make", "help"], cwd=root, capture_output=True, text=True, check=True
    )
    named = [line.split()[0] for line in done.stdout.splitlines()]
    assert named == ["all", "demo", "test", "lint", "benchmark", "lock", "help"]
