"""What processes use, and what cores do, as the kernel accounts for it (Linux).

Rules of this module:
- A child that lives for a moment between two readings must not be missed. When it has
  ended, its CPU time is in its parent's `cutime` and `cstime` (proc(5)), and what perf
  counted stays in the counter that it inherited (perf_event_open(2)).
- What can't be read is None, never 0.
- A reading costs a few system calls for each process of the tree, and for each new
  process of the host. Other processes are looked at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_SYSCALL = {"x86_64": 298, "aarch64": 241}  # perf_event_open, by machine
_SOFTWARE, _INHERIT, _CLOEXEC = 1, 1 << 1, 8
CPU_CLOCK_NS, CONTEXT_SWITCHES = 1, 3  # PERF_COUNT_SW_TASK_CLOCK, …_CONTEXT_SWITCHES
_CPUCLOCK_SCHED = 2  # of a clock that is a process's, <linux/posix-timers.h>
_ATTRIBUTE_BYTES = 112  # of struct perf_event_attr, PERF_ATTR_SIZE_VER5


@dataclass
class Usage:
    """What a tree of processes has used so far, and what it has at this moment."""

    user_s: float = 0.0
    system_s: float = 0.0
    rss_bytes: int = 0
    threads: int = 0
    processes: int = 0
    descriptors: int | None = None  # of the process that has most
    busiest_s: float = 0.0  # CPU time of the process that has used most
    delayed_s: float | None = None  # ready to run without a core; the longest of all


class Tree:
    """The processes `roots` and their descendants."""

    def __init__(self, *roots: int) -> None:
        self.roots = roots
        self._ours = set(roots)
        self._others: set[str] = set()
        self._tick = os.sysconf("SC_CLK_TCK")
        self._page = os.sysconf("SC_PAGE_SIZE")

    def usage(self) -> Usage | None:
        """Return the tree's usage; None where it has ended, or there is no proc(5)."""
        stats = self._stats()
        if not stats:
            return None
        total = Usage()
        descriptors, delays_s = [], []
        for pid, stat in stats.items():
            # The first of these fields is the third of proc(5), after the name.
            user, system, children_user, children_system = map(int, stat[11:15])
            total.user_s += (user + children_user) / self._tick
            total.system_s += (system + children_system) / self._tick
            total.busiest_s = max(total.busiest_s, (user + system) / self._tick)
            if stat[0] == b"Z":
                continue
            total.processes += 1
            total.threads += int(stat[17])
            total.rss_bytes += int(stat[21]) * self._page
            descriptors.append(_descriptors(pid))
            delays_s.append(_delayed_s(pid))
        total.descriptors = max((n for n in descriptors if n is not None), default=None)
        total.delayed_s = max((s for s in delays_s if s is not None), default=None)
        return total

    def _stats(self) -> dict[int, list[bytes]]:
        try:
            with os.scandir("/proc") as entries:
                listed = {entry.name for entry in entries if entry.name.isdigit()}
        except OSError:
            return {}
        self._others &= listed
        stats: dict[int, list[bytes]] = {}
        # In order: a parent nearly always has a smaller number than its child.
        for name in sorted(listed - self._others, key=int):
            stat = _read_stat(name)
            if stat is None:
                continue
            pid, parent = int(name), int(stat[1])
            if pid in self._ours or parent in self._ours:
                self._ours.add(pid)
                stats[pid] = stat
            else:
                self._others.add(name)
        self._ours &= {*self.roots, *stats}
        return stats

    def pids(self) -> frozenset[int]:
        """Return the processes of the tree, as of the last reading."""
        return frozenset(self._ours)


def _read_stat(pid: str) -> list[bytes] | None:
    """Return the fields of /proc/PID/stat that follow the process's name."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None


def _descriptors(pid: int) -> int | None:
    folder = Path(f"/proc/{pid}/fd")
    with contextlib.suppress(OSError):
        # The folder's size is their number from Linux 6.2 on, and 0 before.
        return folder.stat().st_size or len(list(folder.iterdir()))
    return None


def _delayed_s(pid: int) -> float | None:
    """Return how long the main thread of a process was ready to run without running.

    See /proc/PID/schedstat in the kernel's Documentation/scheduler/sched-stats.rst.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/schedstat").read_bytes().split()[1]) / 1e9
    return None


def most_descriptors(pid: int) -> int | None:
    """Return how many descriptors a process may have open."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
        [line] = [line for line in lines if line.startswith("Max open files")]
        return int(line.split()[3])
    return None


class CoreTimes(NamedTuple):
    """What some cores did since the boot, in seconds."""

    idle: float
    programs: float  # in programs, and in the kernel on their behalf
    stolen: float  # by a hypervisor, for others


def core_times(cores: list[int] | None) -> CoreTimes | None:
    """Return what these cores did (proc(5), /proc/stat); None where that is unknown."""
    if cores is None:
        return None
    with contextlib.suppress(OSError, ValueError, KeyError, IndexError):
        lines = Path("/proc/stat").read_text().splitlines()
        ticks = dict(line.split(maxsplit=1) for line in lines if line.startswith("cpu"))
        idle = programs = stolen = 0
        for core in cores:
            user, nice, system, idling, disk, _, _, steal, *_ = map(
                int, ticks[f"cpu{core}"].split()
            )
            idle += idling + disk
            programs += user + nice + system
            stolen += steal
        tick = os.sysconf("SC_CLK_TCK")
        return CoreTimes(idle / tick, programs / tick, stolen / tick)
    return None


class Clocks:
    """The CPU clocks of some processes, to the nanosecond (clock_getcpuclockid(3)).

    What a process used stays counted when it has ended. A child has its own clock.
    """

    def __init__(self) -> None:
        self._used_s: dict[int, float] = {}
        self._busiest_s = 0.0

    def read(self, pids: Iterable[int] = ()) -> tuple[float, float] | None:
        """Return what all have used, and what the busiest has; `pids` join them.

        The busiest is the process that used most since the reading before, which may be
        another each time. Its use is summed up over the readings.
        """
        increases = [0.0]
        for pid in dict.fromkeys((*self._used_s, *pids)):
            with contextlib.suppress(OSError):  # it has ended
                used = time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)
                increases.append(used - self._used_s.get(pid, used))
                self._used_s[pid] = used
        self._busiest_s += max(increases)
        return (sum(self._used_s.values()), self._busiest_s) if self._used_s else None


class Counter:
    """A counter of perf, for a process and all that it starts from now on."""

    def __init__(self, pid: int, event: int) -> None:
        self.descriptor: int | None = None
        number = _SYSCALL.get(os.uname().machine)
        if sys.platform == "linux" and number is not None:
            attribute = struct.pack(
                "IIQQQQQ", _SOFTWARE, _ATTRIBUTE_BYTES, event, 0, 0, 0, _INHERIT
            ).ljust(_ATTRIBUTE_BYTES, b"\0")
            # It fails where an ordinary user may not see what the kernel does.
            opened = ctypes.CDLL(None).syscall(number, attribute, pid, -1, -1, _CLOEXEC)
            self.descriptor = opened if opened >= 0 else None

    def read(self) -> int | None:
        if self.descriptor is None:
            return None
        value: int = struct.unpack("Q", os.read(self.descriptor, 8))[0]
        return value
