"""The capacity: steps of known figures; and what limits say in tables and charts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.charts.percentiles import counted_ms
from analysis.charts.user_curves import growing_curves
from analysis.outputs import write_charts
from analysis.record.aggregates import timeline
from analysis.record.capacity import peak, row, steps
from analysis.record.definitions import CapacityStep, Stopped
from analysis.rows.ceiling import with_ceilings
from analysis.rows.cells import Cell
from analysis.rows.goodput import goodput_rps
from analysis.rows.groups import grouped
from analysis.rows.matrix import Matrix
from analysis.rows.pairs import compare
from analysis.tables.comparison import markdown
from load.recording.search import Search, summary
from load.recording.search import Step as Tried
from tests.analysis.conftest import Request, announced_in, frame
from tests.analysis.rows.test_repeats import run

# users → requests per second, response time, failures; three seconds each.
GOT = {1: (100, 10.0, 0), 2: (190, 10.5, 0), 4: (200, 600.0, 0), 8: (195, 41.0, 2)}


def search() -> tuple[list[Request], tuple[CapacityStep, ...]]:
    rows: list[Request] = []
    tried = []
    for number, (users, (rps, ms, failures)) in enumerate(GOT.items()):
        begin = 4.0 * number + 1
        tried.append(CapacityStep(users, begin, begin + 3))
        for n in range(3 * rps):
            error = "HTTP 503" if n < failures else ""
            status = 503 if error else 200
            at = begin + (n + 0.5) / rps
            rows.append((at - ms / 1000, ms, status, 1, users, error))
    return rows, tuple(tried)


def test_steps() -> None:
    rows, tried = search()
    table = steps(frame(rows), tried)
    assert table["rps"].round(6).tolist() == [100, 190, 200, 195]
    assert table["failures"].tolist() == [0, 0, 0, 2]
    assert table["p95_ms"].tolist() == pytest.approx([10, 10.5, 600, 41])


def test_row() -> None:
    rows, tried = search()
    record, stopped = frame(rows), Stopped("capacity", 16.0, 8, 0.0, tried)
    table = steps(record, tried)
    assert peak(table, tried) == tried[2]
    found = row(record, stopped, table, 500)
    assert (found.users, round(found.rps or 0)) == (4, 200)
    assert found.knee_users == 2  # 190 is 95 % of 200
    assert (found.acceptable_users, round(found.acceptable_rps or 0)) == (2, 190)
    assert found.average_ms == pytest.approx(600)
    assert (found.failures, found.first_failure) == (2, "HTTP 503")
    nothing = row(frame([]), stopped, steps(frame([]), tried), 500)
    assert nothing.rps is nothing.acceptable_rps is nothing.knee_users is None


def test_to_refuse_requests_is_no_throughput(cell: Callable[..., Path]) -> None:
    """Above 64 users the server answers most requests with 503, and quickly."""
    got = {32: (950, 0), 64: (960, 30), 256: (20_000, 57_000)}
    got |= {300: (25_000, 74_250), 512: (300, 900)}
    tried = tuple(CapacityStep(n, 4.0 * i, 4.0 * i + 3) for i, n in enumerate(got))
    rows: list[Request] = []
    for step, (rps, failures) in zip(tried, got.values(), strict=True):
        for n in range(3 * rps):
            error, at = ("HTTP 503" if n < failures else ""), step.begin_s + n / 3 / rps
            rows.append((at, 0.01, 503 if error else 200, 1, step.users, error))
    record, stopped = frame(rows), Stopped("capacity", 20.0, 512, 0.0, tried)
    table = steps(record, tried)
    found = row(record, stopped, table, 500)
    assert (found.users, found.rps, found.knee_users) == (256, 1000.0, 32)
    assert (found.acceptable_users, found.acceptable_rps) == (32, 950.0)
    refused = frame([one for one in rows if one[4] == 512])
    nothing = steps(refused, tried)
    assert peak(nothing, tried) is None
    lost = row(refused, stopped, nothing, 500)
    assert (lost.rps, lost.acceptable_rps, lost.knee_users) == (0.0, 0.0, None)
    at_peak = capacity("select", 1000)
    at_peak.result["steps"] = table.to_dict("records")
    at_peak.result["row"]["users"] = 256
    assert goodput_rps(at_peak) == pytest.approx(1000)
    # Its curve is of successes, and its percentiles are of the requests of that step.
    [curve] = growing_curves([at_peak])
    assert curve.middle["rps"].tolist() == [950.0, 950.0, 1000.0, 250.0, 0.0]
    folder = cell(rows, "requests")
    at_peak = dataclasses.replace(at_peak, folder=folder)
    assert len(counted_ms(at_peak)) == 60_000
    at_peak.result["steps"] = nothing.to_dict("records")
    at_peak.result["row"]["rps"] = lost.rps
    assert (len(counted_ms(at_peak)), goodput_rps(at_peak)) == (0, 0.0)


def test_a_search_goes_on_with_successes_alone() -> None:
    refusing = summary(64, 3.0, [1.0] * 300, failures=240)
    assert (refusing.rps, refusing.failures) == (20.0, 240)
    asked = Search(1000, 500)
    assert asked.next(Tried(1, 0.0, 10.0, 300)) is None  # all fail: not doubled
    asked = Search(1000, 500)
    assert asked.next(Tried(32, 100.0, 10.0, 0)) == 64
    assert asked.next(refusing) == 45  # it is no rise, and halves the gap


def test_none_acceptable_is_none_a_second() -> None:
    """It is known, so a comparison can tell that it was lost."""
    rows, tried = search()
    record, stopped = frame(rows), Stopped("capacity", 16.0, 8, 0.0, tried)
    found = row(record, stopped, steps(record, tried), 5)
    assert (found.acceptable_rps, found.acceptable_users) == (0.0, None)


@given(
    most=st.integers(1, 5000),
    knee=st.integers(1, 3000),
    limit=st.floats(1, 5000),
    each_ms=st.floats(0.1, 50),
)
def test_search_ends_and_stays_within_the_cap(
    most: int, knee: int, limit: float, each_ms: float
) -> None:
    asked = Search(most, limit)
    users: int | None = 1
    tried = []
    while users is not None:
        tried.append(users)
        rps = min(users, knee) * 1000 / each_ms
        p95_ms = max(users / knee, 1) * each_ms
        users = asked.next(Tried(users, rps, p95_ms, 0))
    assert len(tried) == len(set(tried)) <= 20
    assert all(1 <= users <= most for users in tried)
    assert max(tried) >= min(knee, most)


def capacity(impl: str, rps: float, experiment: str = "capacity") -> Cell:
    cell = run(
        1,
        users=64,
        failed=None,
        impl=impl,
        figures={"rps": rps, "knee_users": 32, "acceptable_rps": rps},
    )
    cell.config["experiment"] |= {"name": experiment, "stop": "capacity"}
    cell.config["server"]["keep_alive"] = False
    cell.row["reached"] = None
    return cell


def test_near_the_ceiling_is_at_least() -> None:
    cells = with_ceilings(
        [
            capacity("slow", 400),
            capacity("fast", 4600),
            capacity("select", 5000, "ceiling"),
        ]
    )
    said = markdown("capacity", cells[:2])
    assert "| ≥ 4,600.0 |" in said
    assert "| 400.0 |" in said
    assert "5,000 requests a second" in said
    # The first row has no ceiling, and two have different ones.
    apart = [capacity("far", 400), capacity("near", 9000), *cells[:2]]
    for cell in apart[:2]:
        cell.config["load"]["processes"] = 2
    twice = capacity("select", 9500, "ceiling")
    twice.config["load"]["processes"] = 2
    alone = markdown("capacity", with_ceilings([apart[0], *cells[1:]])[:2])
    assert "5,000 requests a second" in alone
    both = markdown("capacity", with_ceilings([*apart, cells[2], twice])[:4])
    assert "(5,000 requests" in both and "(9,500 requests" in both
    other = capacity("slow", 400)
    other.config["load"]["processes"] = 2
    assert with_ceilings([other, cells[2]])[0].ceiling_rps is None


def test_the_ceiling_is_the_median_of_its_repeats() -> None:
    ceilings = [capacity("select", rps, "ceiling") for rps in (20000, 19800, 15000)]
    [found, *_] = with_ceilings([capacity("poll", 14000), *ceilings])
    assert found.ceiling_rps == 19800
    [of_none, *_] = with_ceilings([capacity("poll", 9), capacity("x", 0, "ceiling")])
    assert of_none.ceiling_rps is None  # it found nothing: it bounds nothing


def test_of_two_lower_bounds_none_is_said_to_be_faster() -> None:
    def three(impl: str, rps: float) -> list[Cell]:
        found = [capacity(impl, rps + n) for n in range(3)]
        for n, cell in enumerate(found, 1):
            cell.config["repeat"] = n
            cell.result["row"]["acceptable_rps"] = rps / 2 + n
        return found

    ceiling = capacity("select", 50_000, "ceiling")
    cells = [*three("a", 49_900), *three("b", 46_000), *three("c", 20_000), ceiling]
    found = compare(grouped(with_ceilings(cells)[:-1]))
    far = [c for c in found if c.figure == "acceptable_rps" and c.a != "c"]
    assert {c.claim for c in far} == {"takes more"}  # these are known
    said = {(c.a, c.b): c.claim for c in found if c.figure == "rps"}
    assert said == {
        **{("a", "b"): "no claim: a lower bound"},
        **{("a", "c"): "faster", ("b", "c"): "faster"},
    }


LINK = {"limit": "link", "because": "the link carried 97% of its rate"}


def test_rows_that_compare_the_link_say_so() -> None:
    cells = [run(1, impl=impl, limited=LINK) for impl in ("select", "single")]
    said = markdown("first_fail", cells)
    assert "**These rows compare the link, not the servers.**" in said
    assert said.count("link †") == 2
    assert "- select: link, the link was full: the link carried 97%" in said
    mixed = markdown("first_fail", [cells[0], run(1, impl="single")])
    assert "These rows compare" not in mixed
    assert [g.marked for g in grouped(cells)] == ["select († link)", "single († link)"]


def test_loopback_is_told() -> None:
    cells = [run(1, network__kind="loopback", network__name="loopback")]
    assert "not a network interface" in markdown("first_fail", cells)


def test_lines_that_end_with_lf_alone_are_told_of() -> None:
    cells = [run(1, impl=impl) for impl in ("select", "single", "poll")]
    assert "LF alone" not in markdown("first_fail", cells)
    for cell in cells[1:]:
        cell.result["bare_lf"] = True
    said = markdown("first_fail", cells)
    assert "Lines of their heads end with LF alone" in said
    assert "`load.strict` refuses it: single, poll.\n" in said


def test_a_backlog_that_is_not_the_settings_is_told_of() -> None:
    cells = [run(1, impl=impl) for impl in ("select", "http_server", "mine")]
    for cell, backlog in zip(cells, (128, 5, None), strict=True):
        cell.result["evidence"] = {"server": {"backlog": backlog, "cpu": None}}
        cell.result["evidence"]["users"] = {"rps": None}
    said = markdown("first_fail", cells)
    assert "Backlog of 5 instead of 128: http_server.\n" in said
    assert said.count("Backlog of") == 1


def test_suspect_record_is_told() -> None:
    cell = run(1)
    cell.result["little"] = {"suspect": True}
    assert "**Suspect:**" in markdown("first_fail", [cell])


def test_files(cell: Callable[..., Path], tmp_path: Path) -> None:
    """A search is drawn through its steps, and its ceiling is."""
    rows, tried = search()
    cells = []
    for impl in ("single", "select"):
        found = capacity(impl, 200)
        found.result["steps"] = steps(frame(rows), tried).to_dict("records")
        folder = cell(rows, "requests", impl=impl)
        timeline(frame(rows)).to_csv(folder / "timeline.csv", index=False)
        found.result["row"]["duration_s"] = 60.0
        cells.append(dataclasses.replace(found, folder=folder))
    found = with_ceilings([*cells, capacity("select", 900, "ceiling")])
    write_charts(Matrix(found), tmp_path)
    assert (tmp_path / "users.png").stat().st_size > 10_000
    names = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert names == announced_in([cell.config for cell in found], "charts")
