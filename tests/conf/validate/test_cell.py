"""What is wrong with the settings of a cell, once they are composed: one line each."""

from __future__ import annotations

import copy
import functools
from pathlib import Path
from typing import Any

import pytest
import yaml

from conf.compose.choices import GROUPS
from conf.errors import SettingError
from conf.plan.matrix import matrix
from conf.validate.cell import check_cell

ROOT = Path(__file__).parents[3]


@functools.cache  # to compose a cell takes a fifth of a second
def composed(*choices: tuple[str, str]) -> dict[str, Any]:
    chosen = {"experiment": "first_fail", "impl": "select", "page": "rendered"}
    [cell] = matrix({"repeat": 1, **chosen, **dict(choices)}, ROOT, ["load"]).values()
    return cell


def cell_of(asked: dict[str, Any]) -> dict[str, Any]:
    """Return a cell with these settings, each put in without a check."""
    chosen = {k: v for k, v in asked.items() if k in GROUPS and isinstance(v, str)}
    cell = copy.deepcopy(composed(*sorted(chosen.items())))
    for name, value in asked.items():
        if isinstance(value, dict):
            prefix = "" if name == "set" else f"{name}."
            for dotted, text in value.items():
                put(cell, prefix + dotted, text)
        elif name not in chosen:
            put(cell, name, value)
    return cell


def put(node: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    for parent in parents:
        node = node[parent]
    assert last in node
    node[last] = yaml.safe_load(value) if isinstance(value, str) else value


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "too few": ({"users": 0}, "must be a whole number from 1 to 1,000,000, or auto"),
    "too many": ({"users": 1_000_001}, "users=1000001: must be a whole number from 1"),
    "users in words": ({"users": "AUTO"}, "users=AUTO: must be a whole number from 1"),
    "as many as it takes, of a burst": (
        {"experiment": "burst", "users": "auto"},
        "users=auto with experiment.stop=requests: only a search for the first failure",
    ),
    "a start of a burst": (
        {"experiment": "burst", "set": {"experiment.start_users": "5"}},
        "experiment.start_users=5 with experiment.stop=requests",
    ),
    "a start of more than all": (
        {"experiment": "first_fail", "users": 9, "set": {"experiment.start_users": 10}},
        "experiment.start_users=10 is more than users=9",
    ),
    "a start of less than none": (
        {"set": {"experiment.start_users": -1}},
        "experiment.start_users=-1: must be a whole number from 0 to 1,000,000",
    ),
    "no rate": ({"hatch_rate": 0}, "more than 0"),
    "no repeat": ({"repeat": 0}, "at least 1"),
    "port": ({"server": {"port": "70000"}}, "65,535"),
    "time-out": ({"load": {"timeout_s": "0"}}, "load.timeout_s"),
    "client": ({"load": {"client": "curl"}}, "choose from lean, fast, http"),
    "processes": ({"load": {"processes": "0"}}, "load.processes=0"),
    "open, another client": (
        {"load": {"arrivals": "open", "client": "fast"}},
        "load.arrivals=open with load.client=fast",
    ),
    "open, no think time": (
        {"load": {"arrivals": "open", "think_min_s": "0", "think_max_s": "0"}},
        "load.think_max_s=0",
    ),
    "fewer than no idle connections": ({"idle": -1}, "idle=-1: must be at least 0"),
    "idle connections that are not kept": (
        {"idle": 5},
        "idle=5 with server.keep_alive=false",
    ),
    "idle connections that time out": (
        {"idle": 5, "experiment": "burst", "server": {"keep_alive": "true"}},
        "server.request_timeout_s=10: the server may close these connections before "
        "the run ends; it must be at least 280",
    ),
    "idle connections that are slow to open": (
        {
            **{"idle": 5, "experiment": "burst", "load": {"timeout_s": "100"}},
            "server": {"keep_alive": "true", "request_timeout_s": "300"},
        },
        "it must be at least 370",
    ),
    "idle connections while the server warms up": (
        {
            **{"idle": 5, "experiment": "burst", "load": {"warm_up_s": "30"}},
            "server": {"keep_alive": "true", "request_timeout_s": "300"},
        },
        "it must be at least 310",
    ),
    "think time": ({"load": {"think_max_s": "0.5"}}, "load.think_min_s"),
    "odd code": ({"app": "attendance", "set": {"app.code": "'a b'"}}, "app.code=a b"),
    "code of a page": ({"app": {"code": "1"}}, "choose app=attendance"),
    "attendance of a client that speaks HTTP": (
        {"app": "attendance", "load": {"client": "fast"}},
        "app=attendance with load.client=fast",
    ),
    "attendance with idle connections": (
        {"app": "attendance", "idle": 5, "server": {"keep_alive": True}},
        "app=attendance with idle=5",
    ),
    "page's kind": ({"page": {"kind": "dynamic"}}, "static, file, rendered"),
    "small page": ({"page": {"bytes": "100"}}, "page.bytes=100: must be at least"),
    "CPU time of a page that is not rendered": (
        {"page": "static", "set": {"page.cpu_ms": "4"}},
        "page.cpu_ms=4 with page.kind=static: only a rendered page has a CPU "
        "time; choose page=fixed_cost",
    ),
    "CPU time and rounds": (
        {"page": "fixed_cost", "set": {"page.rounds": "5"}},
        "page.cpu_ms=4 with page.rounds=5",
    ),
    "page's command": (
        {"page": {"command": "'make {byte}'"}},
        "page.command names {byte}: it may name {bytes}, {cpu_ms}, {python}",
    ),
    "no command of a page": ({"page": {"command": "' '"}}, "page.command is empty"),
    "loopback shaped": ({"network": {"rate_mbit": "5"}}, "network=netns"),
    "host in a namespace": ({"network": "netns", "server": {"host": "::1"}}, "::1"),
    "loss": ({"network": "netns", "set": {"network.loss_percent": "101"}}, "at most"),
    "an option with a null byte": (
        {"impl": "prefork", "set": {"impl.options.max_workers": '"a\\0b"'}},
        "impl.options.max_workers: it has characters that no command can have",
    ),
    "an option with half a character": (
        {"impl": "prefork", "set": {"impl.options.max_workers": '"\\ud800"'}},
        "impl.options.max_workers: it has characters that no command can have",
    ),
    "a backlog of a server that is not told": (
        {"impl": "http_server", "page": "static", "server": {"backlog": "64"}},
        "server.backlog=64: the command of http_server has neither {options} nor "
        "{backlog}",
    ),
}


@pytest.mark.parametrize("asked, named", WRONG.values(), ids=WRONG)
def test_a_cell_that_cannot_be_measured_is_one_line(
    asked: dict[str, Any], named: str
) -> None:
    with pytest.raises(SettingError) as caught:
        check_cell(cell_of(asked), ROOT)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    assert named in text
