"""The settings of runs over several hosts; a part of `schema.py`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Hosts:
    """The hosts of users and server, where these have different ones.

    A host is what `ssh` takes as a destination, such as a name in its configuration.
    `here` is the host that firstfail is started on.
    """

    # Whether the hosts are the nodes of a job of Slurm, reached by srun. Of the other
    # settings only `address` and `master` may be set then, with {node} for the name of
    # a node, as in {node}-ib0. Without them they are the addresses that Slurm has.
    job: bool = False
    server: str = ""  # the host of the server
    address: str = ""  # the server's address, on the network that is measured
    load: list[str] = field(default_factory=list)  # the hosts of the users
    master: str = ""  # an address of `here`, at which the hosts of the users reach it
    folder: str = "firstfail"  # the checkout on each host, from the user's home on
    python: str = ".venv/bin/python"  # the interpreter on each host, from `folder` on
    ssh_config: str | None = None  # a file for ssh -F; null: the user's own
    # Whether to bring the code of this checkout to `folder` on each host, by tar over
    # ssh. It replaces only what it has brought.
    install: bool = False
