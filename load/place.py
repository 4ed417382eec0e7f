"""Where the server of a run, or of a trial, listens and what it may use."""

from __future__ import annotations

from typing import Any

from load import ROOT
from load.address import Address
from load.caller import Caller
from load.folder import Folder
from load.host.cores import Cores, count_cores
from load.network.namespaces import Network
from load.network.ports import choose_port, wait_for_port
from load.server.command import Place


def choose_place(
    config: dict[str, Any],
    network: Network,
    cores: Cores,
    caller: Caller,
    *,
    folder: Folder,
    environment: dict[str, str],
) -> Place:
    """Return a place for the server of `config`, with a port that is free.

    Waits until earlier connections have left the port. Raises `CellError` where it
    can't be had.
    """
    with network.on_server_side():
        port = choose_port(network.host, config["server"]["port"])
        address = Address(network.host, port)
        wait_for_port(address, caller.check_alive, caller.note)
    return Place(
        address=address,
        root=ROOT,
        page_file=folder.page_file,
        scratch=folder.server_folder,
        cores=count_cores(cores.server),
        environment=environment,
    )
