"""Targets and settings on Snakemake's command line.

Rules of this module:
- Snakemake uses only the last of several `--config`, or else that of the last profile.
  This module collects all of them. Those of profiles come first.
- Snakemake's own parser reads the words. This module knows none of its grammar.
- A cluster's job is a Snakemake of its own, which another has given a cell to measure.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conf.errors import MatrixError

# Options with which Snakemake prints something, or puts something in order, and runs
# nothing.
RUNS_NOTHING = (
    *("dryrun", "lint", "list_rules", "list_target_rules", "print_compilation"),
    *("dag", "rulegraph", "filegraph", "d3dag", "containerize"),
    *("summary", "detailed_summary", "list_changes", "list_untracked"),
    *("list_input_changes", "list_params_changes", "export_cwl", "archive", "unlock"),
    *("generate_unit_tests", "cleanup_metadata", "cleanup_shadow"),
    *("delete_all_output", "delete_temp_output", "container_cleanup_images"),
    *("list_conda_envs", "conda_cleanup_envs", "conda_create_envs_only"),
)
NO_PROFILE = "none"
ON_THIS_HOST = (None, "local", "dryrun", "touch")  # executors that start jobs here


@dataclass(frozen=True)
class CommandLine:
    """The request of a user."""

    targets: list[str]
    settings: list[str]  # behind each `--config`, in order
    runs: bool  # whether anything is to be run
    cell: str | None = None  # the cell to measure, in a job of another Snakemake
    elsewhere: bool = False  # whether cells are measured on other hosts than this one


class _Collecting(argparse.Namespace):
    """The result of a parser, which keeps the settings of every `--config`."""

    def __init__(self) -> None:
        super().__init__()
        self.settings: list[str] = []

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "config":
            self.settings += value or []
        super().__setattr__(name, value)


def started_in(directory: Path | None) -> Path:
    """Return where Snakemake was started. By now it has gone to `directory`.

    A shell leaves its own folder in PWD.
    """
    named = os.environ.get("PWD")
    if directory and named and Path(named, directory).resolve() == Path.cwd():
        return Path(named)
    return Path.cwd()


def request(
    config: dict[str, Any], words: Sequence[str], workflow: Path, directory: Path | None
) -> CommandLine:
    """Return the request in `words`. Snakemake's `config` gets all settings in it.

    `workflow` is the folder of the Snakefile, and `directory` the one of `--directory`.
    Raises `MatrixError`.
    """
    from snakemake.cli import get_argument_parser, parse_config
    from snakemake.utils import update_config

    asked = read(get_argument_parser, words, workflow, started_in(directory))
    check_targets(asked.targets)
    try:
        update_config(config, parse_config(asked.settings))
    except ValueError as error:
        raise MatrixError(f"--config: {error}") from None
    return asked


def read(
    make_parser: Callable[..., argparse.ArgumentParser],
    words: Sequence[str],
    workflow: Path,
    begun_in: Path,
) -> CommandLine:
    """Return the request in `words`, as Snakemake's parsers read them.

    As in Snakemake, they are read again if there are profiles: these may have any
    option. `workflow` is the folder of the Snakefile. Snakemake was started in the
    folder `begun_in`, and may have left it since.
    """
    with contextlib.chdir(begun_in):
        options, _ = make_parser().parse_known_args(words, _Collecting())
        settings = options.settings
        of_profiles: list[str] = []
        profiles = [*_profiles(options, workflow)]
        for profile in profiles:
            alone = make_parser(profiles=[profile])
            of_profiles += alone.parse_known_args([], _Collecting())[0].settings
        if profiles:
            parser = make_parser(profiles=profiles)
            options, _ = parser.parse_known_args(words, _Collecting())
    return CommandLine(
        targets=list(options.targets),
        settings=of_profiles + settings,
        runs=_runs(options),
        cell=next(_cells(options), None),
        elsewhere=options.executor not in ON_THIS_HOST,
    )


def _profiles(options: argparse.Namespace, workflow: Path) -> Iterator[str]:
    """Yield the profiles that Snakemake reads, those that win last."""
    yield from (name for name in options.profile or () if name != NO_PROFILE)
    name = options.workflow_profile or "default"
    if name != NO_PROFILE:
        places = (Path(), Path("profiles"), workflow / "profiles")
        found = [place / name for place in places if (place / name).exists()]
        yield from map(str, found[:1])


def _runs(options: argparse.Namespace) -> bool:
    told = vars(options)
    if told.get("report") and not told.get("report_after_run"):
        return False
    is_dry = options.executor == "dryrun"
    return not is_dry and not any(told.get(name) for name in RUNS_NOTHING)


def _cells(options: argparse.Namespace) -> Iterator[str]:
    """Yield the cells that another Snakemake has given to this one."""
    for target in options.target_jobs or ():
        if cell := target.wildcards_dict.get("cell"):
            yield cell


def check_targets(targets: Iterable[str]) -> None:
    """Raise `MatrixError` if an override was written as a target."""
    overrides = [target for target in targets if "=" in target]
    if overrides:
        first, *_ = sorted(overrides)
        raise MatrixError(
            f"{first} is no target: overrides follow --config, "
            f"as in snakemake --cores 1 all --config {' '.join(sorted(overrides))}"
        )
