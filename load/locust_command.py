"""The load generator's side of a configuration: the command line that starts Locust.

Rules of this module:
- Whatever changes the load is an option here, so that the command line which is kept
  with the results says all of it (`locustfile.py` has their meaning).
- Nothing else tells Locust what to do: not the settings of this user or of the folder
  that it is asked for in, nor modules that lie there (`python -I`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from contract import stops
from contract.settings import AUTO
from load import ROOT
from load.network.ports import choose_port
from load.users import lead

STARTING_S = 10.0  # to spare for it
LOCUSTFILE = ROOT.absolute() / "load" / "locustfile.py"
WORKERS_S = 30  # for Locust's workers, where there are several, to be ready


def make_home(folder: Path) -> None:
    """Make the folder that Locust starts in, and takes for this user's.

    It reads settings in both, and here finds none. It finds the locustfile: of a path
    with a comma, as that of a checkout may have, it would make two.
    """
    folder.mkdir()
    (folder / LOCUSTFILE.name).symlink_to(LOCUSTFILE)


def words(
    config: dict[str, Any],
    server: tuple[str, int],
    body: Path | None,
    record: Path,
    most: int,
) -> list[str]:
    """Return the words that load `server`, a host and a port, as `config` says.

    `body` is the file that holds what it has to answer with, None for anything;
    `record` the folder that the record is written into; `most` how many users there
    are, or are at most.
    """
    (host, port), load = server, config["load"]
    experiment, code = config["experiment"], config["app"]["code"]
    scheme = "http" if code is None else "tcp"
    found = [
        *(sys.executable, "-I", "-m", "locust", "--headless", "--only-summary"),
        *("--locustfile", LOCUSTFILE.name),
        *("--host", f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"),
        *("--spawn-rate", f"{config['hatch_rate']:g}"),
        *("--think-min", f"{load['think_min_s']:g}"),
        *("--think-max", f"{load['think_max_s']:g}"),
        *("--think-seed", str(load["seed"])),
        *("--request-timeout", f"{load['timeout_s']:g}"),
        *("--client", load["client"], "--arrivals", load["arrivals"]),
        *("--path", config["impl"]["path"]),
        *("--longest", f"{experiment['max_s']:g}"),
        *("--record", str(record)),
    ]
    if load["warm_up_s"]:
        found += ["--warm-up", f"{load['warm_up_s']:g}"]
    if load["slow_ms"] is not None:
        found += ["--slow", f"{load['slow_ms']:.10g}"]
    if load["processes"] > 1:
        master = str(choose_port("127.0.0.1", 0, taken=port))
        found += [
            *("--processes", str(load["processes"])),
            *("--expect-workers-max-wait", f"{WORKERS_S:g}"),
            *("--master-bind-host", "127.0.0.1", "--master-bind-port", master),
            *("--master-host", "127.0.0.1", "--master-port", master),
        ]
    if code is not None:
        found += ["--code", code]
        if config["server"]["keep_alive"]:
            found.append("--keep-alive")
    elif body is not None:
        found += ["--body", str(body)]
    return [*found, *_rule(config, str(most))]


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
            *_growing(config, users),
        ]
    return ["--users", users, "--stop-after-requests", str(experiment["requests"])]


def _growing(config: dict[str, Any], users: str) -> list[str]:
    """Return the options that tell how users join who become ever more."""
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
    longest: float = config["experiment"]["max_s"]
    if config["experiment"]["stop"] == stops.FIRST_FAILURE and config["users"] != AUTO:
        joining = config["users"] / config["hatch_rate"]
        if config["experiment"]["start_users"]:
            # A start joins within 2.4 rounds, of what users think, and then thinks.
            joining += 4 * config["load"]["think_max_s"] + STARTING_S
        in_flight = 2 * config["load"]["timeout_s"]
        onset = config["experiment"]["onset_s"]
        longest = min(longest, joining + in_flight + onset)
    return longest
