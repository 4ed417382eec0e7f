"""The load of a run, made by workers of Locust on other hosts.

Rules of this module:
- Each host starts as many workers as `load.processes` says. They join Locust's master,
  which is beside the runner.
- A worker that ends before the run has ended leaves no result, and no smaller number.
- Their readings, and those of the server's host, are written when the load has ended:
  only then it is known whether the clocks have kept step.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from load.errors import CellError
from load.hosts.agent import Agent
from load.hosts.clock import Distance, check_drift, distance
from load.hosts.lines import Message
from load.hosts.merged import AT, Row, busiest, merged
from load.hosts.remote_server import RemoteServer
from load.telemetry.readings import EVERY_S, rows_of


class LoadHost:
    """A host of users, with what its agent has told."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.rows: list[Row] = []
        agent.heed = self._heed

    def _heed(self, message: Message) -> None:
        if "row" in message:
            self.rows.append(message["row"])
        elif "lost" in message:
            raise CellError(f"host {self.agent.host}: {message['lost']}")


class Distributed:
    """Readings of all hosts, while workers make the load; see `Taken`.

    `clocks` has the distance of each host's clock before the load, `known` what is
    known of each host.
    """

    def __init__(
        self,
        path: Path,
        server: RemoteServer,
        load: Sequence[LoadHost],
        clocks: Mapping[str, Distance],
        known: Mapping[str, dict[str, Any]],
    ) -> None:
        self.path = path
        self.server = server
        self.load = load
        self.clocks = clocks
        self.known = known
        self.due = time.monotonic()
        self.agents = [server.agent, *(host.agent for host in load)]

    def begin(self, words: list[str], body: str | None) -> None:
        """Have all workers started, with `words`; `body` is that of a right answer."""
        self.server.agent.call("read")
        for host in self.load:
            name = host.agent.host
            own, ahead_s = [*words, "--on-host", name], self.clocks[name].ahead_s
            host.agent.ask("start", words=own, body=body, ahead_s=ahead_s)
        for host in self.load:
            host.agent.answer()

    def update(self) -> None:
        """Take what the agents have told."""
        self.due = time.monotonic() + EVERY_S
        for agent in self.agents:
            agent.update()

    def end(self) -> dict[str, Any]:
        """Write the readings; return values that hold for the whole run."""
        for agent in self.agents:
            agent.ask("end")
        values, *of_load = [agent.answer() for agent in self.agents]
        after = measured_clocks(self.agents)
        for host, before in self.clocks.items():
            check_drift(host, before, after[host])
            self.known[host]["clock"] = {
                "trip_ms": round(before.trip_s * 1000, 3),
                "drift_ms": round((after[host].ahead_s - before.ahead_s) * 1000, 3),
            }
        for each, told in zip(self.load, of_load, strict=True):
            known = self.known[each.agent.host]
            known |= {"busiest": busiest(each.rows), "others": told["others"]}
        rows = merged(
            self._corrected(self.server.rows, self.server.agent),
            [self._corrected(host.rows, host.agent) for host in self.load],
        )
        with self.path.open("w", newline="", encoding="utf-8") as file:
            rows_of(file).writerows(rows)
        return dict(values)

    def _corrected(self, rows: Sequence[Row], agent: Agent) -> list[Row]:
        """Return rows with times by the clock of this host."""
        ahead_s = self.clocks[agent.host].ahead_s
        return [row | {AT: f"{float(row[AT]) - ahead_s:.6f}"} for row in rows]


def measured_clocks(agents: Sequence[Agent]) -> dict[str, Distance]:
    """Return how far the clock of each host is ahead of this host's."""
    return {
        agent.host: distance(functools.partial(agent.call, "clock")) for agent in agents
    }
