"""Points and totals, by the rule that the teacher has written (`conf/grading.yaml`).

Rules of this module:
- The rule has all numbers: none is in this code. Points are exact decimal numbers.
- Each part is rounded before it is added. So the columns add up to the total.
- A part that the teacher has to decide leaves the total empty, with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from analysis.rows.groups import MARK, mark
from analysis.tables.ranking import Place

Rule = Mapping[str, Any]
DAY_S = 24 * 60 * 60


@dataclass
class Marks:
    """The marks of a submission. None is a column that stays empty."""

    reference_users: float | None = None
    share_of_reference: float | None = None
    days_late: int | None = None
    points_conformance: Decimal | None = None
    points_first_failure: Decimal | None = None
    points_late: Decimal | None = None
    points_bounds: Decimal | None = None
    total: Decimal | None = None
    to_decide: list[str] = field(default_factory=list)


def marks(
    rule: Rule,
    place: Place,
    reference: Place | None,
    conformance: tuple[int, int] | None,
    delivered: str | None,
) -> Marks:
    """Return the marks of a submission with its place in the ranking.

    `conformance` is how many cases passed, of how many.
    """
    given = Marks()
    parts = []
    if rule["conformance"]["points"]:
        given.points_conformance = _conformance(rule, conformance, given)
        parts.append(given.points_conformance)
    if rule["first_failure"]["points"]:
        given.points_first_failure = _first_failure(rule, place, reference, given)
        parts.append(given.points_first_failure)
    if rule["late"]["points_a_day"]:
        given.points_late = _late(rule, delivered, given)
        parts.append(given.points_late)
    known = [points for points in parts if points is not None]
    if len(known) == len(parts):
        total = sum(known, Decimal())
        least, most = _exact(rule["least"]), _exact(rule["most"])
        given.total = min(max(total, least), most)
        given.points_bounds = given.total - total
    return given


def _conformance(
    rule: Rule, found: tuple[int, int] | None, given: Marks
) -> Decimal | None:
    part = rule["conformance"]
    if found is None or not found[1]:
        return _case(rule, part, "unknown", "conformance: there is no result", given)
    passed, of = found
    return _rounded(_exact(part["points"]) * passed / of, rule)


def _first_failure(
    rule: Rule, place: Place, reference: Place | None, given: Marks
) -> Decimal | None:
    part = rule["first_failure"]
    if reference is not None and reference.measured:
        given.reference_users = reference.users
    if not place.measured and place.users is None:
        return _case(
            rule, part, "not_measured", "first failure: it was not measured", given
        )
    if not place.measured:  # a run of several, or in another experiment
        why = f"first failure: not all was measured: {place.remark}"
        return _case(rule, part, "unknown", why, given)
    if place.users is None or not given.reference_users:
        return _case(
            rule, part, "unknown", "first failure: a figure is not known", given
        )
    assert reference is not None
    given.share_of_reference = share = place.users / given.reference_users
    is_all = share >= part["all_from"]
    # A figure that may be too low is enough where it is enough as it is.
    if _is_inexact(reference) or (_is_inexact(place) and not is_all):
        case = part["marked"]
        if case != "measured":
            why = f"first failure: a figure has a {MARK} or is a bound"
            return _case(rule, part, "marked", why, given)
    none_to, all_from = part["none_to"], part["all_from"]
    of_all = min(max((share - none_to) / (all_from - none_to), 0.0), 1.0)
    return _rounded(_exact(part["points"]) * _exact(of_all), rule)


def _is_inexact(place: Place) -> bool:
    return not place.reached or bool(mark(place.users_limit))


def _late(rule: Rule, delivered: str | None, given: Marks) -> Decimal | None:
    part = rule["late"]
    if delivered is None:
        why = f"late: the time of its {part['by']} is not known"
        return _case(rule, part, "unknown", why, given)
    late_s = (_moment(delivered) - _moment(part["deadline"])).total_seconds()
    given.days_late = max(math.ceil(late_s / DAY_S), 0)
    off = min(given.days_late * _exact(part["points_a_day"]), _exact(part["most"]))
    return Decimal() - _rounded(off, rule)  # and not -0


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _case(
    rule: Rule, part: Mapping[str, Any], case: str, why: str, given: Marks
) -> Decimal | None:
    """Return what the rule gives in a case that is no plain figure."""
    if part[case] == "empty":
        given.to_decide.append(why)
        return None
    return _rounded(_exact(part["points"]), rule) if part[case] == "all" else Decimal()


def _exact(number: float) -> Decimal:
    """Return the number that was written, without what is lost in binary."""
    return Decimal(str(number))


def _rounded(points: Decimal, rule: Rule) -> Decimal:
    step = _exact(rule["round"])
    return (points / step).quantize(Decimal(1), ROUND_HALF_UP) * step
