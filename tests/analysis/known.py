"""Evidence made by hand, and waiting of which nothing but the shares is known."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from analysis.diagnosis.evidence import Evidence, Generator, Network, Server, Users
from analysis.diagnosis.waiting import Waiting
from analysis.limits import PARTS

GROUPS = {"server": Server, "generator": Generator, "network": Network, "users": Users}
KNOWN: dict[str, Any] = {
    **{"begin_s": 0.0, "end_s": 10.0, "failure": None, "stray": False, "failures": 0},
    "server": Server(
        crashed=None,
        cpu=0.3,
        cores_idle=0.65,
        workers=None,
        most_workers=None,
        pool=False,
        descriptors=40,
        most_descriptors=20_000,
        idle_open=None,
        idle_asked=0,
        accept_queue_nonempty_share=0.0,
        accept_queue_mean=0.0,
        backlog=128,
        overflows=0,
        resets_on_overflow=True,
        resets_sent=0,
    ),
    "generator": Generator(busiest=0.4, cpu=0.4, cores_idle=0.5, lateness_ms=2.0),
    "network": Network(link=None, loss_percent=0.0, syn_retransmits=0),
    "users": Users(
        mean_users=100.0,
        rps=22.0,
        mean_response_s=0.02,
        mean_think_s=4.5,
        page_wait_s=0.0,
    ),
}
READ = (
    *("server_cpu", "link", "others", "stolen", "throttled", "generator_busiest"),
    *("generator_cpu", "generator_idle", "late_ms", "queue", "overflows"),
)


def may_be_unknown() -> dict[str, str]:
    """Return the type of each field that may be None, as `group__field`."""
    groups = {"": Evidence, **{f"{name}__": of for name, of in GROUPS.items()}}
    return {
        group + field.name: str(field.type)
        for group, of in groups.items()
        for field in dataclasses.fields(of)
        if "None" in str(field.type)
    }


def known(**changes: Any) -> Evidence:
    """Return evidence in which what is changed is named as `group__field`."""
    fields = dict(KNOWN)
    for name, value in changes.items():
        group, _, field = name.rpartition("__")
        if group:
            fields[group] = dataclasses.replace(fields[group], **{field: value})
        else:
            fields[name] = value
    return Evidence(**fields)


def unknown() -> Evidence:
    """Evidence of a host that tells nothing."""
    return known(**dict.fromkeys(may_be_unknown()))


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
