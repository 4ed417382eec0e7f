"""What so many users would need, computed from what was measured for fewer.

Rules of this module:
- Each figure is measured, a setting, or a number that stands here with its reason.
- `docs/scale.md` says the same formulas in words, for a reader's own figures.
"""

from __future__ import annotations

import math
from typing import NamedTuple

THINK_S = 4.5  # the mean of the default study
PAGE_BYTES = 14_939
PORTS = 28_232  # of one address to one server: the kernel's range (32768 to 60999)
PORT_BACK_S = 1.0  # after its connection has ended, with net.ipv4.tcp_tw_reuse=1
SHARE = 0.6  # of a core: the load generator is not called the limit below that
USERS = 1_000_000


class Measured(NamedTuple):
    """What was measured on this machine."""

    user_kb: float  # of memory, with its connection
    process_mb: float  # without users
    master_us: float  # of the master's CPU time, for a row
    message_bytes: float  # from worker to master, for a row
    row_bytes: float  # of requests.csv


class Way(NamedTuple):
    """How users connect, and what a request costs the load generator."""

    name: str
    cpu_us: float
    port_s: float  # for how long a request keeps its port; 0: the user keeps one


def plan(users: int, of: Measured, ways: list[Way]) -> list[list[str]]:
    """Return the rows of a table: what is needed, how that is computed, and figures."""
    columns = [_needs(users, of, way) for way in ways]
    return [
        [what, how, *(column[what][1] for column in columns)]
        for what, (how, _) in columns[0].items()
    ]


def _needs(users: int, of: Measured, way: Way) -> dict[str, tuple[str, str]]:
    rate = users / THINK_S
    processes = math.ceil(rate * way.cpu_us / 1e6 / SHARE)
    ports = rate * way.port_s or users
    memory_gb = (users * of.user_kb / 1e3 + processes * of.process_mb) / 1e3
    master = rate * of.master_us / 1e6
    return {
        "requests/s": ("users / think time", f"{rate:,.0f}"),
        "link, Gbit/s": (
            "requests/s × 8 × page's bytes",
            f"{rate * 8 * PAGE_BYTES / 1e9:.1f}",
        ),
        "cores, and processes of Locust": (
            f"requests/s × CPU time / {SHARE}",
            f"{processes:,}",
        ),
        "memory of them, GB": (
            "users × memory of one + processes × memory without users",
            f"{memory_gb:.1f}",
        ),
        "source addresses": (
            f"ports at once / {PORTS:,}",
            f"{math.ceil(ports / PORTS):,}",
        ),
        "open files of a process": ("users / processes", f"{users / processes:,.0f}"),
        "open files of the server": (
            "connections at once",
            f"{users:,}" if not way.port_s else "those of requests in flight",
        ),
        "share of the master's core": (
            "requests/s × CPU time of a row",
            f"{master:.0%}",
        ),
        "workers' messages, Mbit/s": (
            "requests/s × 8 × bytes of a row",
            f"{rate * 8 * of.message_bytes / 1e6:,.0f}",
        ),
        "requests.csv, GB a minute": (
            "requests/s × 60 × bytes of a row",
            f"{rate * 60 * of.row_bytes / 1e9:.2f}",
        ),
    }
