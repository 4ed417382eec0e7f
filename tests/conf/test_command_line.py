"""What Snakemake's command line says, and what Snakemake would make of it."""

from __future__ import annotations

import pytest
from snakemake.cli import get_argument_parser

from conf import command_line
from conf.errors import MatrixError

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
def test_all_settings_count(words: list[str], settings: list[str]) -> None:
    assert command_line.read(get_argument_parser(), words).settings == settings


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
    ],
)
def test_what_runs_anything(words: list[str], runs: bool) -> None:
    assert command_line.read(get_argument_parser(), words).runs == runs


def test_targets() -> None:
    told = command_line.read(get_argument_parser(), ["all", "x", "--cores", "1"])
    assert told.targets == ["all", "x"]


def test_an_override_is_no_target() -> None:
    command_line.check_targets({"all", "outputs/tables/burst.csv"})
    with pytest.raises(MatrixError, match="--config impl=select users=5"):
        command_line.check_targets({"all", "users=5", "impl=select"})
