"""The server of a run: started, watched, stopped.

Rules of this module:
- A server is a command. What it is written in does not matter, and all that is
  asked of it is that it listens on the port it is given, answers with the page
  (`preflight.py`), and ends on the signal that it is told to end by.
- A server that can't be measured is a `CellError`; its own words are in its log.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from load.command import Command
from load.failed import CellError, ServerError
from load.process import last_line, start


class Server:
    """A running server process."""

    def __init__(
        self, process: subprocess.Popen[bytes], log: Path, started_as: Command
    ) -> None:
        self.process = process
        self.log = log
        self.started_as = started_as

    def death(self) -> str | None:
        """Return how the server ended, and its last words; None while it lives."""
        status = self.process.poll()
        if status is None:
            return None
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return f"{how}{last_line(self.log)}"

    def check_alive(self, kind: str) -> None:
        """Raise `ServerError` of this kind when the server has ended."""
        if (how := self.death()) is not None:
            why = f"the server died before the load began: {how}"
            raise ServerError(
                kind, why + (hinted(self.started_as) if kind == "no-start" else "")
            )

    def stop(self, within_s: float) -> str:
        """Tell the server to end; return how it did, in words."""
        told = self.started_as.stop
        self.process.send_signal(told)
        try:
            status = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"killed, since it had not ended {within_s:g} s after {told.name}"
        return f"signal {-status}" if status < 0 else f"exit status {status}"


def hinted(command: Command) -> str:
    """Return how the program of `command` can be had, to follow what is wrong."""
    return f" (is it installed? {command.hint})" if command.hint else ""


@contextmanager
def running(
    command: Command,
    log: Path,
    cores: list[int] | None,
    enter: Callable[[], None],
) -> Iterator[Server]:
    """Start a server where `enter` goes; on leaving, kill it if it still runs.

    Raises `CellError` where there is no such program: no fault of a server's.
    """
    try:
        process = start(
            command.words, log, command.environment, cores, enter, command.folder
        )
    except CellError as error:
        raise CellError(f"{error}{hinted(command)}") from None
    try:
        yield Server(process, log, command)
    finally:
        process.kill()
        process.wait()
