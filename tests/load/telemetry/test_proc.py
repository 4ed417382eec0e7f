"""What processes and cores used, of real ones that say themselves what they used."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from load.telemetry.proc import (
    CONTEXT_SWITCHES,
    CPU_CLOCK_NS,
    Clocks,
    Counter,
    Tree,
    core_times,
    most_descriptors,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is Linux's")
Eventually = Callable[..., None]
TICK_S = 1 / os.sysconf("SC_CLK_TCK")

# Does what it is told, line by line, and answers with the CPU time that this has taken.
WORKER = """
import os, subprocess, sys, threading, time
kept = []
def burn(seconds):
    until = time.process_time() + float(seconds)
    while time.process_time() < until:
        pass
    return time.process_time()
def fork(seconds):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, str(burn(seconds)).encode())
        os._exit(0)
    used = os.read(read, 99)
    os.waitpid(child, 0)
    os.close(read), os.close(write)
    return used.decode()
def keep(_):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    kept.append(child)
    return child.pid
def thread(_):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return 0
def open_(number):
    kept.extend(os.pipe() for _ in range(int(number) // 2))
    return 0
def nap(times):
    for _ in range(int(times)):
        time.sleep(0.001)
    return 0
for line in sys.stdin:
    name, value = line.split()
    print(globals()[name](value), flush=True)
"""


class Worker:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.pid = process.pid

    def __call__(self, what: str, value: float = 0) -> float:
        """Have it do something; return the CPU time that it says that took."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{what} {value}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def end(self) -> None:
        """Let it end, and wait until it has."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=600)


@contextmanager
def working() -> Iterator[Worker]:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        worker = Worker(process)
        worker("nap", 1)  # it is there
        yield worker
        process.kill()


def test_clocks_of_some_processes() -> None:
    clocks = Clocks()
    assert clocks.read() is None
    with working() as first, working() as second:
        few, many = first("burn", 0.05), second("burn", 0.2)
        used = clocks.read([first.pid, second.pid])
        assert used is not None
        total, busiest = used
        # To the nanosecond, but for what it takes to say so.
        assert few + many <= total < few + many + 0.1
        assert busiest == 0  # what they used before is of no time that is known
        # In each of two stretches it is another that is busy.
        least = 0.0
        for one, other in ((first, second), (second, first)):
            before = one("burn", 0)
            other("burn", 0.02)
            least += one("burn", 0.1) - before
            used = clocks.read()
        assert used is not None
        total, busiest = used
        assert least <= busiest < least + 0.05
        few, many = first("burn", 0), second("burn", 0)
        more = first("burn", 0.3)
        first.end()
        second("burn", 0.01)
        later = clocks.read()
        assert later is not None
        # One that has ended since the last reading is as it was then.
        assert total < later[0] < few + many + 0.2
        assert later[0] < more + many
    assert clocks.read() == later


def test_a_clock_is_a_process_own() -> None:
    clocks = Clocks()
    with working() as worker:
        of_child = worker("fork", 0.3)
        used = clocks.read([worker.pid])
        assert used is not None
        assert used[0] < of_child


def test_clocks_of_what_is_not_there() -> None:
    with working() as worker:
        pass
    assert Clocks().read([worker.pid]) is None


@pytest.fixture
def counting() -> Callable[[int, int], Counter]:
    def count(pid: int, what: int) -> Counter:
        counter = Counter(pid, what)
        if counter.descriptor is None:
            pytest.skip("perf may not count here")
        return counter

    return count


def test_children_that_have_ended_stay_counted(
    counting: Callable[[int, int], Counter],
) -> None:
    with working() as worker:
        before = worker("burn", 0.1)
        counter = counting(worker.pid, CPU_CLOCK_NS)
        started = counter.read()
        assert started is not None and started / 1e9 < before  # not what was before it
        of_child = worker("fork", 0.2)
        used = counter.read()
        assert used is not None
        assert of_child - 0.05 < used / 1e9 < of_child + 0.2
    assert (counter.read() or 0) >= used  # when all of them have ended


def test_context_switches(counting: Callable[[int, int], Counter]) -> None:
    with working() as worker:
        counter = counting(worker.pid, CONTEXT_SWITCHES)
        before = counter.read()
        assert before is not None
        worker("nap", 50)
        assert (counter.read() or 0) >= before + 50


def test_what_cannot_be_counted_is_not_known() -> None:
    with working() as worker:
        pass
    assert Counter(worker.pid, CPU_CLOCK_NS).read() is None


def test_a_tree_of_processes(eventually: Eventually) -> None:
    with working() as worker:
        tree = Tree(worker.pid)
        alone = tree.usage()
        assert alone is not None
        assert (alone.processes, alone.threads) == (1, 1)
        assert tree.pids() == {worker.pid}
        assert alone.rss_bytes > 1_000_000
        child = int(worker("keep"))
        worker("thread")
        worker("open_", 20)
        more = tree.usage()
        assert more is not None
        assert (more.processes, more.threads) == (2, 3)
        assert tree.pids() == {worker.pid, child}
        # A process that has just begun another program may have no page yet.
        eventually(lambda: (tree.usage() or alone).rss_bytes > alone.rss_bytes)
        # Of the one that has most of them.
        assert more.descriptors == (alone.descriptors or 0) + 20
        # A child is of the tree when its parent has ended, as well.
        worker.process.kill()
        worker.process.wait()
        left = tree.usage()
        assert left is not None and left.processes == 1
        assert child in tree.pids()
        os.kill(child, signal.SIGKILL)

    def ended() -> bool:
        """Whether there is none, or none but one that nobody has waited for."""
        left = tree.usage()
        return left is None or left.processes == 0

    eventually(ended)


def test_of_a_tree_children_that_have_ended_stay_counted() -> None:
    with working() as worker:
        tree = Tree(worker.pid)
        of_child = worker("fork", 0.2)
        own = worker("burn", 0.1)
        used = tree.usage()
        assert used is not None
        assert of_child + own - 4 * TICK_S < used.user_s + used.system_s
        assert own - 2 * TICK_S < used.busiest_s < own + of_child - 2 * TICK_S


def test_how_long_a_process_was_ready_and_had_no_core() -> None:
    """Two take turns on one core: each waits for about as long as it works."""
    core = min(os.sched_getaffinity(0))
    with working() as one, working() as other:
        for worker in (one, other):
            os.sched_setaffinity(worker.pid, {core})
        tree = Tree(one.pid)
        before = tree.usage()
        assert other.process.stdin is not None
        other.process.stdin.write("burn 60\n")
        other.process.stdin.flush()
        one("burn", 0.5)
        after = tree.usage()
        assert before is not None and before.delayed_s is not None
        assert after is not None and after.delayed_s is not None
        # A scheduler need not be fair to the hundredth.
        assert after.delayed_s - before.delayed_s > 0.2


def test_how_many_descriptors_a_process_may_have() -> None:
    own = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert most_descriptors(os.getpid()) == own
    with working() as worker:
        assert most_descriptors(worker.pid) == own
        few = min(own, 123)
        resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (few, few))
        assert most_descriptors(worker.pid) == few
    assert most_descriptors(worker.pid) is None


def test_what_a_core_did() -> None:
    """A process burns its time there, and that is programs' time."""
    core = max(os.sched_getaffinity(0))
    with working() as worker:
        os.sched_setaffinity(worker.pid, {core})
        before, began_s = core_times([core]), time.monotonic()
        worker("burn", 0.3)
        after, ended_s = core_times([core]), time.monotonic()
    assert before is not None and after is not None
    assert after.programs - before.programs > 0.3 - 3 * TICK_S
    assert after.idle >= before.idle and after.stolen >= before.stolen
    assert sum(after) - sum(before) < ended_s - began_s + 0.2


def test_cores_together_and_cores_that_are_not_known() -> None:
    cores = sorted(os.sched_getaffinity(0))
    each = [core_times([core]) for core in cores]
    together = core_times(cores)
    assert together is not None
    for name in ("idle", "programs", "stolen"):
        alone = sum(getattr(one, name) for one in each)
        assert alone - 1e-6 <= getattr(together, name) < alone + 1
    assert core_times(None) is None
    assert core_times([10**6]) is None
    assert core_times([]) == (0, 0, 0)
