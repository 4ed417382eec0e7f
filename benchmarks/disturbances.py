"""What is done to this machine while a case is measured: busy programs, a CPU quota.

Rules of this module:
- What is begun here ends here, however the case ends.
- What can't be had is a `SkippedError` that says why, in words.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from load.host.guard import die_with_parent

CGROUPS = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
LEAVING_S = 10.0
# It ends after a few minutes in any case.
BUSY = """
import os, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
until = time.monotonic() + 300
while time.monotonic() < until:
    pass
"""
ENTER = 'echo $$ > "$0" && exec "$@"'


class SkippedError(Exception):
    """A case that can't be measured here; its text is one line."""


@contextmanager
def busy_programs(number: int, core: int) -> Iterator[None]:
    """Keep `number` programs busy on `core`."""
    words = [sys.executable, "-c", BUSY, str(core)]
    # In sessions of their own: the kernel may share a core out by session.
    busy = [
        subprocess.Popen(
            words,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 (one thread)
        )
        for _ in range(number)
    ]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@contextmanager
def quota(cores: float) -> Iterator[Sequence[str]]:
    """Yield the words that run a command within a cgroup (version 1) of so many cores.

    Raises `SkippedError` where no such cgroup can be made.
    """
    above = _own_cgroup()
    try:  # in another PID namespace another process may have this one's number
        folder = Path(tempfile.mkdtemp(prefix="firstfail-", dir=above))
    except OSError as error:
        raise SkippedError(
            f"no cgroup can be made below {above}: {error.strerror}"
        ) from None
    try:
        try:
            (folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (folder / "cpu.cfs_quota_us").write_text(str(int(cores * PERIOD_US)))
        except OSError as error:
            raise SkippedError(f"no CPU quota can be set: {error.strerror}") from None
        yield ["sh", "-c", ENTER, str(folder / "cgroup.procs")]
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a cgroup, once the last process of a run that was cut off has left it."""
    deadline = time.monotonic() + LEAVING_S
    while True:
        try:
            return folder.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _own_cgroup() -> Path:
    """Return the folder of this process's own CPU cgroup of version 1."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        raise SkippedError("there are no cgroups here") from None
    for line in lines:
        _, controllers, path = line.split(":", 2)
        folder = CGROUPS / controllers / path.lstrip("/")
        if "cpu" in controllers.split(",") and folder.is_dir():
            return folder
    raise SkippedError("no CPU cgroup of version 1 is mounted here")
