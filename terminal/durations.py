"""How long cells take, by what such cells took before.

Rules of this module:
- Cells are alike if they have the same load and the same implementation, whatever the
  version of its code. If none was measured, the same load on any implementation counts.
  If there is none either, it is a guess by the configuration.
- Before and after its load a cell takes some seconds more. How many is learned from the
  cells of this study: Snakemake's own notes would include waiting for another study.
- A record that cannot be read is no reason to end a study: it does not count.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contract import record, stops
from contract.settings import AUTO, START_SHARE

Config = Mapping[str, Any]
AROUND_S = 6.0  # the load of a cell: starting, checking, stopping, reading the record
STARTING_S = 2.0  # of these, until the time from which a run counts
TRYING_S = 8.0  # to try how many users the server takes with ease
GUESSED_RPS = 1000.0  # of a server whose page has no cost that is known
STEPS = 12  # of a search for the capacity
LOAD = ("experiment", "network", "app", "users", "hatch_rate", "idle", "server", "load")


class Durations:
    """The seconds that cells take.

    `config_of` returns the configuration of an earlier cell by its key, or None.
    """

    def __init__(self, runs: Path, config_of: Callable[[str], Config | None]) -> None:
        self.runs = runs
        self.config_of = config_of
        self.known: dict[str, list[float]] = {}
        self.around: list[float] = []
        self.searched: set[Path] = set()
        self.kinds: dict[str, tuple[str, str]] = {}  # of cells of this study

    def expected_s(self, cell: str, config: Config) -> float:
        """Return how long a cell will take."""
        if cell not in self.kinds:
            self.kinds[cell] = _kinds(config)
            self._search(self.runs / cell)
        alike = (self.known.get(kind) for kind in self.kinds[cell])
        known = next((seconds for seconds in alike if seconds), None)
        load_s = guess_s(config) if known is None else statistics.median(known)
        return load_s + self._around_s(config)

    def learn(self, cell: str, config: Config) -> None:
        """Take in a cell of this study that has just been measured."""
        run = _read(self.runs / cell / record.RUN)
        load_s = self._learn_load(run, config)
        try:
            started = datetime.fromisoformat(run["provenance"]["started"])
        except (KeyError, TypeError, ValueError):
            return
        took_s = STARTING_S + (datetime.now(UTC) - started).total_seconds()
        self.around.append(max(took_s - load_s - _before_s(config), 0.0))

    def _around_s(self, config: Config) -> float:
        around_s = statistics.median(self.around) if self.around else AROUND_S
        return around_s + _before_s(config)

    def _search(self, folder: Path) -> None:
        """Take in earlier cells beside that of `folder`."""
        if folder.parent in self.searched:
            return
        self.searched.add(folder.parent)
        for each in folder.parent.glob("repeat~*"):
            config = self.config_of(each.name.rpartition("-")[2])
            if config is not None:
                self._learn_load(_read(each / record.RUN), config)

    def _learn_load(self, run: Any, config: Config) -> float:
        try:
            load_s = float(run["stopped"]["at_s"])
        except (KeyError, TypeError, ValueError):
            return 0.0
        for kind in _kinds(config):
            self.known.setdefault(kind, []).append(load_s)
        return load_s


def guess_s(config: Config) -> float:
    """Return how long the load of a cell may take, by its configuration alone."""
    experiment, load = config["experiment"], config["load"]
    cpu_ms = config["page"]["cpu_ms"]
    capacity_rps = 1000 / cpu_ms if cpu_ms else GUESSED_RPS
    think_s = (load["think_min_s"] + load["think_max_s"]) / 2
    round_s = think_s + config["page"]["wait_ms"] / 1000
    if experiment["stop"] == stops.CAPACITY:
        guessed = STEPS * experiment["step_s"]
    elif experiment["stop"] == stops.REQUESTS:
        users_rps = config["users"] / round_s if round_s else capacity_rps
        guessed = experiment["requests"] / min(users_rps, capacity_rps)
    else:
        # Requests time out when so many users wait that a queue is as long as that.
        users = capacity_rps * (think_s + load["timeout_s"])
        if experiment["start_users"] == AUTO:
            users -= START_SHARE * capacity_rps * round_s  # who join fast
        if config["users"] != AUTO:
            users = min(users, config["users"])
        guessed = users / config["hatch_rate"] + load["think_max_s"] + load["timeout_s"]
    return float(min(guessed, experiment["max_s"]))


def _before_s(config: Config) -> float:
    """Return the seconds before the load that the configuration asks for."""
    trying_s = TRYING_S if config["experiment"]["start_users"] == AUTO else 0.0
    return float(config["load"]["warm_up_s"]) + trying_s


def _kinds(config: Config) -> tuple[str, str]:
    """Return names of what this cell is alike to, the closest first."""
    page = {k: v for k, v in config["page"].items() if k not in ("command", "sources")}
    load = json.dumps([page, *(config[name] for name in LOAD)], sort_keys=True)
    return f"{config['impl']['name']} {load}", load


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None
