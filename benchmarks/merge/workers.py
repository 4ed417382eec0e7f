"""`python -m benchmarks.merge.workers PORT WORKERS SECONDS`: workers that are made up.

They are what Locust's master at PORT has for workers, all of them in this process. Each
connects, waits until the record has begun, and then reports made lines as often as a
real one does, 10,000,000 a minute in all. What they send is ready before: this process
has to be on time.
"""

from __future__ import annotations

import os
import random
import sys
import time
from typing import Any

import gevent
from locust import __version__ as locust_version
from locust.rpc import protocol, zmqrpc

from load.recording.line import Line, line
from load.recording.messages import BEGAN, REPORT, SEND_S, packed

ROWS_A_SECOND = 10_000_000 / 60
USERS = 100  # of each
BODY_BYTES = 14_939
HEARTBEAT_S = 1.0
Message: Any = protocol.Message  # it has no types


def lines(number: int, begin_s: float, chance: random.Random) -> list[Line]:
    """Return so many lines, which finish in the time of one report."""
    finished = sorted(begin_s + chance.random() * SEND_S for _ in range(number))
    rows = (
        (at_s, ms, (0.1, 0.8 * ms), 200, BODY_BYTES, USERS, "")
        for at_s, ms in ((at_s, 40 * chance.random()) for at_s in finished)
    )
    return [line(row, 0.0) for row in rows]


def reports(worker: int, workers: int, seconds: float) -> list[dict[str, Any]]:
    """Return all reports of a worker, as of a record that began at 0."""
    chance, due, made = random.Random(worker), 0.0, []
    for number in range(round(seconds / SEND_S)):
        due += ROWS_A_SECOND * SEND_S / workers
        begin_s = number * SEND_S
        made.append(
            {
                "worker": worker,
                "pid": os.getpid(),
                "host": None,
                "lines": packed(lines(int(due), begin_s, chance)),
                "upto_s": begin_s + SEND_S,
                "users": USERS,
                "late": [],
                "late_so_far": (begin_s, 0.1, 0.1),
                "last": False,
            }
        )
        due -= int(due)
    return made


def message_bytes(workers: int) -> float:
    """Return how many bytes a row takes in a message of one of so many workers."""
    made = reports(0, workers, 1.0)
    size = sum(len(Message(REPORT, report, "worker-0").serialize()) for report in made)
    return size / sum(len(report["lines"][0]) for report in made)


def work(port: int, worker: int, workers: int, seconds: float) -> None:
    """Be one worker, from its connection to its last report."""
    made = reports(worker, workers, seconds)
    name = f"worker-{worker}"
    connect: Any = zmqrpc.Client  # it has no types either
    client = connect("127.0.0.1", port, name)
    client.send(Message("client_ready", locust_version, name))
    answer = client.recv()
    index = answer.data["index"]
    while answer.type != BEGAN:
        answer = client.recv()
    began_s: float = answer.data
    shift_s = began_s + SEND_S * worker / workers  # they don't report all at once
    beats_s = 0.0
    for report in made:
        finished, *others = report["lines"]
        at_s = [shift_s + each for each in finished]
        upto_s = shift_s + report["upto_s"]
        gevent.sleep(max(upto_s - time.monotonic(), 0))
        told = {"worker": index, "began_s": began_s, "upto_s": upto_s}
        told |= {"lines": [at_s, *others]}
        client.send(Message(REPORT, report | told, name))
        if upto_s > beats_s:
            beats_s = upto_s + HEARTBEAT_S
            state = {"state": "running", "current_cpu_usage": 50}
            client.send(Message("heartbeat", state, name))
    last = {"worker": index, "began_s": began_s, "lines": (), "last": True}
    client.send(Message(REPORT, made[-1] | last, name))
    client.close(linger=1000)


def main() -> None:
    port, workers, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    gevent.joinall(
        [gevent.spawn(work, port, each, workers, seconds) for each in range(workers)],
        raise_error=True,
    )


if __name__ == "__main__":
    main()
