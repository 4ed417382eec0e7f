"""An archive of a study, and a study that shows one, by Snakemake."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import Checkout
from tests.e2e.test_wrong_input import assert_one_line


@pytest.fixture(scope="module")
def packed(measured: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A measured checkout with an archive of it. To be copied if it is changed."""
    checkout = measured.copy(tmp_path_factory.mktemp("packed") / "unmistakable")
    done = checkout.snakemake("archive")
    assert done.returncode == 0, done.stderr
    assert "rule measure" not in done.stdout + done.stderr
    assert "outputs/archive.zip\n" in done.stdout + done.stderr
    return checkout


def test_an_archive_of_what_was_asked_for_last(packed: Checkout) -> None:
    archive = packed.folder / "outputs" / "archive.zip"
    with zipfile.ZipFile(archive) as files:
        names = files.namelist()
        for name in names:
            assert b"unmistakable" not in files.read(name), name
    assert len([name for name in names if name.endswith("/requests.csv.gz")]) == 4
    assert len([name for name in names if name.endswith("/conformance.json")]) == 2
    again = packed.snakemake("archive")
    assert "Nothing to be done" in again.stdout + again.stderr


def test_it_opens_in_another_checkout(
    packed: Checkout, clean: Checkout, tmp_path: Path
) -> None:
    """Where nothing was measured: the tables are the same, but for the machine."""
    other = clean.copy(tmp_path / "other")
    archive = tmp_path / "sent.zip"
    shutil.copyfile(packed.folder / "outputs" / "archive.zip", archive)
    asked = ("--config", "study=archive", f"path={archive}")
    tried = other.snakemake("all", "-n", *asked)
    assert tried.returncode == 0, tried.stderr
    assert not (other.folder / "outputs").exists()
    done = other.snakemake("all", *asked)
    assert done.returncode == 0, done.stderr
    assert "rule measure" not in done.stdout + done.stderr
    for name in ("burst.csv", "first_fail.csv"):
        there, here = (
            (each.folder / "outputs" / "tables" / name).read_text()
            for each in (packed, other)
        )
        assert here == there and "conformance_passed" in here
    text = (other.folder / "outputs/tables/burst.md").read_text()
    assert "**Machines:** " in text
    assert_one_line(other.snakemake("archive"), "the last study shows archives")
    assert_one_line(
        other.snakemake("all", *asked, "users=7"), "users=7: study=archive measures"
    )


def test_it_stands_beside_local_cells(packed: Checkout, tmp_path: Path) -> None:
    checkout = packed.copy(tmp_path / "firstfail")
    asked = ("--config", "study=archive", "path=outputs/archive.zip")
    done = checkout.snakemake("all", *asked)
    assert done.returncode == 0, done.stderr
    text = (checkout.folder / "outputs/tables/burst.md").read_text()
    machines = re.findall(r"^\| (?:select|single) \| (\w+) \|", text, re.M)
    assert len(machines) == 4 and machines.count("here") == 2
    assert text.count(" | 45 of 45 |") == 4
    again = checkout.snakemake("all", *asked)
    assert "Nothing to be done" in again.stdout + again.stderr
    assert "Nothing to be done" in checkout.snakemake("report").stderr


def test_nothing_is_left_of_an_archive_that_is_not_finished(
    packed: Checkout, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """Snakemake alone is told to end, and tells the step."""
    checkout = packed.copy(tmp_path / "firstfail")
    archive = checkout.folder / "outputs" / "archive.zip"
    archive.unlink()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        checkout.command("archive"),
        cwd=checkout.folder,
        env=os.environ | {"TMPDIR": str(temporary)},
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        eventually(lambda: [*temporary.glob("firstfail-*/runs")])
        below = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.communicate(timeout=600)
    assert process.returncode != 0
    eventually(lambda: not any(each.is_running() for each in below))
    assert not [*temporary.glob("firstfail-*")]
    assert not [*archive.parent.glob("*archive.zip")]
    assert not [*archive.parent.glob(".*archive.zip")]


@pytest.mark.no_run
def test_a_study_of_no_archive(clean: Checkout, tmp_path: Path) -> None:
    checkout = clean.copy(tmp_path / "firstfail")
    words = ("all", "--config", "study=archive")
    assert_one_line(checkout.snakemake(*words), "study=archive needs its archives")
    assert_one_line(
        checkout.snakemake(*words, "path=none.zip"), "none.zip: No such file"
    )
    assert_one_line(
        checkout.snakemake(*words, "path=README.md"), "README.md is refused: it is no"
    )
    assert_one_line(checkout.snakemake("archive"), "there is nothing to report yet")
    assert_one_line(
        checkout.snakemake("archive", "--config", "report={archive: x.tar}"),
        "report.archive=x.tar: an archive is a file with .zip",
    )
    assert not (checkout.folder / "outputs").exists()
