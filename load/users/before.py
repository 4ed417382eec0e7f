"""What comes before the record of a run: a warm-up, and how many users are to start it.

Rules of this module:
- It is done in Locust, or, with several processes, in the one that leads them.
- It may take minutes, in which the run may be told to stop: what was begun ends then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from contract.settings import AUTO
from load.users.calibration import Press, try_out, warm_up
from load.users.joining import FASTER, Start, saturation, start_of
from load.users.lean_user import asked_for


@dataclass(frozen=True)
class Before:
    """How many users start the run, and what is told of how that is known."""

    start: Start
    told: dict[str, Any] = field(default_factory=dict)


def prepare(host: str, options: Any) -> Before:
    """Do what `options` ask for before the record; return what came of it."""
    trying = options.grow_to is not None and options.start_users == AUTO
    if options.grow_to is not None and not trying:
        start = Start(options.start_users, FASTER * options.spawn_rate)
    else:
        start = Start(0, 1.0)
    if not options.warm_up and not trying:
        return Before(start)
    target, judge, _ = asked_for(host, options)
    press = Press(target, judge, options.request_timeout, options.slow)
    told: dict[str, Any] = {}
    if options.warm_up:
        warm_up(press, options.warm_up)
    if trying:
        capacity_rps = try_out(press)
        start = start_of(capacity_rps, options.round, options.grow_to)
        told["start"] = {
            "capacity_rps": round(capacity_rps, 1),
            "saturation_users": saturation(capacity_rps, options.round),
            "users": start.users,
        }
    return Before(start, told | {"requests_before": press.requests})
