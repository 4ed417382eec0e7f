"""What looks worse is worse only if it still does when it was measured again."""

from __future__ import annotations

from typing import Any

import pytest

from gate.decision import decide, status, suspects
from gate.errors import Status

LEAST = 0.05


def row(
    verdict: str,
    label: str = "select",
    figure: str = "rps",
    head: float | None = 80.0,
    better: str = "more",
) -> dict[str, Any]:
    """Return a row; BASE has a median of 100."""
    return {
        **{"label": label, "row": label, "figure": figure, "verdict": verdict},
        **{"reason": "", "base": [], "head": [], "better": better},
        **{"base_median": 100.0, "head_median": head},
        **{"ratio": None if head is None else head / 100},
    }


@pytest.mark.parametrize(
    "again, together, verdict, ends",
    [
        (row("worse"), row("worse"), "worse", Status.WORSE),
        # With few runs a second proof is much to ask: the size will do.
        (row("same"), row("worse"), "worse", Status.WORSE),
        (row("same", head=97.0), row("worse"), "same", Status.NOTHING_WORSE),
        (row("better", head=110.0), row("worse"), "same", Status.NOTHING_WORSE),
        (row("same"), row("same"), "same", Status.NOTHING_WORSE),
        (row("same", head=None), row("worse"), "same", Status.NOTHING_WORSE),
        (row("not comparable"), row("worse"), "not comparable", Status.UNDECIDED),
        (row("worse"), row("not comparable"), "not comparable", Status.UNDECIDED),
        (row("too few runs"), row("same"), "too few runs", Status.UNDECIDED),
        (row("not measured"), row("worse"), "not measured", Status.NOT_MEASURED),
        (None, None, "not comparable", Status.UNDECIDED),
    ],
)
def test_the_second_measurement_decides(
    again: dict[str, Any] | None,
    together: dict[str, Any] | None,
    verdict: str,
    ends: Status,
) -> None:
    first = [row("worse"), row("same", figure="failures"), row("same", label="single")]
    second = [again, row("worse", figure="failures")] if again else []
    whole = [together, row("worse", figure="failures")] if together else []
    decided = decide(first, second, whole, LEAST)
    assert [each["verdict"] for each in decided] == [verdict, "same", "same"]
    assert status(decided) is ends


@pytest.mark.parametrize("head, is_worse", [(106.0, True), (104.0, False), (90, False)])
def test_of_times_the_greater_is_the_worse(head: float, is_worse: bool) -> None:
    first = [row("worse", better="less")]
    again = [row("same", head=head, better="less")]
    [decided] = decide(first, again, [row("worse", better="less")], LEAST)
    assert (decided["verdict"] == "worse") == is_worse


def test_failures_where_there_were_none_are_worse() -> None:
    again = {**row("worse", head=5.0, better="less"), "base_median": 0.0, "ratio": None}
    [decided] = decide([row("worse", better="less")], [again], [again], LEAST)
    assert decided["verdict"] == "worse"
    again["head_median"] = 0.0
    [decided] = decide([row("worse", better="less")], [again], [again], 0.0)
    assert decided["verdict"] == "same"


def test_what_did_not_look_worse_is_not_made_worse() -> None:
    """Else a figure would have two chances to be called worse."""
    first = [row("worse"), row("same", figure="failures")]
    second = [row("same", head=99.0), row("worse", figure="failures")]
    assert status(decide(first, second, second, LEAST)) is Status.NOTHING_WORSE
    assert suspects(first) == first[:1]


@pytest.mark.parametrize(
    "verdicts, ends",
    [
        ([], Status.UNDECIDED),
        (["same", "better"], Status.NOTHING_WORSE),
        (["same", "not comparable"], Status.UNDECIDED),
        (["same", "too few runs"], Status.UNDECIDED),
        (["not comparable", "not measured"], Status.NOT_MEASURED),
        (["not measured", "worse", "too few runs"], Status.WORSE),
    ],
)
def test_each_status_has_one_meaning(verdicts: list[str], ends: Status) -> None:
    rows = [row(verdict, label=str(n)) for n, verdict in enumerate(verdicts)]
    assert status(rows) is ends


def test_a_figure_of_too_few_runs_leaves_its_row_open() -> None:
    rows = [row("same"), row("too few runs", figure="failures")]
    assert status(rows) is Status.UNDECIDED


def test_a_row_is_decided_by_one_of_its_figures() -> None:
    """A figure may be unknown by its nature. One that looked worse may not."""
    first = [row("same"), row("not comparable", figure="failures")]
    assert status(first) is Status.NOTHING_WORSE
    first = [row("same"), row("worse", figure="failures")]
    second = [row("same"), row("not comparable", figure="failures")]
    assert status(decide(first, second, second, LEAST)) is Status.UNDECIDED
