"""CPU quotas: for how long a control group kept a process from running (Linux).

A cgroup with a quota lets its processes run for some time in each period. Then they are
throttled: they wait although they are ready and a core may be free.

Rules of this module:
- A process is in a cgroup of each hierarchy, and in all cgroups above that one. In
  version 1 the CPU has its own hierarchy, in version 2 all controllers share one. Both
  may be mounted; all cgroups with a quota are read.
- A cgroup that no mount shows can't be read, such as those above a cgroup namespace.
  What can't be read is None, never 0.
- The cgroups and their quotas are looked up when a `Quota` is made. A process that is
  moved later is not followed.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

COUNTER = {1: (b"throttled_time", 1e-9), 2: (b"throttled_usec", 1e-6)}  # in seconds
READ_BYTES = 4096  # more than a cpu.stat has
ESCAPED = re.compile(r"\\([0-7]{3})")  # a space, tab, line end or \ in mountinfo


@dataclass(frozen=True)
class Mount:
    """A mounted hierarchy: the cgroup `top` and all below it are seen at `point`."""

    version: int  # 1, with the CPU controller, or 2
    top: str
    point: str


class Quota:
    """The quotas that hold for process `pid`.

    `root` is the folder that `proc` and the mount points are in.
    """

    def __init__(self, pid: int, root: Path = Path("/")) -> None:
        self._allowed: list[float] = []
        self._stats: list[tuple[int, bytes, float]] = []
        for version, folder in _chain(pid, root):
            allowed = _cores(version, folder)
            if allowed is None:
                continue
            self._allowed.append(allowed)
            with contextlib.suppress(OSError):
                stat = os.open(folder / "cpu.stat", os.O_RDONLY)
                self._stats.append((stat, *COUNTER[version]))

    def cores(self) -> float | None:
        """Return how many cores the least quota allows; None if there is no quota."""
        return min(self._allowed, default=None)

    def throttled_s(self) -> float | None:
        """Return for how long its cgroups were throttled since they were made.

        It is the greatest of their counters. Each is a sum over the cores on which the
        cgroup waited. None where there is no quota. A call is cheap: it takes a system
        call for each cgroup that has a quota.
        """
        values = [_counter(*stat) for stat in self._stats]
        return max((value for value in values if value is not None), default=None)

    def close(self) -> None:
        """Close the files; nothing can be read after that."""
        while self._stats:
            os.close(self._stats.pop()[0])


def _chain(pid: int, root: Path) -> Iterator[tuple[int, Path]]:
    """Yield the cgroups of a process with their version, from the inmost upwards."""
    mounts = _mounts(root)
    for version, path in _paths(pid, root):
        seen = [mount for mount in mounts if mount.version == version]
        # Of several mounts, the one that shows most of the cgroups above.
        for mount in sorted(seen, key=lambda mount: len(mount.top)):
            below = _below(path, mount.top)
            point = root / mount.point.lstrip("/")
            if below is not None and _is_folder(point / below):
                yield from ((version, point / at) for at in (below, *below.parents))
                break


def _is_folder(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.is_dir()
    return False


def _paths(pid: int, root: Path) -> Iterator[tuple[int, str]]:
    """Yield the version and the path of each cgroup that may bound the CPU time."""
    with contextlib.suppress(OSError):
        text = os.fsdecode((root / f"proc/{pid}/cgroup").read_bytes())
        for line in text.split("\n"):
            number, _, of = line.partition(":")
            controllers, _, path = of.partition(":")
            if "cpu" in controllers.split(","):
                yield 1, path
            elif number == "0" and not controllers:
                yield 2, path


def _mounts(root: Path) -> list[Mount]:
    """Return the mounted hierarchies that may bound the CPU time; see proc(5).

    A later mount hides an earlier one at the same place.
    """
    mounts = {}
    with contextlib.suppress(OSError):
        text = os.fsdecode((root / "proc/self/mountinfo").read_bytes())
        for line in text.split("\n"):
            before, _, after = line.partition(" - ")
            places, kind = before.split(), after.split()
            if len(places) < 5 or not kind:
                continue
            top, point = map(_unescaped, places[3:5])
            if kind[0] == "cgroup2":
                mounts[point] = Mount(2, top, point)
            elif kind[0] == "cgroup" and "cpu" in kind[-1].split(","):
                mounts[point] = Mount(1, top, point)
    return list(mounts.values())


def _unescaped(text: str) -> str:
    return ESCAPED.sub(lambda match: chr(int(match[1], 8)), text)


def _below(path: str, top: str) -> PurePosixPath | None:
    """Return the path of a cgroup below the `top` of a mount; None if it is elsewhere.

    Both paths are seen from this process's cgroup namespace. They begin with `/..`
    where they lie outside of it.
    """
    try:
        below = PurePosixPath(path).relative_to(top)
    except ValueError:
        return None
    return None if ".." in below.parts else below


def _cores(version: int, folder: Path) -> float | None:
    """Return how many cores a cgroup's own quota allows; None where it has none."""
    try:
        if version == 2:
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text()
            period = (folder / "cpu.cfs_period_us").read_text()
        return int(quota) / int(period) if int(quota) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):  # `max` is no number
        return None


def _counter(descriptor: int, name: bytes, unit: float) -> float | None:
    try:
        text = os.pread(descriptor, READ_BYTES, 0)
    except OSError:  # the cgroup was removed
        return None
    _, name_there, after = (b"\n" + text).partition(b"\n" + name + b" ")
    with contextlib.suppress(ValueError):
        return int(after.partition(b"\n")[0]) * unit if name_there else None
    return None
