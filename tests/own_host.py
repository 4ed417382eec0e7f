"""A host of its own for each worker of pytest, where the kernel can.

Runs wait for each other on the whole machine (`load/host/lock.py`), and a run ends what
an earlier one under its lock has left (`load/host/guard.py`). A worker in namespaces of
its own, with a lock of its own, is another host to both. So the runs of several
workers, and of other suites on this machine, go on at once. Tests assert no speed.

It has a network of its own, too, with a loopback and nothing else: a port that is free
stays free, and no test reaches the internet. Its temporary files are in memory, and
vanish with it: tests write some hundred thousand. What all workers share is the other
files, but for the lock, and cgroups.
"""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from load.host import lock

NAMESPACES = ("--mount", "--net", "--pid", "--mount-proc", "--fork", "--kill-child")
# A shell is the first process: it fetches those whose parents have ended.
# Its lock is no file that was deleted: another could not be put over that.
BOOT = f"""
mount -t tmpfs -o mode=700 own "$1" && shift &&
    at=$(mktemp -d) && mount -t tmpfs own "$at" && touch "$at/lock" &&
    mount --bind "$at/lock" {lock.PATH} && umount "$at" && rmdir "$at" &&
    ip link set lo up || exit
"$@"
exit $?
"""
COMMAND = ("unshare", *NAMESPACES, "sh", "-c", BOOT, "sh")


@functools.cache
def command() -> tuple[str, ...]:
    """Return the words that start a command on a host of its own, or none.

    The folder of its temporary files comes next, and then the command.
    """
    if os.name != "posix" or os.geteuid() != 0:
        return ()  # another user, as root there, would be no ordinary user any more
    lock.identity()  # makes the file of the lock, so that another can be put over it
    with tempfile.TemporaryDirectory() as temporary:
        words = [*COMMAND, temporary, "true"]
        try:
            tried = subprocess.run(words, capture_output=True, check=False)
        except OSError:
            return ()
    return () if tried.returncode else COMMAND


def python(temporary: Path) -> str | None:
    """Return the command of an interpreter on a host of its own, if it can have one.

    `temporary` is the folder of its temporary files.
    """
    words = [*command(), str(temporary), sys.executable]
    return shlex.join(words) if command() else None
