"""What is written on Snakemake's command line, beyond what Snakemake makes of it.

Rules of this module:
- Of several `--config` Snakemake takes the last alone: all of them are collected here.
- It is Snakemake's own parser that reads the words: what is an option, and what belongs
  to it, is not known here.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from conf.errors import MatrixError

# Options with which Snakemake tells of the workflow and runs nothing.
TELLING = (
    *("dryrun", "lint", "list_rules", "list_target_rules", "print_compilation"),
    *("dag", "rulegraph", "filegraph", "d3dag", "containerize", "report"),
    *("summary", "detailed_summary", "list_changes", "list_untracked"),
    *("list_input_changes", "list_params_changes"),
)


@dataclass(frozen=True)
class CommandLine:
    """What was asked for."""

    targets: list[str]
    settings: list[str]  # behind each `--config`, in order
    runs: bool  # whether anything is to be run


class _Collecting(argparse.Namespace):
    """Where a parser puts the last that it reads of each option; keeps all settings."""

    def __init__(self) -> None:
        super().__init__()
        self.settings: list[str] = []

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "config":
            self.settings += value or []
        super().__setattr__(name, value)


def read(parser: argparse.ArgumentParser, words: Sequence[str]) -> CommandLine:
    """Return what `words` say, which Snakemake's `parser` reads."""
    found, _ = parser.parse_known_args(words, _Collecting())
    return CommandLine(
        targets=list(found.targets),
        settings=found.settings,
        runs=not any(getattr(found, name, None) for name in TELLING),
    )


def check_targets(targets: Iterable[str]) -> None:
    """Raise `MatrixError` when an override was written as if it were a target."""
    overrides = [target for target in targets if "=" in target]
    if overrides:
        first, *_ = sorted(overrides)
        raise MatrixError(
            f"{first} is no target: overrides follow --config, "
            f"as in snakemake --cores 1 all --config {' '.join(sorted(overrides))}"
        )
