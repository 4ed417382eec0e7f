"""The cores that the server and the users of a run have."""

from __future__ import annotations

import os


def choose_cores(processes: int = 1) -> tuple[list[int], list[int]] | None:
    """Return the cores for the server and for Locust; None where it can't be set.

    One core for the server, the last: more would help those of several processes
    alone. A process of Locust can't use more than one; where there are several,
    they have all cores but the server's.
    """
    if not hasattr(os, "sched_getaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))
    if processes > 1:
        return cores[-1:], cores[:-1] or cores
    return cores[-1:], cores[:1]
