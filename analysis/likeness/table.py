"""The table of pairs that are alike, and their lines side by side.

Rules of this module:
- It says what is alike, and that a person has to judge it. A share is rounded down.
- A submission that was not compared is named with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.rows.matrix import Matrix
from analysis.rows.settings import show

COLUMNS = ("one", "one_share", "other", "other_share")
MOST_ROWS = 100  # for reading; the CSV file has all
WHAT = (
    "The share of a submission is that part of its code of which each short piece is "
    "in the other one, too. Names of variables, comments and spaces do not count, nor "
    "does what was handed out."
)
JUDGE = (
    "This shows what is alike, and not why. Submissions may be alike because of their "
    "task, of a template or of a common source that is allowed. It is for a person to "
    "judge."
)


def table(matrix: Matrix) -> pd.DataFrame:
    """Return all pairs as numbers; a share is from 0 to 1."""
    pairs = matrix.alike.get("pairs", [])
    rows = [[pair[name] for name in COLUMNS] for pair in pairs]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def markdown(matrix: Matrix) -> str:
    """Return the pairs for reading."""
    return "\n".join(["### likeness", "", *_lines(matrix)]).rstrip() + "\n"


def _lines(matrix: Matrix) -> Iterator[str]:
    known = matrix.alike
    if not known:
        yield "Submissions were not compared: an archive does not say what is alike."
        return
    count, asked = f"{known['compared']:,}", f"{100 * known['asked']:g} %"
    if known["compared"] < 2:
        yield "There are no two submissions to compare."
    elif not known["pairs"]:
        yield f"Of {count} submissions no two are alike in {asked} or more."
    else:
        yield f"Pairs of {count} submissions that are alike in {asked} or more."
        yield from ("", *_rows(known["pairs"]), "", WHAT, "", JUDGE)
    yield ""
    yield from _listed("Not compared", known["not_compared"])
    yield from _listed("Files left out", known["left_out"])


def _rows(pairs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "| submission | of which is alike, % | submission | of which is alike, % |"
    yield "|---|---:|---|---:|"
    for pair in pairs[:MOST_ROWS]:
        values = [
            value
            for side in ("one", "other")
            for value in (show(pair[side]), show(_percent(pair[f"{side}_share"])))
        ]
        yield f"| {' | '.join(values)} |"
    if more := len(pairs[MOST_ROWS:]):
        yield ""
        yield f"The CSV file has {more:,} more pairs."


def _listed(heading: str, reasons: Mapping[str, str]) -> Iterator[str]:
    if reasons:
        yield from (f"{heading}:", "")
        yield from (
            f"- {show(of)}: {show(why)}." for of, why in sorted(reasons.items())
        )
        yield ""


def _percent(share: float) -> int:
    return math.floor(100 * share)


def beside(matrix: Matrix) -> list[dict[str, Any]]:
    """Return the pairs whose lines are shown side by side, with these lines."""
    return [pair for pair in matrix.alike.get("pairs", []) if pair["passages"]]
