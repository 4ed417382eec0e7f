"""A page that takes so much CPU time, whatever the machine and whatever else runs.

CPU time is that of the thread's own clock, which no other thread or process moves.
What does is an interrupt, or a collection of garbage, that falls into it: hence the
best of several means, none of which is right where the clock is read too rarely.
"""

from __future__ import annotations

import contextlib
import math
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from threading import Event, Thread
from time import thread_time

import pytest

from servers.command_line import write_page
from servers.protocol.pages import load_page
from servers.protocol.render import BYTES, FILE, Renderer
from servers.protocol.steps import Work
from tests.servers.conftest import Running, body

CPU_S = 0.02  # several times what rendering takes on most machines
PAGES, MEANS = 10, 4


def pages_cpu_s(cpu_s: float) -> list[float]:
    """Return the CPU time of each of some pages, made in this thread."""
    page = load_page("rendered", cpu_s=cpu_s)
    times = []
    for _ in range(PAGES * MEANS):
        [work] = page.answer(b"head")
        assert isinstance(work, Work)
        start = thread_time()
        answer = work.make()
        times.append(thread_time() - start)
        assert answer == b"head" + FILE.read_bytes()
    return times


@contextlib.contextmanager
def competing() -> Iterator[None]:
    """Let another thread compute all the while, under the interpreter's lock."""
    enough, computing = Event(), Event()

    def compute() -> None:
        while not enough.is_set():
            sum(range(1000))
            computing.set()

    thread = Thread(target=compute)
    thread.start()
    try:
        assert computing.wait(10)
        yield
    finally:
        enough.set()
        thread.join()


@pytest.mark.parametrize("others", [contextlib.nullcontext, competing])
def test_a_page_takes_its_cpu_time(
    others: Callable[[], contextlib.AbstractContextManager[None]],
) -> None:
    renderer = Renderer(BYTES)
    start = thread_time()
    renderer.page()
    cpu_s = 3 * (thread_time() - start)
    with others(), ThreadPoolExecutor(1) as pool:
        times = pool.submit(pages_cpu_s, cpu_s).result()
    assert min(times) >= cpu_s
    means = [fmean(times[first::MEANS]) for first in range(MEANS)]
    assert min(means) <= 1.03 * cpu_s


def test_rendering_that_takes_longer_is_a_page_all_the_same() -> None:
    assert Renderer(5000).page(cpu_s=1e-6) == Renderer(5000).page()


@pytest.mark.parametrize(
    "architecture", ["single", "multiprocess", "multithread", "event_pool", "gevent"]
)
def test_a_server_takes_it_for_each_request(
    start: Callable[..., Running], architecture: str, page: bytes
) -> None:
    number = 25
    server = start(architecture, "--page", "rendered", "--page-cpu-ms", "20")
    before = server.cpu_s()
    for _ in range(number):
        assert body(server.ask()) == page
    used = server.cpu_s() - before
    # A child that has ended without being waited for yet, and ticks of the clock.
    assert used > (number - 1) * CPU_S - 0.02


def rendered(root: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "servers.command_line.write_page", *options],
        cwd=root,
        capture_output=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("size", [2000, 14_939])
def test_a_machine_that_is_too_slow_is_told(root: Path, size: int) -> None:
    done = rendered(root, "--bytes", str(size), "--cpu-ms", "0.01")
    assert (done.returncode, done.stdout) == (1, b"")
    told = re.fullmatch(
        r"rendering takes (\S+) ms of CPU here, more than page\.cpu_ms=0\.01: "
        r"ask for more, as in page\.cpu_ms=(\d+)\n",
        done.stderr.decode(),
    )
    assert told
    assert int(told[2]) >= float(told[1]) > 0.01


@pytest.mark.parametrize("cpu_ms", ["0", "1000"])
def test_a_machine_that_is_not_writes_the_page(root: Path, cpu_ms: str) -> None:
    done = rendered(root, "--cpu-ms", cpu_ms)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == FILE.read_bytes()


@pytest.mark.parametrize("step_s, coarse", [(0.01, True), (0.001, False)])
def test_a_clock_that_is_too_coarse_is_told(
    monkeypatch: pytest.MonkeyPatch, step_s: float, coarse: bool
) -> None:
    """As some sandboxes have it; it can't be had here."""

    def stepping() -> float:
        return math.floor(thread_time() / step_s) * step_s

    monkeypatch.setattr(write_page, "thread_time", stepping)
    reason = write_page.why_not(Renderer(5000), 100)
    assert (reason is not None) == coarse
    assert (
        not reason or "steps of 10 ms here, more than 3% of page.cpu_ms=100" in reason
    )
