"""The server's host: a `LocalServer`, whose methods the runner calls from elsewhere.

Rules of this module:
- The server gets the cores that it gets where all is on one host. The agent and its
  readings have the one that a single process of Locust has there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any, TypeVar

from load.agent.part import Surroundings
from load.errors import ServerError
from load.host.cores import choose_cores
from load.host.limits import limit_open_files
from load.hosts.lines import as_text
from load.network import sysctls
from load.network.interface import own_interface
from load.network.namespaces import Network
from load.sides.local_server import LocalServer
from load.sides.place import Host
from load.telemetry.readings import Sampler

POLL_S = 0.1

Told = TypeVar("Told")


class ServerHost:
    """The part of the server's host; `config` is the cell's."""

    def __init__(self, at: Surroundings, config: dict[str, Any], users: int) -> None:
        self.runner = at.runner
        limit_open_files(users)
        self.cores = choose_cores()
        if self.cores.locust:
            os.sched_setaffinity(0, self.cores.locust)
        interface = own_interface(config["network"]["hosts"]["address"])
        self.facts = {
            "interface": vars(interface),
            "cores": self.cores.server,
            "limits": sysctls.read(sysctls.OF_SERVER),
        }
        self.log = at.scratch / "server.log"
        self.log.touch()
        host = Host(
            Network(interface.address, interface.name),
            *(self.cores, at.environment),
            page_file=at.scratch / "page.html",
            scratch=at.scratch / "server",
            log=self.log,
            tick=at.runner.tick,
            note=lambda text: at.runner.tell(say=text),
        )
        self.server = LocalServer(config, host)
        self.started = contextlib.ExitStack()
        self.is_running = self.has_told = False
        self.sampler: Sampler | None = None
        self.calls = self._calls()

    def _calls(self) -> dict[str, Callable[..., Any]]:
        return {
            "prepare": self.prepare,
            "start": self.start,
            "check_page": lambda: self._once(self.server.check_page),
            "check_alive": lambda: self._once(self.server.check_alive),
            "check_place": lambda error: self.server.check_place(Exception(error)),
            "begin": self.server.begin,
            "read": self.read,
            "end": self.end,
            "stop": lambda: vars(self._once(self.server.stop)),
            "leave": self.leave,
            "kill": self.close,
            "log": lambda: as_text(self.log.read_bytes()),
        }

    def prepare(self) -> dict[str, Any]:
        prepared = self.server.prepare()
        body = prepared.body
        return {
            "address": prepared.address,
            "body": None if body is None else as_text(body.read_bytes()),
            "command": prepared.command,
            "version": prepared.version,
        }

    def start(self) -> None:
        self.started.enter_context(self.server.running())
        self.is_running = True

    def read(self) -> None:
        self.sampler = Sampler(
            [self.server.readings], lambda row: self.runner.tell(row=row)
        )
        self.sampler.begin()

    def end(self) -> dict[str, Any]:
        assert self.sampler is not None
        self.update()
        values, self.sampler = self.sampler.end(), None
        return values

    def leave(self) -> dict[str, Any]:
        self.close()
        return self.server.machine()

    def wait_s(self) -> float:
        return self.sampler.wait_s() if self.sampler else POLL_S

    def update(self) -> None:
        if self.sampler:
            self.sampler.update()
        if self.is_running and not self.has_told:
            self._once(self.server.check)
            if (how := self.server.death()) is not None:
                self.has_told = True
                self.runner.tell(died=how)

    def _once(self, ask: Callable[[], Told]) -> Told:
        """Ask the server; what is wrong with it is told once."""
        try:
            return ask()
        except ServerError:
            self.has_told = True
            raise

    def close(self) -> None:
        """End the server, if it runs."""
        self.is_running = False
        with contextlib.suppress(ServerError):
            self.started.close()
