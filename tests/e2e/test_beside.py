"""Two matrices in one folder, and one checkout for two folders."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import alone
from tests.e2e.conftest import Checkout

STUDY = ("all", "--config", "study=tiny")
ONE = (*STUDY, "experiment=burst", "impl=select", "conformance=false")


def impls_and_users(tables: Path) -> set[tuple[str, int]]:
    cells = pd.read_csv(tables / "cells.csv")
    return set(zip(cells["config.impl.name"], cells["config.users"], strict=True))


def made(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_matrix_while_a_study_runs(
    measured: Checkout, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """A dry run changes nothing, a run waits; each has tables of its own in the end."""
    checkout = measured.copy(tmp_path / "firstfail")
    outputs = checkout.folder / "outputs"

    before = set((outputs / "configs").iterdir())
    with alone():
        first = checkout.begin("--until=show", *ONE, "users=6")
        eventually(lambda: set((outputs / "configs").iterdir()) != before)
        eventually(lambda: "another run" in first.said(first.err))
        files = made(outputs)
        for words in (("-n", *STUDY, "users=7"), ("--summary", *STUDY)):
            assert checkout.snakemake(*words).returncode == 0
        assert made(outputs) == files
        second = checkout.begin("--until=show", *STUDY)  # which was measured before
        eventually(lambda: "another study" in second.said(second.err))
        assert second.poll() is None
    for begun in (first, second):
        assert begun.wait(600) == 0
        begun.close()

    own = [impls_and_users(path) for path in outputs.glob("matrices/*/tables")]
    every = {("single", 5), ("select", 5), ("single", 3), ("select", 3)}
    assert every in own and {("select", 6)} in own
    assert impls_and_users(outputs / "tables") == every  # it came last
    [name] = {path.name for path in (outputs / "matrices").glob("*/charts/burst.svg")}
    shown = outputs / "charts" / name
    [own_chart] = [
        path
        for path in outputs.glob(f"matrices/*/charts/{name}")
        if path.read_bytes() == shown.read_bytes()
    ]
    assert own_chart.parents[1].name in {p.name for p in (outputs / ".shown").iterdir()}


def test_results_in_another_folder(drawn: Checkout, tmp_path: Path) -> None:
    """Measured from elsewhere, by somebody who has no home directory and no name.

    All pictures are drawn.
    """
    checkout = drawn
    elsewhere = tmp_path / "a course, of this year"
    elsewhere.mkdir()
    named = {"XDG_CACHE_HOME", "MPLCONFIGDIR", "LOGNAME", "USER", "LNAME", "USERNAME"}
    environment = {k: v for k, v in os.environ.items() if k not in named}

    def snakemake(folder: Path, *words: str) -> str:
        done = subprocess.run(
            checkout.command(*words),
            cwd=folder,
            env={**environment, "HOME": "/dev/null"},  # where not even root may write
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    said = snakemake(elsewhere, "-s", str(checkout.folder / "Snakefile"), *ONE)
    assert "temporary cache" not in said  # of matplotlib, where it may not write
    assert impls_and_users(elsewhere / "outputs" / "tables") == {("select", 5)}
    pictures = [*elsewhere.glob("outputs/charts/*.svg")]
    assert "burst.svg" in {picture.name for picture in pictures}
    pictures += elsewhere.glob("outputs/runs/**/chart.svg")
    assert all(picture.stat().st_size > 10_000 for picture in pictures)
    assert not (checkout.folder / "outputs").exists()
    there = ("--directory", str(elsewhere), *ONE)
    assert "Nothing to be done" in snakemake(checkout.folder, "-n", *there)
    for path in elsewhere.glob("outputs/.shown/*"):  # so it shows them again
        path.unlink()
    shown = elsewhere / "outputs" / "tables" / "cells.csv"
    shown.unlink()
    snakemake(checkout.folder, *there)
    assert shown.exists() and not (checkout.folder / "outputs").exists()
    said = snakemake(checkout.folder, "-n", *ONE)
    assert "Nothing to be done" not in said


def test_a_user_without_a_name(clean: Checkout) -> None:
    """As in a container that is started for a number alone."""
    unnamed = ["unshare", "--user", "--map-user=54321"]
    named = {"LOGNAME", "USER", "LNAME", "USERNAME"}
    try:
        subprocess.run([*unnamed, "true"], check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no user namespaces here")
    done = subprocess.run(
        [*unnamed, *clean.command("-n", *ONE)],
        cwd=clean.folder,
        env={k: v for k, v in os.environ.items() if k not in named},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
