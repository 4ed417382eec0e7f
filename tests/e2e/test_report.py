"""Tables and a report of what was asked for last. A report measures nothing."""

from __future__ import annotations

import html
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd

from tests.e2e.conftest import Checkout
from tests.e2e.test_wrong_input import assert_one_line


def report(checkout: Checkout) -> str:
    return (checkout.folder / "outputs" / "report.html").read_text()


def in_tables(checkout: Checkout) -> set[str]:
    cells = pd.read_csv(checkout.folder / "outputs" / "tables" / "cells.csv")
    return set(cells["config.impl.name"])


def test_a_study_ends_in_a_report(measured: Checkout) -> None:
    page = report(measured)
    assert 'id="select-burst"' in page and 'id="single-first_fail"' in page


def test_they_are_made_of_what_was_asked_for_last(
    measured: Checkout, tmp_path: Path
) -> None:
    checkout = measured.copy(tmp_path / "firstfail")
    runs = [p.stat().st_mtime_ns for p in checkout.folder.rglob("run.json")]
    assert in_tables(checkout) == {"single", "select"}
    checkout.measure("impl=select", "experiment=burst")
    assert in_tables(checkout) == {"select"}
    first_fail = checkout.folder / "outputs" / "tables" / "first_fail.md"
    assert not first_fail.exists()
    assert 'id="select-burst"' in report(checkout)
    assert 'id="single-first_fail"' not in report(checkout)
    again = checkout.snakemake("report")
    assert "Nothing to be done" in again.stdout + again.stderr
    checkout.edit("analysis/limits.py", "# A change of the analysis.\n")
    for target in ("report", "archive"):
        would = checkout.snakemake("--dry-run", target)
        assert "rule comparisons" in would.stdout + would.stderr
        assert "rule measure" not in would.stdout + would.stderr
    settings = "report={name: 'Ada Lovelace {L}', file: 'CN_{name}.pdf'}"
    named = checkout.snakemake("report", "--config", settings)
    assert named.returncode == 0, named.stderr
    handed_in = "outputs/CN_Ada Lovelace -L-.pdf"
    assert (checkout.folder / handed_in).is_file() and handed_in in named.stdout
    assert "rule measure" not in named.stdout + named.stderr
    assert "Making tables and charts" in named.stdout + named.stderr
    assert "Ada Lovelace" in report(checkout)
    assert 'id="single-first_fail"' not in report(checkout)
    base = f"report={{base: {measured.folder}}}"
    compared = checkout.snakemake("report", "--config", base)
    assert compared.returncode == 0, compared.stderr
    assert 'id="regression"' in report(checkout)
    assert "the same runs are on both sides" in report(checkout)
    assert runs == [p.stat().st_mtime_ns for p in checkout.folder.rglob("run.json")]
    other = checkout.snakemake("report", "--config", "impl=select")
    told = "impl=select: a report or an archive alone is of what was asked for last"
    assert_one_line(other, told)

    shutil.rmtree(checkout.folder / ".snakemake")
    checkout.measure()
    assert in_tables(checkout) == {"single", "select"}
    assert first_fail.exists()


def test_its_command_measures_a_cell_again(measured: Checkout, tmp_path: Path) -> None:
    checkout = measured.copy(tmp_path / "firstfail")
    found = re.findall(r"<pre[^>]*>(\S*python -m load.*?)</pre>", report(checkout))
    [_, command] = [html.unescape(words) for words in found if "select" in words]
    done = subprocess.run(
        ["sh", "-c", command.replace(".venv/bin/python", shlex.quote(sys.executable))],
        **{"cwd": checkout.folder, "capture_output": True, "text": True},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [again] = checkout.folder.glob("again-????????")  # named by its key
    assert (again / "result.json").is_file()
