"""Where the server of a run, or of a trial, listens and what it may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load import ROOT
from load.address import Address
from load.host.cores import Cores, count_cores
from load.network.namespaces import Network
from load.network.ports import choose_port, wait_for_port
from load.server.command import Place


@dataclass(frozen=True)
class Host:
    """This host, as a server is given it.

    The page is in `page_file`, the server's folder is `scratch`. `environment` is given
    to each process of the run. `tick` is called in each wait: it raises where the run
    has to end. `note` tells the caller something.
    """

    network: Network
    cores: Cores
    environment: dict[str, str]
    page_file: Path
    scratch: Path
    log: Path  # of the server
    tick: Callable[[], None]
    note: Callable[[str], None]


def choose_place(config: dict[str, Any], host: Host) -> Place:
    """Return a place for the server of `config`, with a port that is free.

    Waits until earlier connections have left the port. Raises `CellError` where it
    can't be had.
    """
    with host.network.on_server_side():
        port = choose_port(host.network.host, config["server"]["port"])
        address = Address(host.network.host, port)
        wait_for_port(address, host.tick, host.note)
    return Place(
        address=address,
        root=ROOT,
        page_file=host.page_file,
        scratch=host.scratch,
        cores=count_cores(host.cores.server),
        environment=host.environment,
    )
