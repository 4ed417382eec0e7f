"""Programs beside the run that used the machine meanwhile (Linux).

Rules of this module:
- Processes are looked at once before the load and once after it. A process took its CPU
  time in between, and that of the children that it has waited for: a compiler's
  children live for a moment.
- A process that began and ended in between, and that nobody waited for, is not seen.
- The run consists of the runner and its descendants. An ancestor of the runner waits
  for what these leave behind, so only an ancestor's own CPU time counts.
- A program chooses its name. It is shown as one short line.
- Where nothing can be read, the result is None, never empty.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.text import one_line

LEAST_CORES = 0.05
MOST = 5  # programs that are kept
CHARACTERS = 40  # of a name
PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process, and the CPU seconds that it and its children have used so far."""

    name: str
    parent: int
    began: int  # in ticks since the boot: a number may be used again
    own_s: float
    children_s: float  # of those that have ended and were waited for
    ended: bool  # and not been waited for


@dataclass(frozen=True)
class Program:
    """What a process beside the run took; 1 of `cores` is one whole core."""

    name: str
    cores: float


class OtherPrograms:
    """What other programs take from now on. The run is `runner` and all below it."""

    def __init__(self, runner: int, proc: Path = PROC) -> None:
        self._runner = runner
        self._proc = proc
        self._began_s = time.monotonic()
        self._before = read_processes(proc)

    def end(self) -> list[dict[str, Any]] | None:
        """Return `name` and `cores` of those that took most; None if it is unknown."""
        after = read_processes(self._proc)
        seconds = time.monotonic() - self._began_s
        if self._before is None or after is None:
            return None
        most = programs(self._before, after, seconds, self._runner)[:MOST]
        return [{"name": each.name, "cores": round(each.cores, 3)} for each in most]


def read_processes(proc: Path = PROC) -> dict[int, Process] | None:
    """Return all processes by their number.

    None where there is no proc(5), or it hides processes of other users (hidepid).
    """
    try:
        with os.scandir(proc) as entries:
            names = [entry.name for entry in entries if entry.name.isdigit()]
    except OSError:
        return None
    processes = {}
    for name in names:
        # An error means that it has just ended.
        with contextlib.suppress(OSError, ValueError, IndexError):
            stat = (proc / name / "stat").read_bytes()
            processes[int(name)] = _process(stat)
    return processes if 1 in processes else None


def _process(stat: bytes) -> Process:
    before, _, after = stat.rpartition(b")")
    name = one_line(os.fsdecode(before.partition(b"(")[2]))
    fields = after.split()  # the first of these is the third of proc_pid_stat(5)
    tick = os.sysconf("SC_CLK_TCK")
    user, system, children_user, children_system = map(int, fields[11:15])
    return Process(
        name=name if len(name) <= CHARACTERS else name[: CHARACTERS - 1] + "…",
        parent=int(fields[1]),
        began=int(fields[19]),
        own_s=(user + system) / tick,
        children_s=(children_user + children_system) / tick,
        ended=fields[0] in (b"Z", b"X"),
    )


def programs(
    before: dict[int, Process], after: dict[int, Process], seconds: float, runner: int
) -> list[Program]:
    """Return the processes that took more than `LEAST_CORES`, most first.

    `before` and `after` are all processes at two moments that are `seconds` apart.
    """
    above = {1, *ancestors(after, runner)}
    inherited = _inherited(before, after)
    nothing = Process("", 0, 0, 0.0, 0.0, False)
    others = []
    for pid, process in after.items():
        if process.ended or pid == runner or runner in ancestors(after, pid):
            continue
        first = before[pid] if _same(before, pid, process) else nothing
        used_s = process.own_s - first.own_s
        if pid not in above:
            of_children_s = process.children_s - first.children_s
            used_s += max(0.0, of_children_s - inherited.get(pid, 0.0))
        if seconds > 0 and used_s / seconds > LEAST_CORES:
            others.append(Program(process.name, used_s / seconds))
    return sorted(others, key=lambda program: (-program.cores, program.name))


def ancestors(processes: dict[int, Process], pid: int) -> list[int]:
    """Return the ancestors of a process, the nearest first."""
    above: list[int] = []
    # Processes that were read at different moments may seem each other's parents.
    while pid in processes and (pid := processes[pid].parent) not in above:
        above.append(pid)
    return above


def _same(processes: dict[int, Process], pid: int, process: Process) -> bool:
    return pid in processes and processes[pid].began == process.began


def _inherited(
    before: dict[int, Process], after: dict[int, Process]
) -> dict[int, float]:
    """Return by process the CPU time that its children had used before, in seconds.

    When a process waits for a child, it is charged all that the child has ever used.
    """
    charged_s: dict[int, float] = {}
    for pid, process in before.items():
        if _same(after, pid, process):
            continue
        above = (parent for parent in ancestors(before, pid) if parent in after)
        if (parent := next(above, None)) is not None:
            used_s = process.own_s + process.children_s
            charged_s[parent] = charged_s.get(parent, 0.0) + used_s
    return charged_s
