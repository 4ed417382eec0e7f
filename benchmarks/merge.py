"""`python -m benchmarks.merge`: whether Locust's master keeps up with many workers.

Made reports of 1 to 64 workers, 10,000,000 rows a minute in all, go the way that they
go in a run: from Locust's serialised messages, by the merge, into `requests.csv`. The
CPU time of that is shown per second of load. The master has a core, so it keeps up
where this is below 1. There is no peer: Locust's own master gets sums and no rows.
"""

from __future__ import annotations

import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from locust.rpc import protocol

from load.recording.merge import Merge
from load.recording.messages import REPORT, SEND_S
from load.recording.record import Record, Row

WORKERS = (1, 4, 16, 64)
ROWS_A_SECOND = 10_000_000 / 60
LOAD_S = 2.0  # of each turn
TURNS = 5
BEGAN_S = 1000.0
ONSET_S = 10.0
Message: Any = protocol.Message  # it has no types


def rows(number: int, begin_s: float, chance: random.Random) -> list[Row]:
    """Return so many rows of a worker, in the time until its next report."""
    finished = sorted(begin_s + chance.random() * SEND_S for _ in range(number))
    return [
        (at_s, 40 * chance.random(), (0.1, 30 * chance.random()), 200, 14_939, 100, "")
        for at_s in finished
    ]


def reports(workers: int, seconds: float) -> Iterator[bytes]:
    """Yield the messages of all workers, in the order in which they come."""
    chance = random.Random(workers)
    due = 0.0
    for number in range(round(seconds / SEND_S)):
        begin_s = BEGAN_S + number * SEND_S
        for worker in range(workers):
            due += ROWS_A_SECOND * SEND_S / workers
            report = {
                "worker": worker,
                "pid": worker,
                "rows": rows(int(due), begin_s, chance),
                "upto_s": begin_s + SEND_S,
                "users": 100,
                "late": [],
                "late_so_far": (begin_s, 0.1, 0.1),
                "last": False,
            }
            due -= int(due)
            yield Message(REPORT, report, f"worker-{worker}").serialize()


def cpu_s(messages: list[bytes], workers: int, folder: Path) -> float:
    """Return the CPU time that it takes to record what these messages hold."""
    record, merge = Record(folder, True, None, ONSET_S), Merge(workers)
    record.begin(BEGAN_S)
    began_s = time.process_time()
    for message in messages:
        report = Message.unserialize(message).data
        merge.add(report["worker"], report["rows"], report["upto_s"], report["users"])
        for row in merge.ready():
            record.request(row)
    record.close()
    took_s = time.process_time() - began_s
    assert record.rows >= ROWS_A_SECOND * LOAD_S - workers, "rows were lost"
    return took_s


def main() -> None:
    messages = {number: list(reports(number, LOAD_S)) for number in WORKERS}
    took: dict[int, list[float]] = {number: [] for number in WORKERS}
    with tempfile.TemporaryDirectory() as folder:
        for _, number in itertools.product(range(TURNS), WORKERS):
            took[number].append(cpu_s(messages[number], number, Path(folder)) / LOAD_S)
    print("| workers | CPU time per second of load: least | median | greatest |")
    print("|---:|---:|---:|---:|")
    for number, shares in took.items():
        shown = (min(shares), statistics.median(shares), max(shares))
        print(f"| {number} | {' | '.join(f'{share:.2f}' for share in shown)} |")


if __name__ == "__main__":
    main()
