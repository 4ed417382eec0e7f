"""What is wrong with the network of a cell: one line each."""

from __future__ import annotations

from typing import Any

import pytest

from conf.errors import SettingError
from conf.validate.network import check_network
from tests.conf.validate.test_cell import cell_of

HOSTS = {
    "server": "server.lab",
    "address": "192.168.1.10",
    "load": ["here", "ada@load.lab"],
    "master": "192.168.1.20",
}
NO_HOSTS = {"server": "", "address": "", "load": [], "master": ""}
WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no server": ({"server": ""}, {}, "network.hosts.server is not set"),
    "nobody to load it": ({"load": []}, {}, "network.hosts.load is not set"),
    "a name as an address": (
        {"address": "server.lab"},
        {},
        "network.hosts.address=server.lab: must be an IP address",
    ),
    "the loopback": (
        {"master": "127.0.0.1"},
        {},
        "network.hosts.master=127.0.0.1: other hosts cannot reach it",
    ),
    "an option of ssh": ({"load": ["-oProxyCommand=x"]}, {}, "is no destination of"),
    "one host twice": ({"load": ["server.lab"]}, {}, "server.lab is named twice"),
    "a delay": ({}, {"network.delay_ms": "5"}, "network.delay_ms=5: firstfail sets up"),
    "idle connections": ({}, {"idle": "5", "server.keep_alive": "true"}, "idle=5 with"),
    "an address of the server's": (
        {},
        {"server.host": "192.168.1.10"},
        "server.host=192.168.1.10: on a host of its own",
    ),
    "a host beside those of a job": (
        {**NO_HOSTS, "job": True, "server": "server.lab"},
        {},
        "network.hosts.server=server.lab with network.hosts.job=true: the job gives",
    ),
    "one address for all jobs": (
        {**NO_HOSTS, "job": True, "address": "10.0.0.1"},
        {},
        "network.hosts.address=10.0.0.1 with network.hosts.job=true: each job has",
    ),
    "hosts of a namespace": (
        {},
        {"network.kind": "netns"},
        "network.hosts.server=server.lab with network.kind=netns: only other hosts",
    ),
}


def cell(hosts: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    made = cell_of({"set": {"network.kind": "hosts", **more}})
    made["network"]["hosts"] |= HOSTS | hosts
    return made


def test_hosts_and_what_is_between_them() -> None:
    check_network(cell({}, {"network.rate_mbit": "1000"}))
    job = {**NO_HOSTS, "job": True, "address": "{node}-ib0"}
    check_network(cell(job, {"network.rate_mbit": "1000"}))


@pytest.mark.parametrize("hosts, more, named", WRONG.values(), ids=WRONG)
def test_a_network_that_cannot_be_is_one_line(
    hosts: dict[str, Any], more: dict[str, Any], named: str
) -> None:
    with pytest.raises(SettingError) as caught:
        check_network(cell(hosts, more))
    assert named in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
