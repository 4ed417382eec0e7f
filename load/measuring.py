"""The measuring of one cell: network, server, idle connections, load.

The steps: make the network → start the server → check that it serves its page → open
the idle connections → run Locust (`watch.py`) → stop the server.

Rules of this module:
- A server of ours that can't be measured fails its cell. A submission that can't be
  measured has that as its result.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contract import record
from load import ROOT, locust_command
from load.address import Address
from load.caller import Caller
from load.errors import CellError, ServerError
from load.folder import Folder
from load.host.cores import choose_cores
from load.host.limits import most_users, raise_open_files
from load.idle.process import IdleProcess
from load.network.namespaces import join
from load.network.ports import is_listened_on
from load.place import choose_place
from load.progress.progress import Progress
from load.server.command import Place, command, prepare, version
from load.server.kept_command import kept_command
from load.server.page import expected_body, identity, write_page
from load.server.preflight import Page, Preflight
from load.server.running import Server, run_server
from load.telemetry.machine import Machine
from load.telemetry.provenance import provenance
from load.telemetry.readings import Telemetry, children_usage
from load.watch import Watch


class Measuring:
    """The measuring of the cell that `config` describes.

    `environment` is given to each process of the run. To be used once, before any
    thread is started: this process goes over to the users' side of the network.
    """

    def __init__(
        self,
        config: dict[str, Any],
        folder: Folder,
        caller: Caller,
        environment: dict[str, str],
        progress: Progress,
    ) -> None:
        self.config = config
        self.folder = folder
        self.caller = caller
        self.environment = environment
        self.progress = progress
        self.cores = choose_cores(config["load"]["processes"])
        if self.cores.locust:  # the runner's own work shall not burden the server
            os.sched_setaffinity(0, self.cores.locust)
        self.most_users = most_users(config["users"], config["idle"])
        raise_open_files(self.most_users, config["idle"])
        self.network = join(config)
        self.provenance = provenance(ROOT, self.network.sysctls())
        self.provenance["cores"] = {
            "server": self.cores.server,
            "locust": self.cores.locust,
        }

    def measure(self) -> dict[str, Any]:
        """Measure the cell; return the content of `run.json`."""
        place = self._place()
        try:
            run = self._measure_server(place)
        except ServerError as error:
            run = self._unmeasured(error, place.address)
        return {"version": record.VERSION, **run, "provenance": self.provenance}

    def _place(self) -> Place:
        return choose_place(
            *(self.config, self.network, self.cores, self.caller),
            folder=self.folder,
            environment=self.environment,
        )

    def _measure_server(self, place: Place) -> dict[str, Any]:
        """Start the server, load it and stop it; return what the run came to."""
        config = self.config
        write_page(config, place.page_file, self.environment)
        body = expected_body(config, place.page_file)
        if config["app"]["code"] is None:  # attendance has no page
            self.provenance["page"] = identity(body)
        prepare(config, place)
        server_command = command(config, place)
        scratch = self.folder.scratch.absolute()
        locust = locust_command.words(
            config, place.address, body, scratch, self.most_users
        )
        places = {"python": sys.executable, "folder": str(scratch), "root": str(ROOT)}
        self.provenance["commands"] = {
            "server": kept_command(server_command.words, places),
            "locust": kept_command(locust, places),
        }
        self.provenance["versions"]["server"] = version(config, place)
        with run_server(
            server_command,
            self.folder.server_log,
            self.cores.server,
            self.network.go_to_server_side,
        ) as server:
            machine = Machine(self.cores, server.process.pid)
            run = self._load_server(server, place.address, body, locust, machine)
        return {**run, "machine": machine.end()}  # now that the server has ended

    def _load_server(
        self,
        server: Server,
        address: Address,
        body: Path | None,
        locust: list[str],
        machine: Machine,
    ) -> dict[str, Any]:
        """Check the server, let Locust load it, and stop it."""
        telemetry = Telemetry(
            self.network, address.port, server.process.pid, self.cores
        )
        watch = Watch(self.folder, self.caller, server, telemetry, self.progress)
        page = Page.of(self.config, body)
        preflight = Preflight(server, self.config, address, page, watch.check)
        preflight.check()
        idle = IdleProcess(self.config, address, self.folder.scratch, self.folder.logs)
        with idle.holding(self.environment, self.cores.locust, watch.check_alive):
            machine.begin()
            began = datetime.now(UTC).isoformat(timespec="seconds")
            self.provenance["started"] = began
            watch.run_locust(self.config, locust, self.environment, self.cores.locust)
            crashed = server.death()
            measured = telemetry.end()
            held = idle.end()
        before = children_usage()
        stopped = crashed or server.stop(self.config["server"]["stop_s"])
        self.provenance["server_end"] = stopped
        if crashed is None:
            after = children_usage()
            measured["server"] = {name: after[name] - before[name] for name in after}
        return {
            "stopped": self.folder.take_stopped(crashed),
            "crashed": crashed,
            "bare_lf": preflight.bare_lf,
            "idle": held,
            "telemetry": measured,
        }

    def _unmeasured(self, error: ServerError, address: Address) -> dict[str, Any]:
        """Make it the result of a submission that it can't be measured."""
        if self.config["impl"]["submission"] is None:
            raise error from None
        with self.network.on_server_side():
            if is_listened_on(address):
                raise CellError(
                    f"something else listens on {address} since it was chosen for the "
                    f"server: {error}"
                ) from None
        self.caller.say(f"not measured: {error}")
        self.folder.empty_record()
        return {"not_measured": {"kind": error.kind, "because": str(error)}}
