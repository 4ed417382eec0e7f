"""Running Locust to its end, with an eye on the server, the disk and the caller.

Rules of this module:
- Locust ends itself, by the rule of the run. The runner ends it only when the server
  has died, or when it is far too late.
- While the load lasts, this process only reads telemetry and shows progress: it shares
  a core with Locust.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from contract import record
from load import locust_command
from load.caller import Caller
from load.errors import CellError
from load.folder import Folder
from load.host.locust_home import make_home
from load.host.process import Ending, last_line, start
from load.progress.progress import Progress
from load.recording.record import STOPPED
from load.sides.server_side import ServerSide

ERROR = re.compile(r"/ERROR/\S+: (.*)")  # in Locust's log, which ends in a table
POLL_S = 0.1
STARTING_S = 30.0  # for Locust to start, on a core that others may share
STOPPING_S = 15.0  # for Locust to end once its rule has been met


class Taken(Protocol):
    """Readings that are being taken; see `Telemetry`."""

    @property
    def due(self) -> float: ...
    def update(self) -> None: ...
    def end(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Watch:
    """What is watched during a run."""

    folder: Folder
    caller: Caller
    server: ServerSide
    progress: Progress

    def check(self) -> None:
        """Raise where the run has to end: its caller has ended, or a log has grown."""
        self.caller.check_alive()
        self.server.check()

    def check_alive(self) -> None:
        """Raise where the run has to end, or the server has died."""
        self.caller.check_alive()
        self.server.check_alive()

    def run_locust(
        self,
        config: dict[str, Any],
        words: list[str],
        environment: dict[str, str],
        cores: list[int] | None,
        take: Callable[[int], Taken],
    ) -> Taken:
        """Run Locust to its end; raise `CellError` where that is no result.

        `take` begins to take readings, and is called with Locust's process. They are
        returned, and may be ended.
        """
        home, log = self.folder.locust_home, self.folder.locust_log
        make_home(home)
        own_environment = environment | {"HOME": str(home)}
        locust = start(words, log, own_environment, cores, folder=home)
        try:
            taken = take(locust.pid)
            self._wait(config, locust, taken)
        finally:
            locust.kill()
            locust.wait()
        if locust.returncode or not (self.folder.scratch / STOPPED).is_file():
            raise CellError(
                f"Locust ended with status {locust.returncode}, "
                f"before its run did{last_line(log, ERROR)}"
            )
        return taken

    def _wait(
        self, config: dict[str, Any], locust: subprocess.Popen[bytes], taken: Taken
    ) -> None:
        """Wait until Locust has ended; read telemetry and show progress meanwhile."""
        longest_s = locust_command.lead_s(config) + locust_command.longest_s(config)
        most_s = STARTING_S + longest_s + STOPPING_S
        if locust_command.has_workers(config):
            most_s += locust_command.WORKERS_S
        deadline = time.monotonic() + most_s
        terminated = False
        self.progress.begin_load(self.folder.scratch / record.REQUESTS, longest_s)
        with Ending(locust) as ending:
            while not ending.wait(min(taken.due - time.monotonic(), POLL_S)):
                self.check()
                taken.update()
                self.progress.update()
                if not terminated and self.server.death() is not None:
                    # The record has what users saw of it; no more is needed.
                    locust.terminate()
                    terminated = True
                    deadline = min(deadline, time.monotonic() + STOPPING_S)
                if time.monotonic() > deadline:
                    raise CellError(f"Locust did not end within {most_s:.0f} s")
        self.progress.end_load()
