"""Which of several hosts was full, where a limit is of one of them.

Rules of this module:
- The load generator's parts run on several hosts, and the link has several ends. The
  first of them that is full limits all.
- It only adds to a verdict: shares of the waiting are those of all hosts together.
"""

from __future__ import annotations

from typing import Any

from analysis.diagnosis.account import percent
from analysis.diagnosis.blame import CPU_FULL
from analysis.limits import BOTH


def on_hosts(limit: str, config: dict[str, Any], run: dict[str, Any]) -> str:
    """Return what is to be said of the hosts of a run with this limit, or ""."""
    hosts: dict[str, Any] = run["provenance"].get("hosts") or {}
    parts = limit.split(BOTH)
    told = ""
    if "generator-cpu" in parts:
        told += _busiest(hosts)
    if "link" in parts and not config["network"].get("rate_mbit"):
        told += _slowest(hosts)
    return told


def _busiest(hosts: dict[str, Any]) -> str:
    """Return what the busiest processes of the users' hosts used.

    All hosts that were full are named, and otherwise the busiest one.
    """
    used = {
        name: fact["busiest"] for name, fact in hosts.items() if fact.get("busiest")
    }
    if not used:
        return ""
    most = max(used.values())
    named = [name for name, share in used.items() if share >= min(CPU_FULL, most)]
    return "".join(
        f"; on host {name} its busiest process used {percent(min(used[name], 1.0))} of "
        "a core over the run"
        for name in named
    )


def _slowest(hosts: dict[str, Any]) -> str:
    """Return which interface is the slowest.

    The server's comes first. Those of the users share what it carries.
    """
    speeds: list[tuple[int, str]] = []
    for name, fact in hosts.items():
        speed = (fact.get("interface") or {}).get("speed_mbit")
        if speed is None:
            return ""
        speeds.append((speed, name))
    if not speeds:
        return ""
    (mbit, name), *users = speeds
    if users and min(users)[0] * len(users) < mbit:
        mbit, name = min(users)
    return f"; the interface of host {name} carries {mbit:,} Mbit/s"
