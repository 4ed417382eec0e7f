"""The end of a run by several processes, where a failure came just before a bound.

In a process of its own: Locust makes all of Python's blocking calls gevent's.
"""

from __future__ import annotations

import pytest

from tests.load.conftest import said_by

CODE = """
import sys
from load.recording.line import line
from load.recording.merge import Merge
from load.recording.record import Record
from load.recording.master import MasterRecorder

reason, error, other = sys.argv[1:]
ends = []
master = MasterRecorder.__new__(MasterRecorder)
master.ended = master.closing = False
master.merge = Merge(2)
master.record = Record(None, True, None, onset_s=30)
master.record.begin(0.0)
# At 10 s all had joined and been answered, as far as was known then.
master.cut_s, master.reason = 10.0, reason

def made(at_s, error=""):
    return line((at_s, 1.0, (None, None), 200, 5, 3, error), 0.0)

def close(reason, at_s, users):
    master.closing = True
    ends.append((reason, at_s))

def tell(worker, lines, upto_s):
    master.merge.add(worker, lines, upto_s, 3)
    if not master.closing:
        master.write_ready()

master.close = close

tell(0, [made(9.9, error)], 9.95)
tell(1, [made(9.8)], 9.97)
assert not ends, ends
tell(0, [made(10.2)], 11.0)
tell(1, [made(10.3, other)], 11.0)
left = [line[0] for *_, line in sorted(master.merge.waiting) if line]
print(master.record.rows, *ends, left)
"""
CASES = {
    "no failure": ("cap", "", "", "2 ('cap', 10.0) [10.2, 10.3]"),
    "failed before": ("cap", "HTTP 503", "", "4 []"),
    "failed before, late": ("generator", "HTTP 503", "", "4 []"),
    "failed after": ("cap", "", "HTTP 503", "2 ('cap', 10.0) [10.2, 10.3]"),
    "time": ("time-limit", "HTTP 503", "", "2 ('time-limit', 10.0) [10.2, 10.3]"),
}


@pytest.mark.parametrize("reason, error, other, said", CASES.values(), ids=CASES)
def test_a_failure_before_a_bound_takes_the_end_back(
    reason: str, error: str, other: str, said: str
) -> None:
    """Then all that was told is in the record, and else what finished before it.

    What finished after it is left: it was in flight then.
    """
    done = said_by(CODE, reason, error, other)
    assert done.stdout.strip() == said, done.stderr


REPORTS = """
import os
from types import SimpleNamespace
from load.recording.line import line
from load.recording.merge import Merge
from load.recording.messages import packed
from load.recording.record import Record
from types import SimpleNamespace
from load.recording.master import WRITE_S, MasterRecorder

master = MasterRecorder.__new__(MasterRecorder)
master.options = SimpleNamespace(elsewhere=False)
master.ended = master.closing = False
master.merge = Merge(2)
master.record = Record(None, False, 4)
master.record.begin(100.0)
master.cut_s, master.reason = float("inf"), ""
master.heard_s, master.hosts = {0: 0.0, 1: 0.0}, {}
master.processes, master.late_so_far = {}, {}
ends = []
master.close = lambda *end: ends.append(end)

def tell(worker, at_s, upto_s, began_s=100.0):
    lines = [line((at_s, 1.0, (None, None), 200, 5, 3, ""), began_s)]
    report = {
        **{"worker": worker, "pid": os.getpid(), "host": None, "users": 3},
        "began_s": began_s,
        **{"lines": packed(lines), "upto_s": upto_s, "last": False},
        **{"late": [], "late_so_far": (upto_s, 0.0, 0.0)},
    }
    master.receive(SimpleNamespace(data=report))
    return master.record.rows

print(
    tell(0, 101.0, 101.1, began_s=50.0),  # of the run before
    tell(0, 101.2, 101.3),
    tell(1, 101.1, 101.3),  # all are complete up to now
    tell(0, 101.301, 101.4),
    tell(1, 101.302, 101.3 + WRITE_S / 2),  # too little to sort for
    tell(1, 101.35, 101.5),
    *ends,
)
"""


def test_the_master_records_reports_of_its_run_some_at_once() -> None:
    done = said_by(REPORTS)
    end = "('requests', 101.302, 6)"
    assert done.stdout.strip() == f"0 0 2 2 2 4 {end}", done.stderr


UNFINISHED = """
from types import SimpleNamespace
from load.recording import master as module

module.SILENT_S = 0.1
master = module.MasterRecorder.__new__(module.MasterRecorder)
sent = SimpleNamespace(send_message=lambda name: print(name))
master.environment = SimpleNamespace(runner=sent)
master.merge = module.Merge(2)
master.heard_s, master.hosts = {0: 0.0, 1: 0.0}, {1: "load2"}
master.unfinished = {}
master.lose = print
master.finish = lambda *end: print(end)
told = {"worker": 0, "unfinished": [[1.0, None, None], [9.0, None, None]]}
master.receive_unfinished(SimpleNamespace(data=told))
master.finish_with_unfinished("requests", 2.0, 3)
master.receive_unfinished(SimpleNamespace(data={"worker": 1, "unfinished": []}))
master.receive_unfinished(SimpleNamespace(data={"worker": 0, "unfinished": []}))
master.finish_with_unfinished("requests", 2.0, 3)
"""


def test_no_worker_leaves_out_what_was_in_flight() -> None:
    """And none takes it back, as it sends it once more."""
    done = said_by(UNFINISHED)
    assert done.stdout.splitlines() == [
        "firstfail-ended",
        "worker 1 on host load2 has not sent which requests were in flight",
        "firstfail-ended",
        "('requests', 2.0, 3, [(1.0, None, None)])",
    ], done.stderr
