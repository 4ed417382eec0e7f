"""Programs that are not of the run, and took part of the machine meanwhile (Linux).

Rules of this module:
- Processes are looked at once before the load and once after it. What one of them took
  is its CPU time in between, with that of the children that it has waited for: those of
  a compiler live for a moment.
- A process that began and ended in between, and that nobody waited for, is not seen.
- The run's are the runner and its descendants. What they leave behind is waited for by
  one of the runner's ancestors: of these only their own CPU time counts.
- A name is of that program's choosing: it is one short line that can be printed.
- What can't be read is None, never empty.
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
    """What a process that is not of the run took: `cores` of 1 is all of one."""

    name: str
    cores: float


class Others:
    """What others take from now on; `runner` is the process that the run is below."""

    def __init__(self, runner: int, proc: Path = PROC) -> None:
        self._runner = runner
        self._proc = proc
        self._began_s = time.monotonic()
        self._before = read_processes(proc)

    def end(self) -> list[dict[str, Any]] | None:
        """Return `name` and `cores` of those that took most; None if nothing tells."""
        after = read_processes(self._proc)
        seconds = time.monotonic() - self._began_s
        if self._before is None or after is None:
            return None
        found = programs(self._before, after, seconds, self._runner)
        return [
            {"name": each.name, "cores": round(each.cores, 3)} for each in found[:MOST]
        ]


def read_processes(proc: Path = PROC) -> dict[int, Process] | None:
    """Return all processes by their number.

    None where there is no proc(5), or it shows a user no other's (hidepid).
    """
    try:
        with os.scandir(proc) as entries:
            names = [entry.name for entry in entries if entry.name.isdigit()]
    except OSError:
        return None
    found = {}
    for name in names:
        # One that has just ended is none.
        with contextlib.suppress(OSError, ValueError, IndexError):
            stat = (proc / name / "stat").read_bytes()
            found[int(name)] = _process(stat)
    return found if 1 in found else None


def _process(stat: bytes) -> Process:
    before, _, after = stat.rpartition(b")")
    name = one_line(os.fsdecode(before.partition(b"(")[2]))
    fields = after.split()  # the third of proc_pid_stat(5) is the first of these
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
    found = []
    for pid, process in after.items():
        if process.ended or pid == runner or runner in ancestors(after, pid):
            continue
        first = before[pid] if _same(before, pid, process) else nothing
        used_s = process.own_s - first.own_s
        if pid not in above:
            of_children_s = process.children_s - first.children_s
            used_s += max(0.0, of_children_s - inherited.get(pid, 0.0))
        if seconds > 0 and used_s / seconds > LEAST_CORES:
            found.append(Program(process.name, used_s / seconds))
    return sorted(found, key=lambda program: (-program.cores, program.name))


def ancestors(processes: dict[int, Process], pid: int) -> list[int]:
    """Return those above a process, the nearest first."""
    found: list[int] = []
    # Those that were read at different moments may seem each other's parents.
    while pid in processes and (pid := processes[pid].parent) not in found:
        found.append(pid)
    return found


def _same(processes: dict[int, Process], pid: int, process: Process) -> bool:
    return pid in processes and processes[pid].began == process.began


def _inherited(
    before: dict[int, Process], after: dict[int, Process]
) -> dict[int, float]:
    """Return what each process has from children of the time before, by its number.

    With a child that is waited for comes all that it has used in its life.
    """
    found: dict[int, float] = {}
    for pid, process in before.items():
        if _same(after, pid, process):
            continue
        above = (parent for parent in ancestors(before, pid) if parent in after)
        if (parent := next(above, None)) is not None:
            used_s = process.own_s + process.children_s
            found[parent] = found.get(parent, 0.0) + used_s
    return found
