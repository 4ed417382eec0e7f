"""What a gate is asked for, in words.

Rules of this module:
- Settings are written and read as those of Snakemake are: NAME=VALUE.
- A wrong word gets one line, and the status of a wrong use.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from contract.text import one_line
from gate.errors import GateError, Status

STUDY = "gate"
LEAST = "5%"
SEEDS = 10_000


@dataclass(frozen=True)
class Request:
    """A gate: the commit `base`, and the settings of cells as `matrix` takes them."""

    base: str
    settings: dict[str, Any]
    seed: int
    least: str  # the least effect, as `python -m analysis compare` takes it


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(Status.WRONG_USE, f"firstfail: {one_line(message)}\n")


def read(words: Sequence[str] | None = None) -> Request:
    """Read the words of the command line; raise `GateError` for wrong ones."""
    parser = _Parser(
        prog="python -m gate",
        description="Measure whether the servers of this checkout are slower than "
        "those of a commit. Exit status: 0 nothing worse shown, 1 worse, shown, "
        "2 wrong use, 3 cannot be decided, 4 a cell could not be measured.",
    )
    parser.add_argument(
        "--base", required=True, metavar="REF", help="a commit, branch or tag"
    )
    parser.add_argument(
        "--least",
        type=_share,
        default=LEAST,
        metavar="SHARE",
        help=f"the least difference that counts (default: {LEAST})".replace("%", "%%"),
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="the order of measuring is drawn from it (default: another each time)",
    )
    parser.add_argument(
        "settings",
        nargs="*",
        metavar="NAME=VALUE",
        help="settings, as `make` and Snakemake take them "
        f"(default: those of study={STUDY})",
    )
    asked = parser.parse_args(words)
    seed = random.SystemRandom().randrange(SEEDS) if asked.seed is None else asked.seed
    return Request(asked.base, _settings(asked.settings), seed, asked.least)


def _share(text: str) -> str:
    """Return a share, such as 5% or 0.05; a wrong one is refused early."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(
            f"{text} must be a share below 100 %, as in {LEAST}"
        )
    return text


def _settings(words: Sequence[str]) -> dict[str, Any]:
    from snakemake.cli import parse_config

    for word in words:
        if "=" not in word:
            raise GateError(f"{one_line(word)} is no setting: write NAME=VALUE")
    try:
        return {"study": STUDY, **parse_config(list(words))}
    except ValueError as error:
        raise GateError(one_line(str(error))) from None
