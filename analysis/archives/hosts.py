"""The hosts and nodes of a study, and what stands for each of them in its archive.

Rules of this module:
- A host is `{host-1}`, a node of a cluster `{node-1}`, and an address `{address-1}`, in
  the order in which the study names them. So nothing can be found out of a name. Each
  has one name in all cells: rows of other hosts are not compared.
- `here` stays, since it names nobody.
- How ssh gets there is nobody's business: settings for it are replaced whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contract.settings import ADDRESSES, HERE, HOSTS

OF_SSH = ("folder", "python", "ssh_config")
OF_KERNEL = "interface"  # of a host, in `provenance.hosts`


@dataclass(frozen=True)
class Hosts:
    """What stands for each host, for each address, and for each node of a cluster."""

    names: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[tuple[Mapping[str, Any], Any]]) -> Hosts:
        """Return those that the settings and the `run.json` of these records name."""
        names: dict[str, str] = {}
        addresses: dict[str, str] = {}
        nodes: dict[str, str] = {}
        for config, run in records:
            for node in itertools.chain.from_iterable(_nodes_of(run)):
                nodes.setdefault(node, f"{{node-{len(nodes) + 1}}}")
            if not over_hosts(config):
                continue
            hosts = config["network"]["hosts"]
            for name in (hosts["server"], *hosts["load"], *_hosts_of(run)):
                if name and name != HERE:
                    names.setdefault(name, f"{{host-{len(names) + 1}}}")
            set_here = (hosts[name] for name in ADDRESSES if not hosts.get("job"))
            for address in (*set_here, *_found(run)):
                addresses.setdefault(address, f"{{address-{len(addresses) + 1}}}")
        return cls(names, addresses, nodes)

    @property
    def words(self) -> dict[str, str]:
        """What stands for each name that a program may print of a host.

        A destination is USER@HOST, or a name below a domain.
        """
        found: dict[str, str] = {}
        for name, to in (self.nodes | self.names).items():
            host = name.rpartition("@")[2]
            found |= dict.fromkeys((name, host, host.partition(".")[0]), to)
        return found

    def settings(self, config: dict[str, Any]) -> dict[str, Any]:
        """Return the settings of a cell without hosts."""
        if not over_hosts(config):
            return config
        hosts = config["network"]["hosts"]
        clean = hosts | {
            "server": self._named(hosts["server"]),
            "load": [self._named(name) for name in hosts["load"]],
            **{name: f"{{{name}}}" for name in OF_SSH if hosts.get(name)},
        }
        return config | {"network": config["network"] | {"hosts": clean}}

    def provenance(self, known: dict[str, Any]) -> dict[str, Any]:
        """Return what is known of a run's surroundings without the names of hosts."""
        clean: dict[str, Any] = {}
        if hosts := known.get("hosts"):
            clean["hosts"] = {self._named(name): fact for name, fact in hosts.items()}
        if parts := _nodes_of({"provenance": known}):
            nodes = [[self.nodes.get(node, node) for node in part] for part in parts]
            clean["slurm"] = known["slurm"] | {"nodes": nodes}
        return known | clean

    def _named(self, host: str) -> str:
        return self.names.get(host, host)


def over_hosts(config: Mapping[str, Any]) -> bool:
    """Whether a cell was measured over several hosts."""
    network: Mapping[str, Any] = config.get("network") or {}
    return network.get("kind") == HOSTS


def _hosts_of(run: Any) -> dict[str, Any]:
    """Return what a run has found on each host, which a job may have named."""
    found: dict[str, Any] = (run.get("provenance") or {}).get("hosts") or {}
    return found


def _nodes_of(run: Any) -> list[list[str]]:
    """Return the nodes of a cluster on which a run was, for each part of its job."""
    job = (run.get("provenance") or {}).get("slurm") or {}
    return job.get("nodes") or []


def _found(run: Any) -> Iterator[str]:
    """Yield the addresses that a run has found: of its job, and of interfaces."""
    job = (run.get("provenance") or {}).get("slurm") or {}
    yield from (job[name] for name in ADDRESSES if name in job)
    for fact in _hosts_of(run).values():
        if address := (fact.get(OF_KERNEL) or {}).get("address"):
            yield address
