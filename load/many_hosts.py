"""A run on several hosts: an agent on each, and Locust's master beside the runner.

Rules of this module:
- What a run needs is tried before anything is started: the code, the versions, the
  clocks, the ways between the hosts. What is missing is a line that names the host.
- Hosts are taken one after another, in one order for all runs. So two runs never wait
  for each other, but for the runner's own host: it is taken first. That wait ends.
- The record says of each host what it was, and how far its clock went.
"""

from __future__ import annotations

import contextlib
import math
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from contract import record
from contract.settings import ADDRESSES, AUTO, HERE
from load import ROOT, locust_command
from load.address import Address, family
from load.caller import Caller
from load.errors import CellError
from load.folder import Folder
from load.host.allocation import allocation
from load.host.lock import identity
from load.hosts.agent import Agent
from load.hosts.bringing import Bringing
from load.hosts.lines import as_text
from load.hosts.nodes import named_hosts
from load.hosts.remote_server import RemoteServer
from load.hosts.sameness import check_code, check_different, check_same
from load.hosts.workers import Distributed, LoadHost, measured_clocks
from load.network.interface import is_own
from load.network.ports import choose_port
from load.sides.server_side import Prepared
from load.telemetry.provenance import provenance

MOST_WAIT_S = 900.0  # for another run on a host to end, if its load is not as long


@contextmanager
def many_hosts(
    config: dict[str, Any],
    folder: Folder,
    caller: Caller,
    environment: dict[str, str],
) -> Iterator[ManyHosts]:
    """Start an agent on each host of the cell; on leaving, end them all."""
    network = config["network"]
    hosts = named_hosts(network["hosts"])
    config = config | {"network": network | {"hosts": hosts}}
    if not is_own(hosts["master"]):
        raise CellError(
            f"network.hosts.master={hosts['master']}: not an address of this host"
        )
    agents: list[Agent] = []

    def tick() -> None:
        caller.check_alive()
        for agent in agents:
            agent.beat()

    named = [hosts["server"], *hosts["load"]]
    logs = {host: folder.logs / f"host-{n}.log" for n, host in enumerate(named)}
    if hosts["install"]:  # before there is an agent: it would hear nothing meanwhile
        bringing = Bringing(config, tick, caller.note)
        for host in named:
            if host != HERE:
                bringing.bring(host, logs[host], _most_wait_s(config))
    with contextlib.ExitStack() as ending:
        for host, log in logs.items():
            agent = Agent(host, hosts, log, environment, tick, caller.note)
            ending.callback(agent.close)
            agents.append(agent)
        yield ManyHosts(config, folder, agents)


