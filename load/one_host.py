"""A run on this host alone: both sides of the network, and Locust, are here."""

from __future__ import annotations

import os
from typing import Any

from contract import record
from load import ROOT, locust_command
from load.caller import Caller
from load.folder import Folder
from load.host.allocation import allocation
from load.host.cores import choose_cores
from load.host.limits import limit_open_files, most_users
from load.network.namespaces import join
from load.sides.local_server import LocalServer
from load.sides.place import Host
from load.sides.server_side import Prepared
from load.telemetry.provenance import provenance
from load.telemetry.readings import Telemetry, UsersReadings


class OneHost:
    """Where the cell of `config` is measured; see `Site`.

    To be made once, before any thread is started: this process goes over to the users'
    side of the network.
    """

    def __init__(
        self,
        config: dict[str, Any],
        folder: Folder,
        caller: Caller,
        environment: dict[str, str],
    ) -> None:
        self.config = config
        self.folder = folder
        self.cores = choose_cores(config["load"]["processes"])
        self.locust_cores = self.cores.locust
        if self.cores.locust:  # the runner's own work shall not burden the server
            os.sched_setaffinity(0, self.cores.locust)
        self.most_users = most_users(config["users"], config["idle"])
        limit_open_files(self.most_users, config["idle"])
        allocated = allocation()  # Slurm is not to be reached from a namespace
        self.network = join(config)
        self.provenance = provenance(ROOT, self.network.sysctls())
        self.provenance["slurm"] = allocated
        self.provenance["cores"] = {
            "server": self.cores.server,
            "locust": self.cores.locust,
        }
        host = Host(
            *(self.network, self.cores, environment),
            page_file=folder.page_file,
            scratch=folder.server_folder,
            log=folder.server_log,
            tick=caller.check_alive,
            note=caller.note,
        )
        self.server = LocalServer(config, host)

    def sharing(self, prepared: Prepared) -> list[str]:
        taken = prepared.address.port
        return list(locust_command.of_processes(self.config["load"], taken))

    def load(self, locust: int) -> Telemetry:
        users = UsersReadings(self.network, [locust], self.cores.locust)
        path = self.folder.scratch / record.TELEMETRY
        return Telemetry(path, [self.server.readings, users])
