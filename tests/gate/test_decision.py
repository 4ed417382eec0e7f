"""What looks worse is worse only if the second measurement shows it as well."""

from __future__ import annotations

from typing import Any

import pytest

from gate.decision import decide, status, suspects
from gate.errors import Status


def row(verdict: str, label: str = "select", figure: str = "rps") -> dict[str, Any]:
    return {
        **{"label": label, "row": label, "figure": figure, "verdict": verdict},
        **{"reason": "", "base": [], "head": []},
    }


@pytest.mark.parametrize(
    "again, verdict, ends",
    [
        ("worse", "worse", Status.WORSE),
        ("same", "same", Status.NOTHING_WORSE),
        ("better", "same", Status.NOTHING_WORSE),
        ("not comparable", "not comparable", Status.UNDECIDED),
        ("too few runs", "too few runs", Status.UNDECIDED),
        ("not measured", "not measured", Status.NOT_MEASURED),
        (None, "not comparable", Status.UNDECIDED),
    ],
)
def test_the_second_measurement_decides(
    again: str | None, verdict: str, ends: Status
) -> None:
    first = [row("worse"), row("same", figure="failures"), row("same", label="single")]
    second = [row(again), row("worse", figure="failures")] if again else []
    decided = decide(first, second)
    assert [each["verdict"] for each in decided] == [verdict, "same", "same"]
    assert status(decided) is ends


def test_what_did_not_look_worse_is_not_made_worse() -> None:
    """Else a figure would have two chances to be called worse."""
    first = [row("worse"), row("same", figure="failures")]
    second = [row("same"), row("worse", figure="failures")]
    assert status(decide(first, second)) is Status.NOTHING_WORSE
    assert suspects(first) == first[:1]


@pytest.mark.parametrize(
    "verdicts, ends",
    [
        ([], Status.UNDECIDED),
        (["same", "better"], Status.NOTHING_WORSE),
        (["same", "not comparable"], Status.UNDECIDED),
        (["not comparable", "not measured"], Status.NOT_MEASURED),
        (["not measured", "worse", "too few runs"], Status.WORSE),
    ],
)
def test_each_status_has_one_meaning(verdicts: list[str], ends: Status) -> None:
    rows = [row(verdict, label=str(n)) for n, verdict in enumerate(verdicts)]
    assert status(rows) is ends


def test_a_row_is_decided_by_one_of_its_figures() -> None:
    """A figure may be unknown by its nature. One that looked worse may not."""
    first = [row("same"), row("not comparable", figure="failures")]
    assert status(first) is Status.NOTHING_WORSE
    first = [row("same"), row("worse", figure="failures")]
    second = [row("same"), row("not comparable", figure="failures")]
    assert status(decide(first, second)) is Status.UNDECIDED
