"""The server of a run, on this host.

Rules of this module:
- It is the runner's where both sides of the network are here, and an agent's where the
  server has a host of its own. Both do the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from load import ROOT
from load.errors import CellError
from load.network.ports import is_listened_on
from load.server.command import Command, Place, command, prepare, version
from load.server.kept_command import kept_command
from load.server.page import expected_body, write_page
from load.server.preflight import Page, Preflight
from load.server.running import Server, run_server
from load.sides.place import Host, choose_place
from load.sides.server_side import Prepared, Stopped
from load.telemetry.machine import Machine
from load.telemetry.readings import ServerReadings, children_usage


class LocalServer:
    """The server of the cell that `config` describes; see `ServerSide`.

    While it runs there are `readings` of it.
    """

    def __init__(self, config: dict[str, Any], host: Host) -> None:
        self.config = config
        self.host = host
        self.place: Place = choose_place(config, host)
        self.readings: ServerReadings
        self._command: Command
        self._server: Server
        self._machine: Machine
        self._body = expected_body(config, host.page_file)

    def prepare(self) -> Prepared:
        config, place = self.config, self.place
        write_page(config, place.page_file, self.host.environment)
        prepare(config, place)
        self._command = command(config, place)
        places = {
            sys.executable: "python",
            str(place.scratch.parent): "folder",
            str(ROOT): "root",
        }
        kept = kept_command(self._command.words, places)
        return Prepared(place.address, self._body, kept, version(config, place))

    @contextmanager
    def running(self) -> Iterator[None]:
        host = self.host
        with run_server(
            self._command,
            host.log,
            host.cores.server,
            host.network.go_to_server_side,
        ) as self._server:
            pid = self._server.process.pid
            self._machine = Machine(host.cores, pid)
            self.readings = ServerReadings(
                host.network, self.place.address.port, pid, host.cores.server
            )
            yield

    def check_page(self) -> bool:
        page = Page.of(self.config, self._body)
        address = self.place.address
        preflight = Preflight(self._server, self.config, address, page, self._tick)
        preflight.check()
        return preflight.bare_lf

    def _tick(self) -> None:
        self.host.tick()
        self.check()

    def check(self) -> None:
        self._server.check_log()

    def check_alive(self) -> None:
        self.check()
        self._server.check_alive("crashed")

    def begin(self) -> None:
        self._machine.begin()

    def death(self) -> str | None:
        return self._server.death()

    def stop(self) -> Stopped:
        before = children_usage()
        how = self._server.stop(self.config["server"]["stop_s"], self.host.tick)
        after = children_usage()
        return Stopped(how, {name: after[name] - before[name] for name in after})

    def machine(self) -> dict[str, Any]:
        return self._machine.end()

    def check_place(self, error: Exception) -> None:
        address = self.place.address
        with self.host.network.on_server_side():
            if is_listened_on(address):
                raise CellError(
                    f"something else listens on port {address.port} since it was "
                    f"chosen for the server: {error}"
                )
