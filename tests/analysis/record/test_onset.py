"""The onset of failures: the rule, in the load and of a record, and what a row has."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.charts.cell import draw
from analysis.diagnosis.verdict import Verdict
from analysis.files import DataError
from analysis.record import ending, onset
from analysis.record.aggregates import timeline
from analysis.record.definitions import Stopped
from analysis.record.run_files import check_cut, read_requests
from analysis.rows.cells import Cell
from analysis.rows.groups import grouped
from analysis.tables import failing
from analysis.tables.comparison import markdown, table
from load.recording.record import Record
from tests.analysis.charts.test_pictures import texts
from tests.analysis.conftest import Request, config, frame

BEGAN_S = 1000.0
SEARCH = {"stop": "first_failure"}


def evenly(seconds: float, rps: int, users_per_s: int = 10) -> list[Request]:
    """Requests of 50 ms that finish evenly while users grow."""
    return [
        (n / rps - 0.05, 50.0, 200, 5, round(n / rps * users_per_s), "")
        for n in range(1, round(seconds * rps) + 1)
    ]


def failures(*finished: float, ms: float = 1000.0, users: int = 0) -> list[Request]:
    return [
        (at - ms / 1000, ms, None, 0, users or round(at * 10), "timed out reading")
        for at in finished
    ]


def ordered(*rows: Request) -> pd.DataFrame:
    return frame(sorted(rows, key=lambda row: row[0] + row[1] / 1000))


def online(record: Record, rows: list[tuple[int, int, bool]]) -> int | None:
    """Tell a record of requests, in µs; return the position of the onset."""
    record.begin(BEGAN_S)
    came = None
    for position, (finish_us, response_us, failed) in enumerate(rows):
        finished_s = BEGAN_S + finish_us / 1e6
        error = "timed out reading" if failed else ""
        status = None if failed else 200
        row = (finished_s, response_us / 1e3, (None, None), status, 5, 7, error)
        if record.request(row) and came is None:
            came = position
    return came


REQUESTS = st.lists(
    st.tuples(
        # The finish, in µs: near to each other, and just as far as a window is long.
        st.one_of(
            st.integers(0, 40_000_000),
            st.tuples(st.integers(1, 8), st.integers(-1, 1)).map(
                lambda pair: pair[0] * 5_000_000 + pair[1]
            ),
        ),
        st.integers(0, 12_000_000),
        st.sampled_from([False, False, True]),
    ),
    max_size=60,
)


@example([(at_us, 0, True) for at_us in (1_000_000, 6_000_000, 11_000_000)])
@example([(at_us, 0, True) for at_us in (1_000_001, 6_000_000, 11_000_000)])
@given(REQUESTS)
def test_the_load_and_the_analysis_agree(requests: list[tuple[int, int, bool]]) -> None:
    rows = [(finish, min(took, finish), failed) for finish, took, failed in requests]
    rows.sort(key=lambda row: row[0])
    with TemporaryDirectory() as folder:
        record = Record(Path(folder), True, None, onset_s=30)
        came = online(record, rows)
        record.finish("time-limit", BEGAN_S + 60, 7, ())
        found = read_requests(Path(folder) / "requests.csv", over_http=True)
        assert onset.onset(found) == came
        if came is not None:
            assert onset.ends_with_onset(found.iloc[: came + 1])


@pytest.mark.parametrize(
    "rows, came",
    [
        # Two in ten seconds are none, however few the others are.
        ([*failures(1, 2)], None),
        ([*failures(1, 2, 3)], 2),
        # Three of 300 are 1 %; three of 301 are not, but four are.
        ([*evenly(3, 99), *failures(3.1, 3.2, 3.3)], 299),
        ([*evenly(2.98, 100), *failures(3.1, 3.2, 3.3)], None),
        ([*evenly(2.98, 100), *failures(3.1, 3.2, 3.3, 3.4)], 301),
        # The window ends with the request, and begins just after 10 s before it.
        (failures(1, 6, 11), None),
        (failures(1, 6, 10.999), 2),
        # Where successes leave the window, it comes without another failure.
        ([*evenly(2.98, 100), *failures(5, 5.1, 5.2), *evenly(11, 1)[10:]], 301),
    ],
)
def test_the_rule(rows: list[Request], came: int | None) -> None:
    assert onset.onset(ordered(*rows)) == came


def test_the_row_of_a_run_with_an_onset() -> None:
    """Requests of 1 s fail at 20, 20.5 and 21, among ten successes a second."""
    record = ordered(*evenly(20.99, 10), *failures(20, 20.5, 21))
    row = onset.row(record, Stopped("onset", 21.0, 999))
    assert row.outcome == "first failure"
    assert (row.reached, row.users) == (True, 200)
    assert row.duration_s == pytest.approx(20)
    assert row.failures == 1  # up to the first
    assert row.requests in (200, 201)  # of two that finished at once
    assert row.sent_users == 190  # as of the last that had finished at 19 s
    assert row.clean_users == 199  # from 9.9 to 19.9 s
    assert (row.onset_users, row.onset_s) == (210, pytest.approx(21))
    told = ending.first_failure(row, "busy")
    assert told == {
        **{"error": "timed out reading", "cause": "busy"},
        **{"sent_users": 190, "stray": False},
    }


def test_the_row_of_a_stray() -> None:
    """Clean is what came after it as well, once ten seconds have passed."""
    record = ordered(*evenly(42, 10), *failures(12))
    row = onset.row(record, Stopped("no-onset", 42.1, 420))
    assert (row.outcome, row.reached, row.users) == ("stray failure", True, 120)
    assert (row.onset_users, row.onset_s) == (None, None)
    assert row.clean_users == 420
    earlier = onset.row(
        ordered(*evenly(21.9, 10), *failures(12)), Stopped("no-onset", 22, 219)
    )
    assert earlier.clean_users == 119  # from 12.1 on it took until 22


def test_what_is_not_known_is_none() -> None:
    short = onset.row(ordered(*evenly(9.9, 10)), Stopped("cap", 9.95, 99))
    assert (short.clean_users, short.sent_users) == (None, None)
    whole = onset.row(ordered(*evenly(10, 10)), Stopped("cap", 10.0, 100))
    assert whole.clean_users == 100
    first = onset.row(ordered(*failures(0.5, ms=500)), Stopped("first-failure", 0.5, 9))
    assert (first.sent_users, first.users) == (None, 5)


@pytest.mark.parametrize(
    "rows, reason, outcome, reached",
    [
        ([], "cap", "not reached", False),
        ([], "generator", "not reached", False),
        ([], "time-limit", "not reached", False),
        (failures(5), "time-limit", "time limit", True),
        (failures(5), "first-failure", "first failure", True),
        (failures(5), "crashed", "crashed", True),
    ],
)
def test_outcomes(
    rows: list[Request], reason: str, outcome: str, reached: bool
) -> None:
    row = onset.row(ordered(*evenly(5, 10), *rows), Stopped(reason, 6.0, 77))
    assert (row.outcome, row.reached) == (outcome, reached)
    assert row.users == (50 if reached else 77)


FEW = [*evenly(5, 10), *failures(3, 4, 5)]


@pytest.mark.parametrize(
    "rows, reason, said",
    [
        (FEW, "onset", ""),
        (FEW, "no-onset", ""),
        (FEW, "time-limit", ""),
        (FEW, "crashed", ""),
        (evenly(5, 10), "generator", ""),
        (FEW, "generator", "has a failure, and run.json says that it met none"),
        (evenly(5, 10), "onset", "has no failure, and run.json says that there was"),
        (evenly(5, 10), "no-onset", "has no failure"),
        ([*FEW, *evenly(90, 10)[51:]], "onset", "does not end with an onset"),
        ([*evenly(5, 10), *failures(3, 5)], "onset", "does not end with an onset"),
    ],
)
def test_a_record_has_to_be_what_run_json_says(
    rows: list[Request], reason: str, said: str
) -> None:
    at = Path("a/file")
    if not said:
        check_cut(ordered(*rows), SEARCH, reason, at)
        return
    with pytest.raises(DataError, match=said) as caught:
        check_cut(ordered(*rows), SEARCH, reason, at)
    assert len(str(caught.value).splitlines()) == 1


def test_a_window_of_the_record_may_begin_a_moment_later() -> None:
    """A request that was a microsecond inside, as the load saw it."""
    rows = ordered(*failures(1, 6, 11))
    assert onset.onset(rows) is None
    check_cut(rows, SEARCH, "onset", Path("a/file"))


def made(rows: list[Request], reason: str, **settings: Any) -> Cell:
    asked = config(**settings)
    row = onset.row(ordered(*rows), Stopped(reason, 30.0, 300))
    result = {
        "row": {**vars(row), "server_rss_mb": 30.0},
        "first_failure": ending.first_failure(row, "busy"),
        "stopped": {"reason": reason},
        "verdict": {"limit": "server-cpu", "because": "it was busy"},
        "provenance": None,
    }
    return Cell(Path("x"), asked, result)


ONSET = [*evenly(20.99, 10), *failures(20, 20.5, 21)]
STRAY = [*evenly(29, 10), *failures(12)]


def test_the_table_of_first_failures() -> None:
    waited = {"experiment__onset_s": 15.0}
    cells = [
        made(ONSET, "onset", impl="single", **waited),
        made(STRAY, "no-onset", impl="select", **waited),
        made(evenly(29, 10), "time-limit", impl="poll", **waited),
    ]
    text = markdown("first_fail", cells)
    heading = next(line for line in text.splitlines() if "implementation" in line)
    assert heading.startswith("| implementation | users | clean up to | onset | RPS |")
    assert heading.endswith("| memory, MB | first failure | limited by |")
    assert "| single | 200 | 199 | 210 |" in text
    assert "| select | 120 | 290 | – |" in text
    assert "| poll | > 300 | 290 | – |" in text
    assert (
        "**Stray:** no onset followed within 15 s of the first failure, so the load "
        "may not be the reason; measure again (repeat):\n\n"
        "- select: timed out reading, sent with 110 users: busy." in text
    )
    assert "Onset: 1 % of the requests of 10 s have failed" in text
    rows = table(cells)
    assert rows["clean_users"].tolist() == [199, 290, 290]
    assert rows["onset_users"].tolist()[0] == 210


def test_without_a_stray_or_an_onset_nothing_is_said_of_any() -> None:
    text = markdown("first_fail", [made(evenly(29, 10), "cap")])
    assert "Stray" not in text
    assert "Onset:" not in text


BOUNDS = {
    "cap": ("cap", 3300, "No failure, since the cap on users came first: select."),
    "files": ("cap", "auto", "since open files allow no more users: select."),
    "time": ("time-limit", "auto", "since its limit of 60 s was over: select."),
    "generator": ("generator", "auto", "since the load generator could not keep up:"),
}


@pytest.mark.parametrize("reason, users, said", BOUNDS.values(), ids=BOUNDS)
def test_the_bound_that_came_first_is_said(
    reason: str, users: int | str, said: str
) -> None:
    cell = made(evenly(29, 10), reason, users=users)
    text = "\n".join(failing.notes(grouped([cell])))
    assert said in text
    assert "To go on: " in text
    row = onset.row(ordered(*evenly(29, 10)), Stopped(reason, 30.0, 300))
    why = ending.why(row, cell.config, reason)
    assert why is not None
    assert "300 users" in why


def test_the_chart_goes_on_to_the_onset() -> None:
    record = ordered(*ONSET)
    row = onset.row(record, Stopped("onset", 21.0, 999))
    limited = Verdict("unclear", "of it")
    drawn = draw(config(), row, record, timeline(record), limited, None)
    assert "Line: the onset, with 210 users." in texts(drawn)
    assert drawn.axes[0].get_xlim()[1] > 21
    lines = drawn.axes[0].get_lines()
    assert [21.0, 21.0] in [list(line.get_xdata()) for line in lines]


def test_a_cell_keeps_what_its_first_failure_was(
    cell: Callable[..., Path], analyse: Callable[..., Any], tmp_path: Path
) -> None:
    """Of as many users as it takes; tables and charts can be made of it."""
    rows = ordered(*ONSET).drop(columns=["connect_ms", "first_byte_ms"])
    made_of = list(rows.itertuples(index=False, name=None))
    values = [tuple(None if pd.isna(v) else v for v in row) for row in made_of]
    ended = {"at_s": 21.0, "users": 210, "crashed": "signal 9"}
    folder = cell(values, "onset", **ended, cap="auto")
    done = analyse("cell", folder)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads((folder / "result.json").read_text())
    assert result["first_failure"] == {
        **{"error": "timed out reading", "cause": "the server died: signal 9"},
        **{"sent_users": 190, "stray": False},
    }
    assert result["row"]["onset_users"] == 210
    why = "a request failed: timed out reading; the onset came 1.0 s later"
    assert result["stopped"]["why"] == why
    (tmp_path / "matrix.json").write_text(json.dumps([str(folder)]))
    for step in ("tables", "charts"):
        done = analyse(step, tmp_path / "matrix.json", tmp_path / step)
        assert (done.returncode, done.stderr) == (0, "")
    first = pd.read_csv(tmp_path / "tables" / "first_fail.csv").iloc[0]
    assert (first["clean_users"], first["onset_users"]) == (199, 210)
    of_cells = pd.read_csv(tmp_path / "tables" / "cells.csv").iloc[0]
    assert (of_cells["sent_users"], of_cells["config.users"]) == (190, "auto")


def test_a_request_costs_the_rule_little_memory() -> None:
    """What left the window is forgotten."""
    record = Record(None, True, None, onset_s=30)
    ticks = itertools.count(0, 1_000_000)
    online(record, [(next(ticks), 0, n % 40 == 0) for n in range(200)])
    assert record.onset is not None
    assert len(record.onset._finished) == 10
    assert len(record.onset._failed) <= 1
