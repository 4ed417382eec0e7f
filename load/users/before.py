"""Before the record of a run: a warm-up, and the number of users that start the run.

Rules of this module:
- It is done in Locust. With several processes it is done in the master, or in one of
  its workers if these are on other hosts.
- It may take minutes. If the run is told to stop meanwhile, this ends as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from contract.settings import AUTO
from load.users.calibration import EagerClients, try_out, warm_up
from load.users.joining import FASTER, Start, saturation, start_of
from load.users.request import request_of


@dataclass(frozen=True)
class Before:
    """How many users start the run, and figures about that for `run.json`."""

    start: Start
    figures: dict[str, Any] = field(default_factory=dict)


def prepare(host: str, options: Any) -> Before:
    """Do what `options` demand before the record; return the result."""
    trying = options.grow_to is not None and options.start_users == AUTO
    if options.grow_to is not None and not trying:
        start = Start(options.start_users, FASTER * options.spawn_rate)
    else:
        start = Start(0, 1.0)
    if not options.warm_up and not trying:
        return Before(start)
    target, judge, _ = request_of(host, options)
    clients = EagerClients(target, judge, options.request_timeout, options.slow)
    figures: dict[str, Any] = {}
    if options.warm_up:
        warm_up(clients, options.warm_up)
    if trying:
        capacity_rps = try_out(clients)
        start = start_of(capacity_rps, options.round, options.grow_to)
        figures["start"] = {
            "capacity_rps": round(capacity_rps, 1),
            "saturation_users": saturation(capacity_rps, options.round),
            "users": start.users,
        }
    return Before(start, figures | {"requests_before": clients.requests})
