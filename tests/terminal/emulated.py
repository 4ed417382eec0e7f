"""A terminal that a program runs in: a pty, and what would stand on its screen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyte

MOST_S = 150.0
CONTROLS = "".join(map(chr, [*range(9), *range(11, 13), *range(14, 32), 127]))


class Emulated:
    """`words` run in a terminal of so many columns and lines, until `end`."""

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        columns: int = 80,
        lines: int = 24,
        **environment: str,
    ) -> None:
        # Lines that have scrolled off the top are still there.
        self.screen = pyte.HistoryScreen(columns, lines, history=10_000)
        self.stream = pyte.ByteStream(self.screen)
        self.written = b""
        self.master, slave = pty.openpty()
        self._set_size(columns, lines)
        inherited = {k: v for k, v in os.environ.items() if k not in UNWANTED}
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *words],
            cwd=folder,
            env={**inherited, "TERM": "xterm-256color", **environment},
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)

    def resize(self, columns: int, lines: int) -> None:
        self.screen.resize(lines, columns)
        self._set_size(columns, lines)

    def _set_size(self, columns: int, lines: int) -> None:
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def interrupt(self) -> None:
        """Press Ctrl-C: the terminal tells all that run in it."""
        os.write(self.master, b"\x03")

    def wait_for(self, happens: Callable[[], object]) -> None:
        """Let the program write until something is so; fail where it ends before."""
        deadline = time.monotonic() + MOST_S
        while not happens():
            assert time.monotonic() < deadline, self.text
            assert self._read(), f"ended before:\n{self.text}"

    def end(self) -> int:
        """Let the program write to its end; return its status."""
        deadline = time.monotonic() + MOST_S
        while self._read():
            assert time.monotonic() < deadline, self.text
        return self.process.wait(MOST_S)

    def _read(self) -> bool:
        """Take in what was written; return False when there will be no more."""
        if select.select([self.master], [], [], 0.1)[0]:
            try:
                new = os.read(self.master, 65536)
            except OSError:  # the last process that had the terminal has ended
                return False
            self.written += new
            self.stream.feed(new)
        return True

    @property
    def shown(self) -> list[str]:
        """The lines that stand on the screen, without what has scrolled off."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """All lines, from the first that has scrolled off."""
        columns = self.screen.columns
        gone = (
            "".join(line[n].data for n in range(columns)).rstrip()
            for line in self.screen.history.top
        )
        return "\n".join([*gone, *self.shown]).rstrip()

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)


UNWANTED = {"NO_COLOR", "FORCE_COLOR", "CI", "COLUMNS", "LINES", "COLORTERM", "TERM"}
