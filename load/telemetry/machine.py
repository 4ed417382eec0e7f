"""The host during a run: its speed, its CPU quota, other programs that ran there.

Rules of this module:
- Speed is the CPU time of a fixed computation on the server's core, before the load and
  after it. Turns of another program do not count. A lower frequency counts, and so does
  a neighbour on the same physical core.
- Speed is measured while the server is idle or gone, and no telemetry is read.
- What can't be read is None, never 0.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from load.host.cores import Cores
from load.telemetry.cgroup import Quota
from load.telemetry.other_programs import OtherPrograms

# They take about a tenth of a second together. An interruption of a few parts, or a
# core that has yet to wake, does not move the median.
PARTS = 21
ROUNDS = 40_000  # of a part
CPUS = Path("/sys/devices/system/cpu")


class Machine:
    """The machine during one run: `begin` before the load, `end` after it.

    `server` is the server's process.
    """

    def __init__(self, cores: Cores, server: int) -> None:
        self._cores = cores
        self._core = cores.server[0] if cores.server else None
        self._server = server

    def begin(self) -> None:
        """To be called before the load, with the server idle."""
        used = sorted({*(self._cores.server or ()), *(self._cores.locust or ())})
        self._governors = {str(core): governor(core) for core in used}
        self._quota_cores = quota_cores(os.getpid(), self._server)
        self._speed_before_ms = speed_ms(self._core)
        self._others = OtherPrograms(os.getpid())

    def end(self) -> dict[str, Any]:
        """Return what `run.json` keeps; to be called when the server has ended.

        `speed_ms` has the milliseconds `before` and `after`. `governors` is by core,
        `quota_cores` in cores. `others` are the programs that took most, in cores.
        """
        others = self._others.end()
        return {
            "speed_ms": {
                "before": round(self._speed_before_ms, 2),
                "after": round(speed_ms(self._core), 2),
            },
            "governors": self._governors,
            "quota_cores": self._quota_cores,
            "others": others,
        }


def speed_ms(core: int | None) -> float:
    """Return the CPU time, in ms, of a fixed computation on `core`, or on any.

    It is that of the median part, times the number of parts.
    """
    with _on(core):
        return PARTS * statistics.median(_part_ms() for _ in range(PARTS))


def _part_ms() -> float:
    began = time.thread_time()
    _compute()
    return (time.thread_time() - began) * 1000


def _compute() -> int:
    """Do the same work each time. A change here makes speeds incomparable."""
    state = 1
    for _ in range(ROUNDS):
        state = (state * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
    return state


@contextlib.contextmanager
def _on(core: int | None) -> Iterator[None]:
    """Stay on a core for a while, or anywhere where that can't be had."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    with contextlib.suppress(OSError):  # the core was taken away or switched off
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def governor(core: int, cpus: Path = CPUS) -> str | None:
    """Return what decides on a core's frequency; None where that is unknown."""
    with contextlib.suppress(OSError):
        path = cpus / f"cpu{core}" / "cpufreq" / "scaling_governor"
        return path.read_text(errors="replace").strip() or None
    return None


def quota_cores(*processes: int) -> float | None:
    """Return the least CPU quota of these processes, in cores; None without one."""
    quotas = [Quota(process) for process in processes]
    allowed = [quota.cores() for quota in quotas]
    for quota in quotas:
        quota.close()
    return min((cores for cores in allowed if cores is not None), default=None)
