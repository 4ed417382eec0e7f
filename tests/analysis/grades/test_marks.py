"""Marks by the teacher's rule: each case, and that columns add up to the total."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.grades.marks import Marks, marks
from analysis.tables.ranking import Place

RULE: dict[str, Any] = {
    "marks": True,
    "round": 0.5,
    "least": 0.0,
    "most": 100.0,
    "conformance": {"points": 40.0, "unknown": "empty"},
    "first_failure": {
        **{"points": 60.0, "reference": "select", "all_from": 1.0, "none_to": 0.0},
        **{"marked": "empty", "unknown": "empty", "not_measured": "none"},
    },
    "late": {
        **{"points_a_day": 10.0, "most": 30.0, "by": "commit", "unknown": "empty"},
        **{"deadline": "2026-12-18T14:59:00+00:00", "zone": "Asia/Seoul"},
    },
}
CPU, THINK = "server-cpu", "think-time"
SELECT = Place("select", 1000, True, 5, "", True, CPU, CPU)
ADA = Place("students/ada", 600, True, 5, "", True, CPU, CPU)
ON_TIME = "2026-12-18T14:59:00+00:00"
COLUMNS = ("points_conformance", "points_first_failure", "points_late", "points_bounds")


def changed(**parts: dict[str, Any]) -> dict[str, Any]:
    merged = {n: {**RULE[n], **v} for n, v in parts.items() if isinstance(v, dict)}
    return {**RULE, **parts, **merged}


def given_to(
    place: Place = ADA, rule: Any = RULE, reference: Place | None = SELECT, **of: Any
) -> Marks:
    known = {"conformance": (31, 40), "delivered": ON_TIME, **of}
    return marks(rule, place, reference, **known)


def points(found: Marks) -> list[float | None]:
    values = (getattr(found, name) for name in (*COLUMNS, "total"))
    return [None if value is None else float(value) for value in values]


def test_each_part_is_in_its_column() -> None:
    found = given_to()
    assert points(found) == [31, 36, 0, 0, 67]
    assert (found.reference_users, found.share_of_reference) == (1000, 0.6)
    assert found.days_late == 0 and found.to_decide == []


NOT_MEASURED = replace(ADA, measured=False, users=None)


@pytest.mark.parametrize(
    "place, reference, rule, expected",
    [
        # Shares between two ends, and beyond them.
        (replace(ADA, users=2000), SELECT, {}, 60),
        (replace(ADA, users=0), SELECT, {}, 0),
        (ADA, SELECT, {"all_from": 0.5}, 60),
        (ADA, SELECT, {"all_from": 0.8, "none_to": 0.4}, 30),
        (replace(ADA, users=300), SELECT, {"none_to": 0.4}, 0),
        # Halves of the last digit go up.
        (replace(ADA, users=12.5), SELECT, {}, 1),
        (replace(ADA, users=12.4), SELECT, {}, 0.5),
        # A mark: of its own, where it is enough in any case, and of the reference.
        (replace(ADA, users_limit=THINK), SELECT, {}, None),
        (replace(ADA, users_limit=THINK), SELECT, {"marked": "measured"}, 36),
        (replace(ADA, users_limit=THINK), SELECT, {"marked": "all"}, 60),
        (replace(ADA, users_limit=THINK), SELECT, {"marked": "none"}, 0),
        (replace(ADA, users_limit=THINK, users=1000), SELECT, {}, 60),
        (replace(ADA, reached=False), SELECT, {}, None),
        (replace(ADA, reached=False, users=1500), SELECT, {}, 60),
        (ADA, replace(SELECT, reached=False), {}, None),
        (replace(ADA, users=2000), replace(SELECT, users_limit=THINK), {}, None),
        (ADA, replace(SELECT, reached=False), {"marked": "measured"}, 36),
        # What is not known, or was not measured.
        (replace(ADA, users=None), SELECT, {}, None),
        (replace(ADA, users=None), SELECT, {"unknown": "none"}, 0),
        (ADA, None, {"unknown": "all"}, 60),
        (ADA, replace(SELECT, measured=False), {}, None),
        (ADA, replace(SELECT, users=None), {}, None),
        (NOT_MEASURED, SELECT, {}, 0),
        (NOT_MEASURED, SELECT, {"not_measured": "empty"}, None),
        # One of several runs was not: that is no reason for no points.
        (replace(ADA, measured=False), SELECT, {}, None),
        (replace(ADA, measured=False), SELECT, {"unknown": "all"}, 60),
    ],
)
def test_points_for_the_first_failure(
    place: Place, reference: Place | None, rule: dict[str, Any], expected: float | None
) -> None:
    found = given_to(place, changed(first_failure=rule), reference)
    assert points(found)[1] == expected
    assert (found.total is None) == (expected is None)
    assert bool(found.to_decide) == (expected is None)


@pytest.mark.parametrize(
    "passed, rule, expected",
    [
        ((40, 40), {}, 40),
        ((0, 40), {}, 0),
        ((1, 3), {}, 13.5),
        (None, {}, None),
        ((0, 0), {}, None),
        (None, {"unknown": "none"}, 0),
        (None, {"unknown": "all"}, 40),
    ],
)
def test_points_for_conformance(
    passed: tuple[int, int] | None, rule: dict[str, Any], expected: float | None
) -> None:
    found = given_to(rule=changed(conformance=rule), conformance=passed)
    assert points(found)[0] == expected
    assert found.to_decide == (
        [] if expected is not None else ["conformance: there is no result"]
    )


@pytest.mark.parametrize(
    "delivered, days, off",
    [
        ("2026-12-18T14:58:59+00:00", 0, 0),
        (ON_TIME, 0, 0),
        ("2026-12-18T14:59:01+00:00", 1, -10),
        ("2026-12-19T14:59:00+00:00", 1, -10),
        ("2026-12-19T14:59:01+00:00", 2, -20),
        ("2027-12-19T00:00:00+00:00", 366, -30),
        (None, None, None),
    ],
)
def test_each_day_that_has_begun_counts(
    delivered: str | None, days: int | None, off: float | None
) -> None:
    found = given_to(delivered=delivered)
    assert (found.days_late, points(found)[2]) == (days, off)
    if off is None:
        assert found.to_decide == ["late: the time of its commit is not known"]
        none = given_to(delivered=None, rule=changed(late={"unknown": "none"}))
        assert points(none)[2] == 0


def test_bounds_have_a_column() -> None:
    late = {"points_a_day": 100.0, "most": 1000.0}
    found = given_to(
        rule=changed(late=late, least=5.0), delivered="2026-12-20T00:00:00+00:00"
    )
    assert points(found) == [31, 36, -200, 138, 5]
    assert points(given_to(rule=changed(most=50.0))) == [31, 36, 0, -17, 50]


def test_a_part_without_points_is_empty_and_does_not_count() -> None:
    rule = changed(conformance={"points": 0.0}, late={"points_a_day": 0.0})
    found = given_to(rule=rule, conformance=None, delivered=None)
    assert points(found) == [None, 36, None, 0, 36]


@given(
    users=st.integers(0, 3000),
    passed=st.integers(0, 37),
    step=st.sampled_from([0.1, 0.25, 0.3, 1.0, 5.0]),
    most=st.integers(0, 200),
)
def test_columns_add_up_to_the_total(
    users: int, passed: int, step: float, most: int
) -> None:
    rule = changed(round=step, most=most / 2)
    found = given_to(
        replace(ADA, users=users),
        rule,
        conformance=(passed, 37),
        delivered="2026-12-18T15:59:00+00:00",
    )
    assert found.total is not None
    parts = [getattr(found, name) for name in COLUMNS]
    assert sum(parts, Decimal()) == found.total <= Decimal(most) / 2
