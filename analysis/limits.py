"""The limits of a cell, and the words for them in tables and verdicts.

Rules of this module:
- A limit has one name everywhere: in verdicts, breakdowns, tables and charts.
- The verdict of a cell with two limits has both names, the greater first, with ` + `
  between them. It is the server's if both are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BOTH = " + "


@dataclass(frozen=True)
class Limit:
    """One limit: which side it is on, what it means, and what users wait for.

    `compared` names what a table compares if it limits all of the rows from outside.
    """

    name: str
    side: Literal["server", "outside", "unknown"]
    means: str
    waited_for: str
    compared: str = ""


_ALL = (
    Limit(
        "server-cpu",
        "server",
        "the server had no CPU time left",
        "the server's CPU",
    ),
    Limit(
        "server-serial",
        "server",
        "the server made clients wait while it had CPU time to spare",
        "a server that had CPU time to spare",
    ),
    Limit(
        "server-workers",
        "server",
        "the server had reached its own bound on processes or threads",
        "one of the server's workers",
    ),
    Limit(
        "server-descriptors",
        "server",
        "the server had reached its bound on descriptors",
        "one of the server's descriptors",
    ),
    Limit(
        "accept-queue",
        "server",
        "the accept queue lost connections before anything else was full",
        "connections that a full accept queue lost",
    ),
    Limit("link", "outside", "the link was full", "the link", "the link"),
    Limit(
        "generator-cpu",
        "outside",
        "the load generator had no CPU time left",
        "the load generator",
        "the load generator",
    ),
    Limit(
        "generator-ports",
        "outside",
        "the load generator had no local port left",
        "a local port of the load generator's",
        "the load generator",
    ),
    Limit(
        "generator-files",
        "outside",
        "the load generator had no file left to open",
        "an open file of the load generator's",
        "the load generator",
    ),
    Limit(
        "machine",
        "outside",
        "a CPU quota, another program or the hypervisor kept the server waiting",
        "CPU time that the machine withheld",
        "the machine",
    ),
    Limit(
        "backend",
        "outside",
        "the page waited for its backend",
        "the page's backend",
        "the page's backend",
    ),
    Limit(
        "think-time",
        "outside",
        "a server that answers at once would have got hardly more requests from these "
        "users",
        "their own think time",
        "the think time",
    ),
    Limit("crashed", "server", "the server died", "a server that had died"),
    Limit("unclear", "unknown", "the evidence does not say", "what is not known"),
)
LIMITS = {limit.name: limit for limit in _ALL}
# The parts of waiting, in the order of tables and charts.
PARTS = (
    *("server-cpu", "server-serial", "server-workers", "server-descriptors"),
    *("accept-queue", "backend", "link", "machine", "generator-cpu", "unclear"),
)


def limits_of(verdict: str) -> list[Limit]:
    """Return the limits that a verdict names, one or two."""
    return [LIMITS[name] for name in verdict.split(BOTH)]


def is_known(verdict: object) -> bool:
    """Whether this is a verdict."""
    return isinstance(verdict, str) and all(n in LIMITS for n in verdict.split(BOTH))


def is_servers(verdict: str) -> bool:
    """Whether only the server was the limit."""
    return all(limit.side == "server" for limit in limits_of(verdict))


def is_outside(verdict: str) -> bool:
    """Whether only something other than the server was the limit."""
    return all(limit.side == "outside" for limit in limits_of(verdict))


def meaning(verdict: str) -> str:
    """Return what a verdict means, in words."""
    return ", and ".join(limit.means for limit in limits_of(verdict))


def compared(verdict: str) -> str:
    """Return what a table compares if all its rows have this verdict, from outside."""
    return " and ".join(limit.compared for limit in limits_of(verdict))
