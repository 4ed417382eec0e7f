"""Evidence made by hand, and waiting of which nothing but the shares is known."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from analysis.diagnosis.evidence import Evidence
from analysis.diagnosis.waiting import Waiting
from analysis.limits import PARTS

KNOWN = {
    **{"begin_s": 0.0, "end_s": 10.0, "crashed": None, "failure": None},
    **{"stray": False, "failures": 0, "server_cpu": 0.3, "server_idle": 0.65},
    **{"generator_busiest": 0.4, "generator_cpu": 0.4, "lateness_ms": 2.0},
    **{"generator_idle": 0.5, "link": None, "workers": None, "most_workers": None},
    **{"pool": False, "idle": None, "idle_asked": 0, "descriptors": 40},
    **{"most_descriptors": 20_000, "queued": 0.0, "queue": 0.0, "backlog": 128},
    **{"overflows": 0, "syn_retransmits": 0, "resets_sent": 0},
    **{"loss_percent": 0.0, "users": 100.0, "rps": 22.0, "response_s": 0.02},
    **{"think_s": 4.5, "wait_s": 0.0},
}
ALWAYS_KNOWN = (
    *("begin_s", "end_s", "stray", "failures", "loss_percent", "pool"),
    *("think_s", "wait_s"),
)
READ = (
    *("server_cpu", "link", "others", "stolen", "throttled", "generator_busiest"),
    *("generator_cpu", "generator_idle", "late_ms", "queue", "overflows"),
)


def known(**changes: Any) -> Evidence:
    return Evidence(**{**KNOWN, **changes})


def unknown(**changes: Any) -> Evidence:
    """Evidence of a host that tells nothing."""
    names = {field.name for field in dataclasses.fields(Evidence)}
    return known(**dict.fromkeys(names - set(ALWAYS_KNOWN)), **changes)


def divided(**shares: float) -> Waiting:
    """Return a waiting of 100 s with these shares, whose slices tell nothing else."""
    named = {name.replace("_", "-"): share for name, share in shares.items()}
    assert set(named) <= set(PARTS)
    whole = {part: named.get(part, 0.0) for part in PARTS}
    slices = pd.DataFrame([{"t_s": 0.0, "seconds": 1.0, "in_flight": 100.0}]).assign(
        **dict.fromkeys(READ, np.nan),
        **{f"for.{part}": 100 * share for part, share in whole.items()},
    )
    return Waiting(100.0, whole, {}, slices)
