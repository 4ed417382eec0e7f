"""What Snakemake's command line says, and what Snakemake would make of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from conf import command_line
from conf.errors import MatrixError

MakeParser = Callable[..., argparse.ArgumentParser]


@pytest.fixture(scope="module")
def parser() -> MakeParser:
    """Snakemake's own; to load it takes a second, which workers without these save."""
    from snakemake.cli import get_argument_parser

    return get_argument_parser


SETTINGS = {
    "none": (["all"], []),
    "one": (["all", "--config", "users=5", "impl=select"], ["users=5", "impl=select"]),
    "several": (
        ["--config", "impl=select", "--cores", "1", "--config", "users=5", "idle=2"],
        ["impl=select", "users=5", "idle=2"],
    ),
    "short": (["-C", "impl=select", "-nC", "users=5"], ["impl=select", "users=5"]),
    "with =": (
        ["--config=impl=select", "--config=users=5"],
        ["impl=select", "users=5"],
    ),
}


@pytest.mark.parametrize("words, settings", SETTINGS.values(), ids=SETTINGS)
def test_all_settings_count(
    parser: MakeParser, words: list[str], settings: list[str]
) -> None:
    assert command_line.read(parser, words).settings == settings


@pytest.mark.parametrize(
    "words, runs",
    [
        (["all", "--cores", "1"], True),
        (["--cores", "1", "--keep-going", "--config", "users=5"], True),
        (["-n"], False),
        (["--dry-run", "all"], False),
        (["--summary"], False),
        (["--lint"], False),
        (["--dag"], False),
        (["--list-rules"], False),
        (["--report", "report.html"], False),
        (["--report", "report.html", "--report-after-run"], True),
        (["--executor", "dryrun"], False),
        (["--executor", "local"], True),
        (["--archive", "all.tar"], False),
        (["--export-cwl", "all.cwl"], False),
        (["--unlock"], False),
        (["--cleanup-metadata", "a"], False),
        (["--delete-all-output"], False),
        (["--list-conda-envs"], False),
    ],
)
def test_what_runs_anything(parser: MakeParser, words: list[str], runs: bool) -> None:
    assert command_line.read(parser, words).runs == runs


def test_a_profile_may_say_that_nothing_is_run(
    parser: MakeParser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.yaml").write_text("dry-run: true\n")
    words = ["all", "--config", "users=5"]
    assert command_line.read(parser, [*words, "--profile", "none"]).runs
    named = command_line.read(parser, [*words, "--profile", str(tmp_path)])
    assert (named.runs, named.settings) == (False, ["users=5"])
    monkeypatch.setenv("SNAKEMAKE_PROFILE", str(tmp_path))
    assert not command_line.read(parser, words).runs


@pytest.mark.parametrize("own", [["users=9", "idle=2"], []], ids=["both", "its own"])
def test_settings_of_a_profile_count(
    parser: MakeParser, tmp_path: Path, own: list[str]
) -> None:
    text = "config:\n  - impl=select\n  - users=5\n"
    (tmp_path / "config.yaml").write_text(text)
    words = ["all", "--profile", str(tmp_path), *(["--config", *own] if own else [])]
    assert command_line.read(parser, words).settings == ["impl=select", "users=5", *own]


def test_a_job_of_another_snakemake(parser: MakeParser) -> None:
    cell = "burst/select/users~5/hatch_rate~100/repeat~1-afcc3e4e"
    words = ["--target-jobs", f"measure:cell={cell}", "--allowed-rules", "measure"]
    assert command_line.read(parser, words).cell == cell
    assert command_line.read(parser, ["all"]).cell is None


@pytest.mark.parametrize(
    "words, elsewhere",
    [
        (["all"], False),
        (["all", "--executor", "local"], False),
        (["all", "--executor", "slurm"], True),
    ],
)
def test_where_cells_are_measured(words: list[str], elsewhere: bool) -> None:
    """Snakemake's own parser knows an executor only where its plugin is installed."""

    def parser() -> argparse.ArgumentParser:
        made = argparse.ArgumentParser()
        for option in ("--executor", "--profile", "--target-jobs"):
            made.add_argument(option)
        made.add_argument("targets", nargs="*")
        return made

    assert command_line.read(parser, words).elsewhere == elsewhere


def test_targets(parser: MakeParser) -> None:
    told = command_line.read(parser, ["all", "x", "--cores", "1"])
    assert told.targets == ["all", "x"]


def test_an_override_is_no_target() -> None:
    command_line.check_targets({"all", "outputs/tables/burst.csv"})
    with pytest.raises(MatrixError, match="--config impl=select users=5"):
        command_line.check_targets({"all", "users=5", "impl=select"})
