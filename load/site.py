"""Where a cell is measured: on this host alone, or on several."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from contract.settings import HOSTS
from load.caller import Caller
from load.folder import Folder
from load.many_hosts import many_hosts
from load.one_host import OneHost
from load.sides.server_side import Prepared, ServerSide
from load.watch import Taken


class Site(Protocol):
    """The hosts of a run, with the server's side on one of them."""

    most_users: int
    provenance: dict[str, Any]
    locust_cores: list[int] | None  # those of Locust's processes on this host

    @property
    def server(self) -> ServerSide: ...

    def sharing(self, prepared: Prepared) -> list[str]:
        """Return options that say which processes of Locust share the users."""

    def load(self, locust: int) -> Taken:
        """Begin the load and its readings; `locust` is the process of Locust here."""


@contextmanager
def site_of(
    config: dict[str, Any],
    folder: Folder,
    caller: Caller,
    environment: dict[str, str],
) -> Iterator[Site]:
    """Make the surroundings of a cell; `environment` is given to its processes."""
    if config["network"]["kind"] == HOSTS:
        with many_hosts(config, folder, caller, environment) as hosts:
            yield hosts
    else:
        yield OneHost(config, folder, caller, environment)
