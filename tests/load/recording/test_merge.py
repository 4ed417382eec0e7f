"""The order of rows of several processes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from load.recording.merge import Merge
from load.recording.record import Row


def row(at_s: float, users: int = 1, error: str = "") -> Row:
    return (at_s, 1.0, (0.1, 0.9), 200, 5, users, error)


def test_a_row_waits_until_all_have_reported() -> None:
    merge = Merge(2)
    merge.add(0, [row(1), row(2)], 3, users=1)
    assert list(merge.ready()) == []
    merge.add(1, [row(1.5, users=4)], 1.7, users=5)
    assert [(r[0], r[5]) for r in merge.ready()] == [(1, 1), (1.5, 5)]
    merge.add(1, [], 4, users=7)
    assert [(r[0], r[5]) for r in merge.ready()] == [(2, 6)]


def test_what_is_not_taken_is_not_lost() -> None:
    merge = Merge(1)
    merge.add(0, [row(1), row(2), row(3)], 3, users=1)
    assert next(iter(merge.ready()))[0] == 1
    assert [r[0] for r in merge.ready()] == [2, 3]


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 1000), st.booleans()), max_size=60
    )
)
def test_order_is_that_of_one_process(finished: list[tuple[int, int, bool]]) -> None:
    """However the three report, what comes out is in order, and complete."""
    merge, out = Merge(3), []
    finished.sort(key=lambda each: each[1])
    rows: dict[int, list[Row]] = {0: [], 1: [], 2: []}
    for worker, at, reports in finished:
        rows[worker].append(row(at))
        if reports:
            merge.add(worker, rows[worker], at, users=1)
            rows[worker] = []
        out += [r[0] for r in merge.ready()]
    for worker, left in rows.items():
        merge.add(worker, left, float("inf"), users=1)
    out += [r[0] for r in merge.ready()]
    assert out == [at for _, at, _ in finished]
