"""The record of several processes: the same bytes as that of one, for the same load."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from locust.rpc import protocol

from load.recording.line import Row, in_flight, line
from load.recording.merge import Merge
from load.recording.messages import packed, unpacked
from load.recording.record import Record

BEGAN_S = 5000.0
MESSAGE: Any = protocol.Message  # it has no types
PROCESSES = 3

# As records had them when the master made the text of each row.
ROWS: tuple[tuple[Row, str], ...] = (
    (
        (5001.5, 250.0004, (0.12345, 249.9), 200, 14_939, 7, ""),
        "1.250000,250.000,0.123,249.900,200,14939,7,",
    ),
    (
        (5000.1, 250.0, (0.1, None), None, 0, 7, 'a, "b"\n c'),
        '0.000000,250.000,0.100,,,0,7,"a, ""b"" c"',
    ),
    (
        (5002.0, 1.0, (None, None), 503, 12, 9, "HTTP 503"),
        "1.999000,1.000,,,503,12,9,HTTP 503",
    ),
)

times = st.floats(0, 2e4)
phases = st.one_of(
    st.tuples(times, times), st.tuples(times, st.none()), st.just((None, None))
)
requests = st.tuples(
    st.integers(0, PROCESSES - 1),
    st.integers(0, 4),  # users that have joined in this process since its last one
    *(st.floats(1e-6, 3), times, phases),
    st.sampled_from([None, 200, 503]),
    st.sampled_from(["", "", "", "HTTP 503", 'timed out, "reading"']),
)


def test_the_text_of_a_line_is_as_it_ever_was(tmp_path: Path) -> None:
    record = Record(tmp_path, False, None)
    record.begin(BEGAN_S)
    for row, _ in ROWS:
        record.request(row)
    record.close()
    found = (tmp_path / "requests.csv").read_bytes().decode().split("\n")[1:]
    assert found == [*(text for _, text in ROWS), ""]


def test_a_line_knows_since_when_its_request_was_in_flight() -> None:
    found = [in_flight(line(row, BEGAN_S)) for row, _ in ROWS]
    assert found == [
        (5001.5 - 0.2500004, 0.123, 249.9),
        (5000.1 - 0.25, 0.1, None),
        (5002.0 - 0.001, None, None),
    ]


def one(folder: Path, rows: list[tuple[int, Row]], *rule: Any) -> tuple[int, str]:
    """Record rows as one process does, until one ends the run."""
    record, reason = Record(folder, *rule), ""
    record.begin(BEGAN_S)
    of = [0] * PROCESSES
    for process, row in rows:
        of[process] = row[5]
        reason = record.request((*row[:5], sum(of), row[6]))
        if reason:
            break
    record.close()
    return record.rows, reason


def many(
    folder: Path, rows: list[tuple[int, Row]], every: int, *rule: Any
) -> tuple[int, str]:
    """Record what the processes report in messages, each after so many rows."""
    record, merge, reason = Record(folder, *rule), Merge(PROCESSES), ""
    record.begin(BEGAN_S)
    last_s = float("inf")
    for process, number in itertools.product(
        range(PROCESSES), range(0, len(rows) + 1, every)
    ):
        own = [row for each, row in rows[number : number + every] if each == process]
        message = MESSAGE("rows", packed(line(row, BEGAN_S) for row in own), "a")
        lines = unpacked(MESSAGE.unserialize(message.serialize()).data)
        is_last = number + every > len(rows)
        upto_s = last_s if is_last else rows[number + every - 1][1][0]
        users = [row[5] for each, row in rows[: number + every] if each == process]
        merge.add(process, lines, upto_s, users[-1] if users else 0)
        for (finished_s, ms, text, _, error), all_users in merge.ready():
            reason = record.add(finished_s, ms, text, all_users, error)
            if reason:
                record.close()
                return record.rows, reason
    record.close()
    return record.rows, reason


@given(
    st.lists(requests, max_size=40),
    st.integers(1, 50),
    st.sampled_from([(False, None), (False, 5), (True, None), (True, None, 30.0)]),
)
def test_many_processes_record_the_bytes_of_one(
    made: list[Any], every: int, rule: tuple[Any, ...]
) -> None:
    """And end with the same row, for the same reason."""
    at_s, users, rows = BEGAN_S, [0] * PROCESSES, []
    for process, joined, later_s, ms, begun, status, error in made:
        at_s += later_s
        users[process] += joined
        row: Row = (at_s, ms, begun, status, 14_939, users[process], error)
        rows.append((process, row))
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / which for which in ("one", "many")]
        for folder in folders:
            folder.mkdir()
        assert one(folders[0], rows, *rule) == many(folders[1], rows, every, *rule)
        texts = [(folder / "requests.csv").read_bytes() for folder in folders]
        assert texts[0] == texts[1]
