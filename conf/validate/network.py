"""What is wrong with the network of a cell, beyond the bounds of its settings.

Rules of this module:
- Each kind of network has settings of its own. A setting that would have no effect is
  refused, with a line that names the kind that has it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from conf.errors import SettingError
from conf.schema import Config, Network
from contract.settings import ADDRESSES, HOSTS, NODE

OF_HOSTS = ("rate_mbit", "hosts")  # settings that network.kind=hosts has


def check_network(cell: Config) -> None:
    """Raise `SettingError` for the first setting of the network that is wrong."""
    network, server = cell["network"], cell["server"]
    kind = network["kind"]
    if kind == HOSTS:
        if network["hosts"]["job"]:
            _check_job(network)
        else:
            _check_hosts(network["hosts"])
        _refuse_set(
            network, OF_HOSTS, "firstfail sets up no other hosts; choose network=netns"
        )
        _refuse_for_hosts(cell)
        return
    for name, value in _set(network):
        if name.startswith("hosts."):
            raise SettingError(
                f"network.{name}={value} with network.kind={kind}: only other hosts "
                "have it; set network.kind=hosts"
            )
    if kind == "netns":
        if server["host"] is not None:
            raise SettingError(
                f"server.host={server['host']}: in a namespace the server has the "
                "address of its link; leave it out, or choose network=loopback"
            )
        _check_ports(network["ip_local_port_range"])
        return
    _refuse_set(
        network,
        (),
        "the loopback is this host's own and is not changed; choose network=netns",
    )


def _refuse_set(network: Config, known: tuple[str, ...], why: str) -> None:
    for name, value in _set(network):
        if not name.startswith(known or " "):
            raise SettingError(f"network.{name}={value}: {why}")


def _set(network: Config) -> Iterator[tuple[str, Any]]:
    """Yield the settings that differ from their defaults, but for name and kind."""
    default = asdict(Network())
    for name, value in network.items():
        if name in ("name", "kind"):
            continue
        if isinstance(value, dict):
            own = default[name]
            pairs = ((f"{name}.{key}", key) for key in value)
            yield from ((n, value[k]) for n, k in pairs if value[k] != own[k])
        elif value != default[name]:
            yield name, value


def _check_hosts(hosts: Config) -> None:
    for name in ("server", "address", "load", "master"):
        if not hosts[name]:
            raise SettingError(
                f"network.hosts.{name} is not set: network.kind=hosts needs it; see "
                "conf/network/TEMPLATE.yaml"
            )
    for name in ADDRESSES:
        _check_address(f"network.hosts.{name}", hosts[name])
    named = [hosts["server"], *hosts["load"]]
    for host in named:
        if not re.fullmatch(r"[^-\s]\S*", host):
            raise SettingError(
                f"network.hosts: {host!r} is no destination of ssh: write a name, or "
                "USER@NAME"
            )
        if named.count(host) > 1:
            raise SettingError(
                f"network.hosts: {host} is named twice: a host has one part in a run"
            )


def _check_job(network: Config) -> None:
    """Refuse what a job gives, or what would be the same for all its nodes."""
    for name, value in _set(network):
        group, _, setting = name.partition(".")
        if group == "hosts" and setting not in ("job", *ADDRESSES):
            raise SettingError(
                f"network.{name}={value} with network.hosts.job=true: the job gives "
                "the hosts; leave it out"
            )
    hosts = network["hosts"]
    for name in ADDRESSES:
        if hosts[name] and NODE not in hosts[name]:
            raise SettingError(
                f"network.hosts.{name}={hosts[name]} with network.hosts.job=true: each "
                f"job has other nodes; write {NODE} for the name of a node, as in "
                f"{NODE}-ib0, or leave it out"
            )


def _check_address(name: str, text: str) -> None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise SettingError(
            f"{name}={text}: must be an IP address, as in 192.168.1.10"
        ) from None
    if address.is_unspecified or address.is_loopback:
        raise SettingError(
            f"{name}={text}: other hosts cannot reach it; write the address that the "
            "host has on the network"
        )


def _refuse_for_hosts(cell: Config) -> None:
    server, idle = cell["server"], cell["idle"]
    if server["host"] is not None:
        raise SettingError(
            f"server.host={server['host']}: on a host of its own the server has "
            "network.hosts.address; leave it out"
        )
    if idle:
        raise SettingError(
            f"idle={idle} with network.kind=hosts: idle connections are held on this "
            "host; choose network=netns"
        )


def _check_ports(ports: str | None) -> None:
    if ports is None:
        return
    match = re.fullmatch(r"(\d{1,5})-(\d{1,5})", ports)
    if not match or not 1 <= int(match[1]) <= int(match[2]) <= 65535:
        raise SettingError(
            f"network.ip_local_port_range={ports}: write the first and the last "
            "port, from 1 to 65535, as in 40000-40199"
        )
