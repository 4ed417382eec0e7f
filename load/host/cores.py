"""The cores that the server and Locust have."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Cores:
    """The cores of the server and those of Locust; None where they can't be set."""

    server: list[int] | None = None
    locust: list[int] | None = None


def choose_cores(processes: int = 1) -> Cores:
    """Return the cores for the server and for so many processes of Locust.

    The server has one core, the last: more cores would help only those servers that
    have several processes. A process of Locust can't use more than one core. Several of
    them share all cores but the server's.
    """
    if not hasattr(os, "sched_getaffinity"):
        return Cores()
    cores = sorted(os.sched_getaffinity(0))
    if processes > 1:
        return Cores(cores[-1:], cores[:-1] or cores)
    return Cores(cores[-1:], cores[:1])


def count_cores(cores: list[int] | None) -> int:
    """Return how many cores a server may use: those it is bound to, or else all."""
    return len(cores) if cores else os.cpu_count() or 1
