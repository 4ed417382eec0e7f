"""Two sides, compared.

Rules of this module:
- The sides are read, and nothing is written or measured.
- What cannot be used raises `DataError`, with one line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from analysis.files import DataError
from analysis.regressions.conformance import Conformity, conformities
from analysis.regressions.exits import exit_status
from analysis.regressions.matching import matched
from analysis.regressions.results import Run, read
from analysis.regressions.sides import Opened, side
from analysis.regressions.verdicts import Finding, findings

LEAST = "5%"


@dataclass(frozen=True)
class Comparison:
    """What is known of HEAD against BASE."""

    base: str
    head: str
    least: float
    findings: Sequence[Finding]
    only_base: Sequence[str]
    only_head: Sequence[str]
    conforming: Sequence[Conformity] = ()

    @property
    def exit(self) -> int:
        return exit_status(self.findings, self.only_base, self.conforming)


def compare(base: str, head: str, least: float, opened: Opened) -> Comparison:
    """Return how HEAD compares with BASE; both are a user's words for a side.

    `opened` opens an archive (`sides.py`).
    """
    with ExitStack() as stack:
        sides = [side(word, stack, opened) for word in (base, head)]
        return compared(base, head, read(sides), least)


def compared(
    base: str, head: str, runs: Sequence[Sequence[Run]], least: float
) -> Comparison:
    """Return how the runs of HEAD compare with those of BASE."""
    rows = matched(*runs)
    return Comparison(
        *(base, head, least, findings(rows.pairs, least)),
        *(rows.only_base, rows.only_head, conformities(rows.pairs)),
    )


def least_effect(text: str) -> float:
    """Return a least effect as a share, of `5%` or `0.05`; raise `DataError`."""
    bare = text.strip().removesuffix("%")
    try:
        share = float(bare) / (100 if "%" in text else 1)
    except ValueError:
        share = math.nan
    if not 0 <= share < 1:
        raise DataError(
            f"--least {text}: the least effect is a share below 100 %, as in {LEAST}"
        )
    return share
