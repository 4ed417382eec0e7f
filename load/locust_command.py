"""The command line that starts Locust for a cell, and how long it may run.

Rules of this module:
- Everything that changes the load is an option here. So the command line that is kept
  with the results describes the whole load (`locustfile.py` has the options).
- Nothing else configures Locust: no settings of this user or of the folder that it is
  started in, no modules that lie there (`python -I`), and no plugins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contract import stops
from contract.settings import AUTO, HOSTS
from load.address import Address
from load.host.locust_home import LOCUST, LOCUSTFILE
from load.network.ports import choose_port
from load.users import lead

STARTING_S = 10.0  # to spare for it
WORKERS_S = 30  # for Locust's workers, if there are several, to be ready
QUIETLY = ("--headless", "--only-summary")


def words(
    config: dict[str, Any],
    address: Address,
    body: Path | None,
    record: Path,
    most_users: int,
    sharing: Sequence[str],
) -> list[str]:
    """Return the command that loads the server at `address`, as `config` says.

    `body` is the file with the body of a right answer, None for any body. `record` is
    the folder of the record. `most_users` is the number of users, or its bound.
    `sharing` are options that say which processes share the users.
    """
    return [
        *LOCUST,
        *QUIETLY,
        *options(config, address, most_users),
        *("--record", str(record)),
        *sharing,
        *(("--body", str(body)) if body is not None else ()),
    ]


def options(config: dict[str, Any], address: Address, most_users: int) -> list[str]:
    """Return the options that every process of Locust has."""
    load, code = config["load"], config["app"]["code"]
    scheme = "http" if code is None else "tcp"
    return [
        *("--locustfile", LOCUSTFILE.name),
        *("--host", f"{scheme}://{address.in_url}"),
        *("--spawn-rate", f"{config['hatch_rate']:g}"),
        *("--think-min", f"{load['think_min_s']:g}"),
        *("--think-max", f"{load['think_max_s']:g}"),
        *("--think-seed", str(load["seed"])),
        *("--request-timeout", f"{load['timeout_s']:g}"),
        *("--client", load["client"], "--arrivals", load["arrivals"]),
        *("--path", config["impl"]["path"]),
        *("--longest", f"{config['experiment']['max_s']:g}"),
        *_options_of_load(config),
        *_rule(config, str(most_users)),
    ]


def has_workers(config: dict[str, Any]) -> bool:
    """Return whether a master of Locust waits for workers."""
    return bool(config["load"]["processes"] > 1 or config["network"]["kind"] == HOSTS)


def of_processes(load: dict[str, Any], taken: int) -> Iterator[str]:
    """Yield the options that let several processes of this host share the users.

    `taken` is a port that the server is about to listen on.
    """
    if load["processes"] > 1:
        master = str(choose_port("127.0.0.1", 0, taken=taken))
        yield from ("--processes", str(load["processes"]))
        yield from ("--expect-workers-max-wait", f"{WORKERS_S:g}")
        yield from ("--master-bind-host", "127.0.0.1", "--master-bind-port", master)
        yield from ("--master-host", "127.0.0.1", "--master-port", master)


def of_master(at: Address, workers: int) -> list[str]:
    """Return the options of a master whose workers are on other hosts."""
    return [
        *("--master", "--elsewhere", "--expect-workers", str(workers)),
        *("--expect-workers-max-wait", f"{WORKERS_S:g}"),
        *("--master-bind-host", at.host, "--master-bind-port", str(at.port)),
    ]


def of_worker(master: Address) -> list[str]:
    """Return the options of a worker on another host than its master."""
    return ["--worker", "--master-host", master.host, "--master-port", str(master.port)]


def _options_of_load(config: dict[str, Any]) -> Iterator[str]:
    """Yield the options of settings that may be off."""
    load, code = config["load"], config["app"]["code"]
    if load["warm_up_s"]:
        yield from ("--warm-up", f"{load['warm_up_s']:g}")
    if load["slow_ms"] is not None:
        yield from ("--slow", f"{load['slow_ms']:.10g}")
    if code is not None:
        yield from ("--code", code)
        if config["server"]["keep_alive"]:
            yield "--keep-alive"


def _rule(config: dict[str, Any], users: str) -> list[str]:
    """Return the options that tell Locust when to end, and with how many users."""
    experiment = config["experiment"]
    if experiment["stop"] == stops.CAPACITY:
        return [
            *("--users", "1", "--search-capacity", users),
            *("--step", f"{experiment['step_s']:g}"),
            *("--p95-limit", f"{experiment['p95_ms']:g}"),
        ]
    if experiment["stop"] == stops.FIRST_FAILURE:
        return [
            *("--stop-at-first-failure", "--onset", f"{experiment['onset_s']:g}"),
            *(["--until-late"] if config["users"] == AUTO else []),
            *_growth(config, users),
        ]
    return ["--users", users, "--stop-after-requests", str(experiment["requests"])]


def _growth(config: dict[str, Any], users: str) -> list[str]:
    """Return the options that tell Locust how more and more users join."""
    start = config["experiment"]["start_users"]
    if not start or (start == AUTO and not _round_s(config)):
        return ["--users", users]
    return [
        *("--users", "0", "--grow-to", users, "--start-users", str(start)),
        *("--round", f"{_round_s(config):g}"),
    ]


def _round_s(config: dict[str, Any]) -> float:
    """Return the mean time between a user's requests that no server can shorten."""
    load, wait_ms = config["load"], config["page"]["wait_ms"]
    think_s: float = (load["think_min_s"] + load["think_max_s"]) / 2
    if not think_s or load["arrivals"] == "open":  # the page waits in that time
        return think_s
    wait_s: float = wait_ms / 1000
    return think_s + wait_s


def lead_s(config: dict[str, Any]) -> float:
    """Return the most seconds that come before the load."""
    trying = config["experiment"]["start_users"] == AUTO
    return lead.lead_s(config["load"]["warm_up_s"], trying)


def longest_s(config: dict[str, Any]) -> float:
    """Return the most seconds of load that the experiment's rule allows."""
    experiment = config["experiment"]
    longest: float = experiment["max_s"]
    if experiment["stop"] == stops.FIRST_FAILURE and config["users"] != AUTO:
        joining = config["users"] / config["hatch_rate"]
        if experiment["start_users"]:
            # The users of the start join within 2.4 think times, and then think.
            joining += 4 * config["load"]["think_max_s"] + STARTING_S
        in_flight = 2 * config["load"]["timeout_s"]
        longest = min(longest, joining + in_flight + experiment["onset_s"])
    return longest
