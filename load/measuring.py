"""The measuring of one cell: network, server, idle connections, load.

The steps: make the site (`site.py`) → start the server → check that it serves its page
→ open the idle connections → run Locust (`watch.py`) → stop the server.

Rules of this module:
- A server of ours that can't be measured fails its cell. A submission that can't be
  measured has that as its result.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contract import record
from load import ROOT, locust_command
from load.address import Address
from load.caller import Caller
from load.errors import ServerError
from load.folder import Folder
from load.idle.process import IdleProcess
from load.progress.progress import Progress
from load.server.kept_command import kept_command
from load.server.page import identity
from load.sides.server_side import ServerSide
from load.site import Site, site_of
from load.watch import Watch


@dataclass(frozen=True)
class Measuring:
    """The measuring of the cell that `config` describes.

    `environment` is given to each process of the run. To be used once, before any
    thread is started.
    """

    config: dict[str, Any]
    folder: Folder
    caller: Caller
    environment: dict[str, str]
    progress: Progress

    def measure(self) -> dict[str, Any]:
        """Measure the cell; return the content of `run.json`."""
        where = (self.config, self.folder, self.caller, self.environment)
        with site_of(*where) as site:
            try:
                run = self._measure_server(site)
            except ServerError as error:
                run = self._unmeasured(error, site.server)
        return {"version": record.VERSION, **run, "provenance": site.provenance}

    def _measure_server(self, site: Site) -> dict[str, Any]:
        """Start the server, load it and stop it; return what the run came to."""
        prepared = site.server.prepare()
        if self.config["app"]["code"] is None:  # attendance has no page
            site.provenance["page"] = identity(prepared.body)
        scratch = self.folder.scratch.absolute()
        locust = locust_command.words(
            *(self.config, prepared.address, prepared.body, scratch),
            *(site.most_users, site.sharing(prepared)),
        )
        places = {sys.executable: "python", str(ROOT): "root"}
        places |= dict.fromkeys(map(str, (scratch, self.folder.apart)), "folder")
        site.provenance["commands"] = {
            "server": prepared.command,
            "locust": kept_command(locust, places),
        }
        site.provenance["versions"]["server"] = prepared.version
        with site.server.running():
            run = self._load_server(site, prepared.address, locust)
        # Now that the server has ended.
        return {**run, "machine": site.server.machine()}

    def _load_server(
        self, site: Site, address: Address, locust: list[str]
    ) -> dict[str, Any]:
        """Check the server, let Locust load it, and stop it."""
        server = site.server
        watch = Watch(self.folder, self.caller, server, self.progress)
        bare_lf = server.check_page()
        idle = IdleProcess(self.config, address, self.folder.scratch, self.folder.logs)
        with idle.holding(self.environment, site.locust_cores, watch.check_alive):
            server.begin()
            began = datetime.now(UTC).isoformat(timespec="seconds")
            site.provenance["started"] = began
            taken = watch.run_locust(
                *(self.config, locust, self.environment, site.locust_cores),
                site.load,
            )
            crashed = server.death()
            measured = taken.end()
            held = idle.end()
        ended = None if crashed else server.stop()
        site.provenance["server_end"] = ended.how if ended else crashed
        if ended:
            measured["server"] = ended.used
        stopped = self.folder.take_stopped(crashed)
        by_host = stopped.pop("by_host", {})
        for host, requests in by_host.items():
            share = requests / max(sum(by_host.values()), 1)
            site.provenance["hosts"][host]["share"] = round(share, 4)
        return {
            "stopped": stopped,
            "crashed": crashed,
            "bare_lf": bare_lf,
            "idle": held,
            "telemetry": measured,
        }

    def _unmeasured(self, error: ServerError, server: ServerSide) -> dict[str, Any]:
        """Make it the result of a submission that it can't be measured."""
        if self.config["impl"]["submission"] is None:
            raise error from None
        server.check_place(error)
        self.caller.say(f"not measured: {error}")
        self.folder.empty_record()
        return {"not_measured": {"kind": error.kind, "because": str(error)}}
