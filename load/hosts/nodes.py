"""The nodes of a job of Slurm, as the hosts of a run.

Rules of this module:
- The node of the runner has Locust's master as well. Of the others the first has the
  server, and the rest have the users. In a job of two nodes the users are on the first
  one. The runner is on the first node, unless Slurm says where else.
- Slurm knows the address of each node. Where another network is measured, the settings
  say what a node is called on it.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import subprocess
from typing import Any

from contract.settings import HERE, NODE
from contract.text import numbered
from load.errors import CellError
from load.host.allocation import NO_JOB, allocation, slurm_says

LEAST = 2
OWN = "SLURMD_NODENAME"  # the node of a step's process


def named_hosts(hosts: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of hosts, with those that the job gives.

    Raises `CellError` where the job has too few, or one of them no address.
    """
    if not hosts["job"]:
        return hosts
    found = allocation()
    if found is None:
        raise CellError(f"network.hosts.job: {NO_JOB}")
    if found["nodes"] is None:
        raise CellError(f"Slurm does not say which nodes job {found['job']} has")
    nodes = [node for part in found["nodes"] for node in part]
    if len(nodes) < LEAST:
        raise CellError(
            numbered(f"job {found['job']} has {len(nodes)} node(s)")
            + ", and server and users need two: give it more (docs/clusters.md)"
        )
    own = os.environ.get(OWN)
    first, server, *load = sorted(nodes, key=lambda node: node != own)
    return hosts | {
        "server": server,
        "load": load or [HERE],
        "address": _address(server, hosts["address"]),
        "master": _address(first, hosts["master"]),
    }


def _address(node: str, called: str) -> str:
    """Return the address of a node, which may be `called` otherwise on a network."""
    name = called.replace(NODE, node) or _slurms(node)
    try:
        first, *_ = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError as error:
        why = f"{name} has no address ({error.strerror})"
        raise CellError(f"host {node}: {why}") from None
    address = str(first[4][0])
    if ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        raise CellError(
            f"host {node}: {name} is {address}, where other hosts do not reach it: set "
            "network.hosts.address and network.hosts.master"
        )
    return address


def _slurms(node: str) -> str:
    """Return the address, or the name, by which Slurm reaches a node."""
    try:
        lines = slurm_says("scontrol", "show", "node", "--oneliner", node)
    except (OSError, subprocess.CalledProcessError):
        return node
    found = re.search(r"\bNodeAddr=(\S+)", "\n".join(lines))
    return found[1] if found else node
