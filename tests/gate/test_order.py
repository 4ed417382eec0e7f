"""Both sides are measured in turns, and neither is favoured."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gate.order import Step, order
from gate.sides import BASE, HEAD, Pair

SEEDS = st.integers(0, 10_000)


def pairs(rows: int, repeats: int) -> list[Pair]:
    return [
        Pair(f"row {row}", repeat, {BASE: f"b{row}", HEAD: f"h{row}"}, "")
        for row in range(rows)
        for repeat in range(1, repeats + 1)
    ]


def firsts(steps: list[Step], row: str) -> list[str]:
    """Return which side of a row came first, repeat by repeat."""
    return [side for pair, side in steps[::2] if pair.row == row]


@given(rows=st.integers(1, 4), repeats=st.integers(1, 7), seed=SEEDS)
def test_the_cells_of_a_pair_follow_each_other(
    rows: int, repeats: int, seed: int
) -> None:
    asked = pairs(rows, repeats)
    steps = order(asked, seed)
    for (pair, side), (other, other_side) in zip(steps[::2], steps[1::2], strict=True):
        assert pair == other and {side, other_side} == {BASE, HEAD}
    assert sorted(map(repr, asked)) == sorted(repr(pair) for pair, _ in steps[::2])
    measured = [pair.repeat for pair, _ in steps]
    assert measured == sorted(measured)


@given(repeats=st.integers(1, 9), seed=SEEDS)
def test_each_two_repeats_are_abba_or_baab(repeats: int, seed: int) -> None:
    steps = order(pairs(3, repeats), seed)
    for row in range(3):
        first = firsts(steps, f"row {row}")
        for one, two in zip(first[::2], first[1::2], strict=False):
            assert one != two
        count = Counter(first)
        assert abs(count[BASE] - count[HEAD]) <= 1


def test_the_order_is_drawn() -> None:
    """The same seed gives the same order; others begin with either side."""
    asked = pairs(4, 10)
    assert order(asked, 7) == order(asked, 7)
    orders = [order(asked, seed) for seed in range(20)]
    assert len({repr(each) for each in orders}) == len(orders)
    assert {side for steps in orders for _, side in steps[:1]} == {BASE, HEAD}
    alternating = [BASE, HEAD] * 5
    assert any(firsts(each, "row 0") != alternating for each in orders)
