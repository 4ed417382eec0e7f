"""`python -m benchmarks.merge`: whether Locust's master keeps up with many workers.

Made-up workers (`workers.py`), 1 to 64 of them, send 10,000,000 rows a minute in
all, over sockets and at the times at which real ones would. Locust's own master and the
recorder of a run merge them into `requests.csv`, in a process that does nothing else.
Shown are its CPU time for each second of load, and how old the newest moment of the
record was at most: up to there all rows are in order. The master has a core, so it
keeps up where its CPU time is below 1 s and the record stays young. There is no peer:
Locust's own master gets sums and no rows.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import gevent
from locust.env import Environment

from benchmarks.merge.workers import ROWS_A_SECOND, message_bytes
from load.host.cores import choose_cores
from load.network.ports import choose_port
from load.recording.master import MasterRecorder
from load.recording.messages import SEND_S
from servers.command_line.options import Parser, number

ROOT = Path(__file__).parents[2]
WORKERS = (1, 8, 64)
LOAD_S = 5.0  # of each turn
TURNS = 3
LATEST_S = 30.0  # for workers to be there, and for the record to be complete
OPTIONS = {
    **{"stop_at_first_failure": True, "onset": 30.0, "stop_after_requests": None},
    **{"spawn_rate": 1.0, "longest": None, "search_capacity": None, "grow_to": None},
    **{"until_late": False, "warm_up": 0.0, "start_users": 0},
    **{"enable_rebalancing": False, "headless": True},  # for Locust
}


class Cost(NamedTuple):
    """What one turn cost the master."""

    cpu_s: float  # for each second of load
    oldest_s: float  # the newest moment of the record
    bytes_per_row: float  # of the record


def record(workers: int, folder: Path) -> Cost:
    """Record what so many workers send, and return what that cost."""
    port = choose_port("127.0.0.1", 0)
    options = {**OPTIONS, "record": str(folder), "expect_workers": workers}
    environment = Environment(parsed_options=argparse.Namespace(**options))
    runner: Any = environment.create_master_runner("127.0.0.1", port)
    recorder = MasterRecorder(environment)
    words = [sys.executable, "-m", "benchmarks.merge.workers", str(port), str(workers)]
    cores = choose_cores().server or []  # the master has the other
    pinned = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
    process = subprocess.Popen([*pinned, *words, str(LOAD_S)], cwd=ROOT)
    try:
        wait_for(lambda: len(runner.clients) == workers, "workers", process)
        began_cpu_s = time.process_time()
        recorder.begin()
        oldest_s = watch(recorder, process)
        cpu_s = (time.process_time() - began_cpu_s) / LOAD_S
        rows = recorder.record.rows
        recorder.record.close()
    finally:
        recorder.ended = True  # nobody is missed from now on
        process.kill()
        process.wait()
        gevent.killall(recorder.timers)
        runner.greenlet.kill()
        runner.server.close(linger=0)
    assert rows >= ROWS_A_SECOND * LOAD_S - workers, f"only {rows:,} rows came"
    return Cost(cpu_s, oldest_s, (folder / "requests.csv").stat().st_size / rows)


def watch(recorder: MasterRecorder, process: subprocess.Popen[bytes]) -> float:
    """Wait for the last row; return how old the record's newest moment was at most."""
    oldest_s, until_s = 0.0, recorder.record.began_s + LOAD_S
    while (now := time.monotonic()) < until_s:
        newest_s = max(recorder.merge.ready_until, recorder.record.began_s)
        oldest_s = max(oldest_s, now - newest_s)
        gevent.sleep(SEND_S / 10)
    wait_for(lambda: recorder.merge.ready_until == float("inf"), "rows", process)
    return max(oldest_s, time.monotonic() - until_s)


def wait_for(done: Any, what: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + LATEST_S
    while not done():
        if time.monotonic() > deadline or process.poll():
            raise SystemExit(f"benchmarks.merge: the {what} did not come")
        gevent.sleep(SEND_S / 10)


def measure(workers: tuple[int, ...]) -> dict[int, list[Cost]]:
    """Return the costs of each turn, by the number of workers."""
    cores = choose_cores()
    if cores.locust:
        os.sched_setaffinity(0, cores.locust)
    costs: dict[int, list[Cost]] = {each: [] for each in workers}
    with tempfile.TemporaryDirectory() as folder:
        for _, each in itertools.product(range(TURNS), workers):
            costs[each].append(record(each, Path(folder)))
    return costs


def main() -> None:
    parser = Parser(prog="python -m benchmarks.merge", description=__doc__)
    most = number(int, 1, 64)
    parser.add_argument("--workers", type=most, metavar="N", help="so many alone")
    asked = parser.parse_args().workers
    heading = [
        *("workers", "CPU time per second of load: least", "median", "greatest"),
        *("of a row, µs", "oldest record, ms", "a row in a message, bytes", "on disk"),
    ]
    print(f"| {' | '.join(heading)} |\n|{'---:|' * len(heading)}")
    for workers, turns in measure((asked,) if asked else WORKERS).items():
        cpu_s = [turn.cpu_s for turn in turns]
        median = statistics.median(cpu_s)
        figures = [
            *(f"{each:.2f}" for each in (min(cpu_s), median, max(cpu_s))),
            f"{1e6 * median / ROWS_A_SECOND:.2f}",
            f"{1000 * max(turn.oldest_s for turn in turns):,.0f}",
            f"{message_bytes(workers):.1f}",
            f"{statistics.mean(turn.bytes_per_row for turn in turns):.1f}",
        ]
        print(f"| {workers} | {' | '.join(figures)} |")


if __name__ == "__main__":
    main()
