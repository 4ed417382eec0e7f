"""Commands whose libraries were loaded once, and that are forked (`loaded.py`).

To load Snakemake and Hydra takes a second of CPU time, Locust or pandas and matplotlib
half of one, and the tests give some hundred commands.

Rules of this module:
- Who asks sends a datagram: JSON, and four open files. Three are standard input, output
  and error. To the fourth, a socket, the PID is written, and the status in the end.
- A byte that comes from there is a signal for what was asked for. If nobody is there
  any more, it is killed.
- What was loaded ends with the process that has asked for it first.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from select import select as readable
from typing import IO

from tests import loaded as server

# What is appended to a package: `python -m` of it asks for a fork of what was loaded at
# PLACE, passes signals on, and ends as that does. If nothing is loaded there any more,
# it goes on.
HAND_OVER = """

def hand_over(place):
    import json, os, signal, socket, sys

    module, *words = sys.orig_argv[sys.orig_argv.index("-m") + 1 :]
    asked = {
        **{"module": module, "words": words, "most_s": 0},
        **{"folder": os.getcwd(), "path": sys.path, "environment": dict(os.environ)},
    }
    here, there = socket.socketpair()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(place)
            files = [0, 1, 2, there.fileno()]
            socket.send_fds(asking, [json.dumps(asked).encode()], files)
        except OSError:
            return
    there.close()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _: here.send(bytes([number])))
    os._exit(int(here.makefile().read().split()[-1]) % 256)


if __import__("sys").argv[0] == "-m":
    hand_over(PLACE)
"""


def handing_over(module: str) -> str:
    """Return what is appended to a package so that it is forked (`HAND_OVER`)."""
    return HAND_OVER.replace("PLACE", repr(loaded(module)))


class Begun:
    """A command that was begun, used as a `subprocess.Popen` with text in pipes is."""

    def __init__(self, words: Sequence[str], here: socket.socket) -> None:
        self.args = [*words]
        self.here = here
        self.answer = here.makefile()
        self.out, self.err = map(tempfile.TemporaryFile, ("w+", "w+"))
        self.pid = 0
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and readable([self.here], [], [], 0)[0]:
            self.returncode = int(self.answer.readline())
        return self.returncode

    def wait(self, most_s: float) -> int:
        if self.returncode is None:
            readable([self.here], [], [], most_s)
        status = self.poll()
        assert status is not None, f"not within {most_s} s: {self.args}"
        return status

    def communicate(self, most_s: float) -> tuple[str, str]:
        self.wait(most_s)
        return self.said(self.out), self.said(self.err)

    def said(self, file: IO[str]) -> str:
        """Return what was written to a file so far. Its end is where it is written."""
        return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def close(self) -> None:
        """Kill it if it has not ended."""
        for each in (self.here, self.answer, self.out, self.err):
            each.close()


def begin(
    module: str,
    words: Sequence[str],
    folder: Path,
    most_s: int,
    like: str = "",
    network: str | None = None,
) -> Begun:
    """Begin `python -m MODULE` with these words, in `folder`, for so long at most.

    It is forked from what was loaded for a module that is `like` it, if not for itself.
    `network` is the file of a network namespace, if it is to be another one.
    """
    asked = {
        **{"module": module, "words": list(words)},
        **{"folder": str(folder), "most_s": most_s, "network": network},
        **{"path": [str(folder)], "environment": dict(os.environ)},
    }
    here, there = socket.socketpair()
    begun = Begun(words, here)
    with (
        there,
        Path(os.devnull).open() as nothing,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking,
    ):
        asking.connect(loaded(like or module))
        files = [file.fileno() for file in (nothing, begun.out, begun.err, there)]
        socket.send_fds(asking, [json.dumps(asked).encode()], files)
    begun.pid = int(begun.answer.readline())
    return begun


def run(
    module: str, words: Sequence[str], folder: Path, most_s: int, like: str = ""
) -> subprocess.CompletedProcess[str]:
    """Begin a command, wait for its end, and return what it said."""
    with contextlib.closing(begin(module, words, folder, most_s, like)) as begun:
        out, err = begun.communicate(most_s + 60)
    assert begun.returncode is not None
    return subprocess.CompletedProcess(begun.args, begun.returncode, out, err)


@functools.cache
def loaded(module: str) -> str:
    """Start the process that is forked; return the path of its socket."""
    place = Path(tempfile.mkdtemp(), module)
    process = subprocess.Popen(
        [sys.executable, server.__file__, module, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == server.LOADED  # else no answer ever comes
    STARTED.append(process)
    return str(place)


STARTED: list[subprocess.Popen[str]] = []  # each ends with its input
