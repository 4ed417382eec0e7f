"""A host of users: some workers of Locust, which join the master beside the runner.

Rules of this module:
- A worker is a process of its own. If one ends before the run has, the runner is told,
  and so it is of one that does not reach the master: that knows no host of it.
- Workers send times of the runner's clock: they are told how far their own is ahead.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

from load.address import Address
from load.agent.part import Surroundings
from load.errors import CellError
from load.host.cores import choose_cores
from load.host.limits import limit_open_files
from load.host.locust_home import LOCUST, make_home
from load.host.process import last_line, start
from load.hosts.lines import as_bytes
from load.network import sysctls
from load.network.interface import connect_ms, interface_towards
from load.network.namespaces import Network
from load.telemetry.machine import governor
from load.telemetry.other_programs import OtherPrograms
from load.telemetry.readings import Sampler, UsersReadings

POLL_S = 0.1
ENDING_S = 5.0  # for workers to end that the master has told to
JOINING_S = 25.0  # for workers to reach the master, which waits a little longer


class LoadHost:
    """The part of a host of users; `config` is the cell's."""

    def __init__(self, at: Surroundings, config: dict[str, Any], users: int) -> None:
        self.at = at
        self.count: int = config["load"]["processes"]
        limit_open_files(users)
        self.cores = choose_cores(self.count).locust
        interface = interface_towards(config["network"]["hosts"]["address"])
        self.network = Network(interface.address, interface.name)
        self.facts = {
            "interface": vars(interface),
            "cores": self.cores,
            "governors": {str(core): governor(core) for core in self.cores or ()},
            "limits": sysctls.read(sysctls.OF_USERS),
        }
        self.workers: dict[Path, subprocess.Popen[bytes]] = {}  # by their logs
        self.sampler: Sampler | None = None
        self.join_by_s: float | None = None
        self.others: OtherPrograms
        self.calls: dict[str, Callable[..., Any]] = {
            "connect": lambda host, port: connect_ms(Address(host, port)),
            "start": self.start,
            "end": self.end,
        }

    def start(self, words: Sequence[str], body: str | None, ahead_s: float) -> None:
        """Start the workers; `words` are options of Locust, `body` a right answer's.

        The clock of this host is ahead of the master's by `ahead_s`.
        """
        self.others = OtherPrograms(self.at.root)
        scratch, home = self.at.scratch, self.at.scratch / "locust"
        make_home(home)
        environment = self.at.environment | {"HOME": str(home)}
        own = [*words, "--clock-ahead", f"{ahead_s:.9f}"]
        if body is not None:
            file = scratch / "body"
            file.write_bytes(as_bytes(body))
            own += ["--body", str(file)]
        for number in range(self.count):
            log = scratch / f"worker-{number}.log"
            self.workers[log] = start(
                [*LOCUST, *own], log, environment, self.cores, folder=home
            )
        pids = [worker.pid for worker in self.workers.values()]
        readings = UsersReadings(self.network, pids, self.cores)
        self.sampler = Sampler([readings], lambda row: self.at.runner.tell(row=row))
        self.sampler.begin()
        self.join_by_s = time.monotonic() + JOINING_S

    def end(self) -> dict[str, Any]:
        """Take a last reading; the master has told the workers to end."""
        assert self.sampler is not None
        values, self.sampler = self.sampler.end(), None
        values["others"] = self.others.end()
        deadline = time.monotonic() + ENDING_S
        for log, worker in self.workers.items():
            try:
                worker.wait(max(deadline - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                worker.kill()
            else:
                self._check(worker, log)
        return values

    def _check(self, worker: subprocess.Popen[bytes], log: Path) -> None:
        """Raise `CellError` for a worker that has ended, and says that it failed."""
        if status := worker.poll():
            how = f"ended with status {status}"
            if status < 0:
                how = f"was ended by signal {-status}"
            raise CellError(_said_of(log, how))

    def _check_joined(self) -> None:
        """Tell of a worker that has no connection to the master."""
        for log, worker in self.workers.items():
            if worker.poll() is None and not _is_connected(worker.pid):
                why = f"has not reached the master within {JOINING_S:g} s"
                self.at.runner.tell(lost=_said_of(log, why))

    def wait_s(self) -> float:
        return self.sampler.wait_s() if self.sampler else POLL_S

    def update(self) -> None:
        if self.sampler is None:
            return
        self.sampler.update()
        if self.join_by_s is not None and time.monotonic() > self.join_by_s:
            self.join_by_s = None
            self._check_joined()
        for log, worker in list(self.workers.items()):
            try:
                self._check(worker, log)
            except CellError as error:
                del self.workers[log]
                self.at.runner.tell(lost=str(error))

    def close(self) -> None:
        """End the workers, if they run."""
        for worker in self.workers.values():
            worker.kill()
            worker.wait()


def _said_of(log: Path, what: str) -> str:
    """Return a line about the worker with this log, and the last that it has said."""
    return f"Locust's {log.stem.replace('-', ' ')} {what}{last_line(log)}"


def _is_connected(pid: int) -> bool:
    """Return whether a process has a connection; a worker's first is to its master."""
    with contextlib.suppress(psutil.Error):
        found = psutil.Process(pid).net_connections("tcp")
        return any(each.status == psutil.CONN_ESTABLISHED for each in found)
    return False
