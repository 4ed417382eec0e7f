"""The sheet of grades: a row of each submission, with all that its marks are made of.

Rules of this module:
- No submission is missing, and rows are in the order of the ranking.
- Ranks, figures and what went wrong are those of the ranking. An implementation beside
  the submissions has a rank there, and no row here.
- Without a rule the columns of marks are empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from analysis.grades.marks import Marks, marks
from analysis.rows.groups import MARK, mark
from analysis.rows.matrix import Matrix
from analysis.tables.ranking import Place, ranking, ranks


def sheet(matrix: Matrix) -> pd.DataFrame:
    """Return the sheet of a class."""
    places = ranking(matrix.cells, matrix.unmeasured)
    own = {c["impl"]["name"] for c in matrix.configs if c["impl"]["submission"]}
    rule = matrix.course.get("rule")
    by_name = {place.impl: place for place in places}
    rows = []
    for rank, place in zip(ranks(places), places, strict=True):
        if place.impl not in own:
            continue
        tried = place.conformance
        known = (tried.passed, tried.of) if tried else None
        told = matrix.course.get("submissions", {}).get(place.impl, {})
        at = told.get("delivered")
        given, name = Marks(), None
        if rule:
            name = rule["first_failure"]["reference"]
            given = marks(rule, place, by_name.get(name), known, at)
        rows.append(
            {
                "submission": place.impl,
                "rank": rank,
                **_figures(place),
                "went_wrong": place.remark,
                "conformance_passed": known and known[0],
                "conformance_of": known and known[1],
                "reference": name,
                "delivered": _local(at, rule),
                **_columns(given),
            }
        )
    return pd.DataFrame(rows)


def _local(at: str | None, rule: Mapping[str, Any] | None) -> str | None:
    """Return a time in UTC as one of the deadline's zone."""
    if at is None or not rule:
        return None
    zone = ZoneInfo(rule["late"]["zone"])
    return datetime.fromisoformat(at).astimezone(zone).isoformat()


def _figures(place: Place) -> dict[str, Any]:
    users_low, users_high = place.users_between
    rps_low, rps_high = place.rps_between
    return {
        "users": place.users,
        "users_low": users_low,
        "users_high": users_high,
        # Whether there was a failure: if not, the number is a lower bound.
        "users_reached": place.reached if place.users is not None else None,
        "users_limit": _verdict(place.users_limit),
        "goodput_rps": place.rps,
        "goodput_rps_low": rps_low,
        "goodput_rps_high": rps_high,
        "goodput_rps_limit": _verdict(place.rps_limit),
    }


def _verdict(limit: str | None) -> str | None:
    return f"{limit} {MARK}" if limit and mark(limit) else limit


def _columns(given: Marks) -> dict[str, Any]:
    columns = {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in asdict(given).items()
    }
    return {**columns, "to_decide": "; ".join(given.to_decide)}
