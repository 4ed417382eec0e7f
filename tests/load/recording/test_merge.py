"""The order of rows of several processes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from load.recording.line import Line
from load.recording.merge import Merge


def line(at_s: float, users: int = 1) -> Line:
    return (at_s, 1.0, "0.0,1.000,0.100,0.900,200,5,", users, "")


def test_a_line_waits_until_all_have_reported() -> None:
    merge = Merge(2)
    merge.add(0, [line(1), line(2)], 3, users=1)
    assert list(merge.ready()) == []
    merge.add(1, [line(1.5, users=4)], 1.7, users=5)
    assert [(each[0], users) for each, users in merge.ready()] == [(1, 1), (1.5, 5)]
    merge.add(1, [], 4, users=7)
    assert [(each[0], users) for each, users in merge.ready()] == [(2, 6)]


def test_what_is_not_taken_is_not_lost() -> None:
    merge = Merge(1)
    merge.add(0, [line(1), line(2), line(3)], 3, users=1)
    assert next(iter(merge.ready()))[0][0] == 1
    assert [each[0] for each, _ in merge.ready()] == [2, 3]


def test_what_finished_after_a_bound_is_left() -> None:
    merge = Merge(2)
    merge.add(0, [line(1), line(3)], 4, users=1)
    merge.add(1, [line(2), line(2.5)], 4, users=1)
    assert [each[0] for each, _ in merge.ready(2)] == [1, 2]
    assert list(merge.ready(2)) == []
    assert [each[0] for each, _ in merge.ready()] == [2.5, 3]


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 1000), st.booleans()), max_size=60
    )
)
def test_order_is_that_of_one_process(finished: list[tuple[int, int, bool]]) -> None:
    """However the three report, what comes out is in order, and complete."""
    merge, out = Merge(3), []
    finished.sort(key=lambda each: each[1])
    lines: dict[int, list[Line]] = {0: [], 1: [], 2: []}
    for worker, at, reports in finished:
        lines[worker].append(line(at))
        if reports:
            merge.add(worker, lines[worker], at, users=1)
            lines[worker] = []
        out += [each[0] for each, _ in merge.ready()]
    for worker, left in lines.items():
        merge.add(worker, left, float("inf"), users=1)
    out += [each[0] for each, _ in merge.ready()]
    assert out == [at for _, at, _ in finished]
