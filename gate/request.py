"""What a gate is asked for, in words.

Rules of this module:
- Settings are written and read as those of Snakemake are: NAME=VALUE. As with make, a
  name may have dots, as in load.timeout_s=5.
- A wrong word gets one line, and the status of a wrong use.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conf.plan.archives import STUDY as ARCHIVE
from contract.command_line import Parser
from contract.text import one_line
from gate.errors import GateError

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

    @property
    def least_share(self) -> float:
        return share(self.least)


def read(words: Sequence[str] | None = None) -> Request:
    """Read the words of the command line; raise `GateError` for wrong ones."""
    parser = Parser(
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
        type=_least,
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


def share(text: str) -> float:
    """Return a share that is written as 5% or 0.05; raise `ValueError` for others."""
    found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= found < 1:
        raise ValueError(text)
    return found


def _least(text: str) -> str:
    """Return the text of a share; a wrong one is refused early."""
    try:
        share(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text} must be a share below 100 %, as in {LEAST}"
        ) from None
    return text


def _settings(words: Sequence[str]) -> dict[str, Any]:
    from snakemake.cli import parse_config

    given = [word.partition("=") for word in words]
    for name, sign, _ in given:
        if not sign:
            raise GateError(f"{one_line(name)} is no setting: write NAME=VALUE")
    dotted = {name: value for name, _, value in given if "." in name}
    plain = [f"{name}={value}" for name, _, value in given if "." not in name]
    try:
        settings = {"study": STUDY, **parse_config(plain)}
    except ValueError as error:
        raise GateError(one_line(str(error))) from None
    if settings["study"] == ARCHIVE:
        raise GateError("study=archive measures nothing: a gate has to measure")
    if dotted and "set" in settings:
        raise GateError(
            f"{next(iter(dotted))} and set=… say the same: write all of them with "
            "their dots, or all in set"
        )
    return {**settings, "set": dotted} if dotted else settings