class ManyHosts:
    """The hosts of the cell of `config`; see `Site`. The server's comes first."""

    locust_cores: list[int] | None = None  # any, for the master

    def __init__(
        self, config: dict[str, Any], folder: Folder, agents: Sequence[Agent]
    ) -> None:
        self.config = config
        self.folder = folder
        self.agents = agents
        self.provenance = provenance(ROOT, {}) | {"slurm": _job(config)}
        greetings = [agent.greet() for agent in agents]
        for agent, told in zip(agents, greetings, strict=True):
            check_same(agent.host, told["versions"], self.provenance["versions"])
        identities = {
            agent.host: told["identity"]
            for agent, told in zip(agents, greetings, strict=True)
        }
        check_different(identities, identity())
        self.most_users = _most_users(config["users"], greetings)
        facts = self._opened(identities)
        for agent in agents:
            agent.ask("code")
        for agent in agents:
            check_code(agent.host, agent.answer())
        self.server = RemoteServer(agents[0], folder.page_file, folder.server_log)
        self.load_hosts = [LoadHost(agent) for agent in agents[1:]]
        self._know(greetings, facts)
        self.clocks = measured_clocks(agents)
        self.prepared: Prepared
        self.master: Address

    def _opened(self, identities: Mapping[str, str]) -> list[dict[str, Any]]:
        """Take all hosts, in an order that is the same for all runs; return facts."""
        in_order = sorted(self.agents, key=lambda agent: identities[agent.host])
        opened = {
            agent.host: agent.call("open", **self._part(agent)) for agent in in_order
        }
        return [opened[agent.host] for agent in self.agents]

    def _part(self, agent: Agent) -> dict[str, Any]:
        """Return what an agent has to know of the run."""
        is_server = agent is self.agents[0]
        share = 1 if is_server else len(self.agents) - 1
        scratch = str(self.folder.apart)
        return {
            "part": "server" if is_server else "load",
            "config": self.config,
            "users": math.ceil(self.most_users / share),
            "scratch": scratch if agent.host == HERE else None,
            "most_wait_s": _most_wait_s(self.config),
        }

    def _know(
        self, greetings: Sequence[dict[str, Any]], facts: Sequence[dict[str, Any]]
    ) -> None:
        """Keep what the hosts have said of themselves."""
        pairs = list(zip(greetings, facts, strict=True))
        server, *load = facts
        limits = greetings[0]["limits"] | load[0]["limits"] | server["limits"]
        self.provenance |= {
            "host": greetings[0]["host"],  # it is the server that is measured
            "limits": limits,
            "cores": {
                "server": server["cores"],
                "locust": [core for each in load for core in each["cores"] or ()],
            },
            "link_mbit": _link_mbit([each["interface"] for each in facts]),
            "hosts": {
                agent.host: {"host": told["host"], **fact}
                for agent, (told, fact) in zip(self.agents, pairs, strict=True)
            },
        }

    def sharing(self, prepared: Prepared) -> list[str]:
        self.prepared = prepared
        host = self.config["network"]["hosts"]["master"]
        try:
            self.master = Address(host, choose_port(host, 0))
            with socket.create_server(self.master, family=family(host)):
                for each in self.load_hosts:
                    each.agent.call("connect", host=host, port=self.master.port)
        except OSError as error:
            raise CellError(f"network.hosts.master={host}: {error.strerror}") from None
        workers = len(self.load_hosts) * self.config["load"]["processes"]
        return locust_command.of_master(self.master, workers)

    def load(self, locust: int) -> Distributed:
        address, body = self.prepared.address, self.prepared.body
        known = self.provenance["hosts"]
        for each in self.load_hosts:
            ms = each.agent.call("connect", host=address.host, port=address.port)
            # A host that makes no request at all is told by nobody.
            known[each.agent.host] |= {"connect_ms": ms, "share": 0.0}
        path = self.folder.scratch / record.TELEMETRY
        taken = Distributed(path, self.server, self.load_hosts, self.clocks, known)
        words = locust_command.options(self.config, address, self.most_users)
        taken.begin(
            [*locust_command.of_worker(self.master), *words],
            None if body is None else as_text(body.read_bytes()),
        )
        return taken


def _job(config: dict[str, Any]) -> dict[str, Any] | None:
    """Return the job of this run, if it is one, with addresses that it has chosen."""
    hosts, job = config["network"]["hosts"], allocation()
    chosen = {name: hosts[name] for name in ADDRESSES} if hosts["job"] else {}
    return job and job | chosen


def _most_users(users: int | str, greetings: Sequence[dict[str, Any]]) -> int:
    """Return `users`, or how many the limits of all hosts allow."""
    if users != AUTO:
        return int(users)
    server, *load = (told["most_users"] for told in greetings)
    return int(min(server, min(load) * len(load)))  # they have equal shares


def _most_wait_s(config: dict[str, Any]) -> float:
    """Return how long the end of another run is awaited: it may be like this one."""
    return max(MOST_WAIT_S, 3 * locust_command.longest_s(config))


def _link_mbit(interfaces: Sequence[dict[str, Any]]) -> float | None:
    """Return the rate at which the first link is full; None if it is unknown.

    The first interface is the server's. The users are shared out evenly, so those of
    the slowest of the others wait when all have as much as it can carry.
    """
    server, *load = (each["speed_mbit"] for each in interfaces)
    known = [speed for speed in load if speed]
    slowest = [min(known) * len(load)] if known else []
    return min((speed for speed in (server, *slowest) if speed), default=None)
