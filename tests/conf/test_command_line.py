"""What Snakemake's command line says, and what Snakemake would make of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conf import command_line
from conf.errors import MatrixError
from tests.conftest import ROOT

MakeParser = Callable[..., argparse.ArgumentParser]


@pytest.fixture(scope="module")
def parser() -> MakeParser:
    """Snakemake's own; to load it takes a second, which workers without these save."""
    from snakemake.cli import get_argument_parser

    return get_argument_parser


def read(
    parser: MakeParser, words: list[str], workflow: Path = ROOT, begun_in: Path = ROOT
) -> command_line.CommandLine:
    return command_line.read(parser, words, workflow, begun_in)


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
    assert read(parser, words).settings == settings


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
    assert read(parser, words).runs == runs


def test_a_profile_may_say_that_nothing_is_run(
    parser: MakeParser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.yaml").write_text("dry-run: true\n")
    words = ["all", "--config", "users=5"]
    assert read(parser, [*words, "--profile", "none"]).runs
    named = read(parser, [*words, "--profile", str(tmp_path)])
    assert (named.runs, named.settings) == (False, ["users=5"])
    monkeypatch.setenv("SNAKEMAKE_PROFILE", str(tmp_path))
    assert not read(parser, words).runs


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    """Two profiles, and one beside a Snakefile."""
    texts = {"one": "impl=select, users=5", "two": "idle=2", "profiles/three": "app=x"}
    for name, text in texts.items():
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.yaml").write_text(f"config: [{text}]\n")
    return tmp_path


PROFILES = {
    "one": (["--profile", "one"], ["impl=select", "users=5"]),
    "two": (
        ["--profile", "one", "--profile", "two"],
        ["impl=select", "users=5", "idle=2"],
    ),
    "one of a workflow": (["--workflow-profile", "three"], ["app=x"]),
    "all": (
        ["--workflow-profile", "three", "--profile", "two"],
        ["idle=2", "app=x"],
    ),
}


@pytest.mark.parametrize("own", [["users=9", "idle=3"], []], ids=["both", "its own"])
@pytest.mark.parametrize("words, of_profiles", PROFILES.values(), ids=PROFILES)
def test_settings_of_profiles_count(
    parser: MakeParser,
    profiles: Path,
    words: list[str],
    of_profiles: list[str],
    own: list[str],
) -> None:
    """They come first. Profiles are named from where Snakemake was started."""
    words = ["all", *words, *(["--config", *own] if own else [])]
    found = read(parser, words, workflow=profiles, begun_in=profiles)
    assert found.settings == [*of_profiles, *own]


def test_a_profile_beside_the_snakefile_counts_unasked(
    parser: MakeParser, profiles: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (profiles / "profiles/three").rename(profiles / "profiles/default")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    words = ["--config", "idle=1"]
    for more, settings in (
        ([], ["app=x", "idle=1"]),
        (["--workflow-profile", "none"], ["idle=1"]),
    ):
        found = read(parser, [*words, *more], workflow=profiles, begun_in=elsewhere)
        assert found.settings == settings


def test_where_snakemake_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = tmp_path / "course"
    course.mkdir()
    monkeypatch.chdir(course)  # as Snakemake does
    for pwd, directory, found in (
        (str(tmp_path), Path("course"), tmp_path),
        (str(tmp_path), course, tmp_path),
        ("/", Path("course"), course),  # of somebody who has not told it
        (None, course, course),
        (str(tmp_path), None, course),
    ):
        monkeypatch.delenv("PWD", raising=False)
        if pwd is not None:
            monkeypatch.setenv("PWD", pwd)
        assert command_line.started_in(directory) == found


def test_settings_that_are_none_are_one_line(
    profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(profiles)
    text = "config:\n  - impl: select\n"
    (profiles / "one" / "config.yaml").write_text(text)
    words = ["--profile", "one"]
    with pytest.raises(MatrixError, match="--config: Invalid config definition"):
        command_line.request({}, words, ROOT, None)


def test_a_job_of_another_snakemake(parser: MakeParser) -> None:
    cell = "burst/select/users~5/hatch_rate~100/repeat~1-afcc3e4e"
    words = ["--target-jobs", f"measure:cell={cell}", "--allowed-rules", "measure"]
    assert read(parser, words).cell == cell
    assert read(parser, ["all"]).cell is None


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

    def parser(profiles: Sequence[str] = ()) -> argparse.ArgumentParser:
        made = argparse.ArgumentParser()
        profile = ("--profile", "--workflow-profile")
        for option in ("--executor", *profile, "--target-jobs"):
            made.add_argument(option)
        made.add_argument("targets", nargs="*")
        return made

    assert read(parser, words).elsewhere == elsewhere


def test_targets(parser: MakeParser) -> None:
    told = read(parser, ["all", "x", "--cores", "1"])
    assert told.targets == ["all", "x"]


def test_an_override_is_no_target() -> None:
    command_line.check_targets({"all", "outputs/tables/burst.csv"})
    with pytest.raises(MatrixError, match="--config impl=select users=5"):
        command_line.check_targets({"all", "users=5", "impl=select"})
