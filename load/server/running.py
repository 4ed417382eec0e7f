"""The server of a run: started, watched, stopped.

Rules of this module:
- A server is a command, in any language. It has to listen on the port that it is given,
  answer with the page (`preflight.py`), and end on its stop signal.
- A server that can't be measured is a `CellError`. Its own words are in its log; of a
  long log the beginning and the end are kept.
- Before its log is cut, the server has ended, and all that it has started as well.
- Its standard input is a pipe on which nothing comes, like a terminal at which nobody
  types. /dev/null would be at its end: some servers quit when their input ends.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from load.address import Address
from load.errors import CellError, ServerError
from load.host.guard import end_started, is_of
from load.host.process import cut, last_line, start
from load.host.run_token import alive
from load.network.listening import listening
from load.server.command import Command
from load.server.script import moved

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
        """Return how the server ended, with its last line; None while it lives."""
        status = self.process.poll()
        if status is None:
            return None
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return f"{how}{last_line(self.log)}"

    def check_alive(self, kind: str) -> None:
        """Raise `ServerError` of this kind if the server has ended.

        `CellError` if that may be for want of a program that the checkout has.
        """
        if (how := self.death()) is not None:
            why = f"the server died before the load began: {how}"
            if self.process.returncode == 0:
                why += " (it must stay in the foreground)"
            if kind == "no-start":
                why += hinted(self.started_as)
                if fault := moved(Path(sys.executable).parent):
                    raise CellError(f"{fault}: {why}")
            raise ServerError(kind, why)

    def listens_on(self) -> list[Address] | None:
        """Return where it and its children listen; None where that is unknown."""
        environment = self.started_as.environment
        return listening(alive(is_of(environment, self.process.pid)))

    def check_log(self) -> None:
        """Raise `ServerError` if the server prints so much that the disk may fill."""
        if self.log.stat().st_size > MOST_PRINTED_BYTES:
            raise ServerError(
                "crashed",
                f"the server was ended, since it had printed over "
                f"{MOST_PRINTED_BYTES // 10**6} MB: it must print less",
            )

    def stop(self, within_s: float, tick: Callable[[], None] = lambda: None) -> str:
        """Tell the server to end; return how it did, in words.

        `tick` is called while it ends.
        """
        number = self.started_as.stop
        self.process.send_signal(number)
        deadline = time.monotonic() + within_s
        while (status := self._wait(deadline - time.monotonic())) is None:
            tick()
            self.check_log()
            if time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                return (
                    f"killed, since it had not ended {within_s:g} s after {number.name}"
                )
        return f"signal {-status}" if status < 0 else f"exit status {status}"

    def _wait(self, most_s: float) -> int | None:
        """Wait a moment for the server to end; return its status if it has."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(min(max(most_s, 0), POLL_S))
        return None


def hinted(command: Command) -> str:
    """Return a hint how to get the program of `command`, to follow an error."""
    return f" (is it installed? {command.hint})" if command.hint else ""


def _not_started(command: Command, error: CellError) -> CellError:
    if command.is_own:
        return ServerError("no-start", str(error))
    return CellError(f"{error}{hinted(command)}")


@contextmanager
def run_server(
    command: Command,
    log: Path,
    cores: list[int] | None,
    enter: Callable[[], None],
) -> Iterator[Server]:
    """Start a server; on leaving, kill it and all that it has started.

    Its process calls `enter` before it becomes the program. Raises `CellError` where
    there is no such program: that is not the server's fault, unless it `is_own`.
    """
    read_end, write_end = os.pipe()

    def go() -> None:
        os.dup2(read_end, STANDARD_INPUT)
        enter()

    try:
        process = start(
            command.words, log, command.environment, cores, go, command.folder
        )
    except CellError as error:
        os.close(write_end)
        raise _not_started(command, error) from None
    finally:
        os.close(read_end)
    try:
        yield Server(process, log, command)
    except ServerError as error:
        if command.oddity is None:
            raise
        raise ServerError(error.kind, f"{error} ({command.oddity})") from None
    finally:
        process.kill()
        process.wait()
        os.close(write_end)
        # Its children may live on, and write into its log.
        end_started(command.environment, process.pid)
        cut(log)
