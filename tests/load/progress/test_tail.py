"""The growing record: all rows are counted, in whatever pieces they come."""

from __future__ import annotations

from pathlib import Path

from contract.record import REQUESTS_COLUMNS
from load.progress.tail import MOST_TIMES, RECENT_S, Tail

HEADING = ",".join(REQUESTS_COLUMNS) + "\n"


def row(response_ms: float, users: int, error: str = "") -> str:
    return f"0.1,{response_ms},1.0,2.0,200,100,{users},{error}\n"


def test_rows_are_counted_in_whatever_pieces_they_come(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    tail = Tail(path)
    tail.read(0.0)
    assert (tail.rows, tail.rps, tail.p95_ms) == (0, 0.0, None)
    whole = HEADING + row(10, 1) + row(20, 2, "timed out") + row(30, 3)
    with path.open("w") as file:
        for second, character in enumerate(whole, start=1):
            file.write(character)
            file.flush()
            tail.read(float(second))
    assert (tail.rows, tail.failures, tail.users) == (3, 1, 3)
    assert tail.p95_ms == 30


def test_figures_are_of_the_last_seconds(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    tail = Tail(path)
    path.write_text(HEADING)
    tail.read(0.0)
    with path.open("a") as file:
        file.write(row(9000, 5) * 100)
        file.flush()
        tail.read(1.0)
        assert tail.rps == 100
        for second in range(2, 12):
            file.write(row(10, 5) * 20 + row(9000, 5, "failed"))
            file.flush()
            tail.read(float(second))
    assert tail.p95_ms == 10  # failures are no responses
    assert tail.rps == 21
    assert len(tail.recent) <= RECENT_S + 1


def test_a_fast_server_has_some_of_its_times_read(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text(HEADING + "".join(row(n, 5) for n in range(100_000)))
    tail = Tail(path)
    tail.read(0.0)
    assert tail.rows == 100_000
    [(_, _, times)] = tail.recent
    assert len(times) <= MOST_TIMES
    assert tail.p95_ms is not None and abs(tail.p95_ms - 95_000) < 2000
