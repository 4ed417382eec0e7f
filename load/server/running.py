"""The server of a run: started, watched, stopped.

Rules of this module:
- A server is a command. What it is written in does not matter, and all that is
  asked of it is that it listens on the port it is given, answers with the page
  (`preflight.py`), and ends on the signal that it is told to end by.
- A server that can't be measured is a `CellError`; its own words are in its log,
  the first and the last of them where there are many.
- It has ended, and with it all that it has started, before its log is read.
- Its standard input is a pipe on which nothing comes, like a terminal at which nobody
  types. What has ended (/dev/null) can always be read: a server that waits for it, to
  be told to quit, would.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from load.errors import CellError, ServerError
from load.host.guard import end_started, is_of
from load.host.process import cut, last_line, start
from load.host.run_token import alive
from load.network.listening import Listener, listeners
from load.server.command import Command

POLL_S = 0.1
STANDARD_INPUT = 0
MOST_PRINTED_BYTES = 100_000_000


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
            if self.process.returncode == 0:
                why += " (it must stay in the foreground)"
            raise ServerError(
                kind, why + (hinted(self.started_as) if kind == "no-start" else "")
            )

    def listens_on(self) -> list[Listener] | None:
        """Return where it, and what it has started, listens; None if nothing tells."""
        environment = self.started_as.environment
        return listeners(alive(is_of(environment, self.process.pid)))

    def check_log(self) -> None:
        """Raise `ServerError` when the server prints so much that the disk may fill."""
        if self.log.stat().st_size > MOST_PRINTED_BYTES:
            raise ServerError(
                "crashed",
                f"the server was ended, since it had printed over "
                f"{MOST_PRINTED_BYTES // 10**6} MB: it must print less",
            )

    def stop(self, within_s: float) -> str:
        """Tell the server to end; return how it did, in words."""
        told = self.started_as.stop
        self.process.send_signal(told)
        deadline = time.monotonic() + within_s
        while (status := self._wait(deadline - time.monotonic())) is None:
            self.check_log()
            if time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                return (
                    f"killed, since it had not ended {within_s:g} s after {told.name}"
                )
        return f"signal {-status}" if status < 0 else f"exit status {status}"

    def _wait(self, most_s: float) -> int | None:
        """Wait a moment for the server to end; return its status if it has."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(min(max(most_s, 0), POLL_S))
        return None


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
    """Start a server where `enter` goes; on leaving, kill it and what it has started.

    Raises `CellError` where there is no such program: no fault of a server's.
    """
    silent, held = os.pipe()

    def go() -> None:
        os.dup2(silent, STANDARD_INPUT)
        enter()

    try:
        process = start(
            command.words, log, command.environment, cores, go, command.folder
        )
    except CellError as error:
        os.close(held)
        raise CellError(f"{error}{hinted(command)}") from None
    finally:
        os.close(silent)
    try:
        yield Server(process, log, command)
    except ServerError as error:
        if command.odd is None:
            raise
        raise ServerError(error.kind, f"{error} ({command.odd})") from None
    finally:
        process.kill()
        process.wait()
        os.close(held)
        # What it has started may live on, and write into its log.
        end_started(command.environment, process.pid)
        cut(log)
