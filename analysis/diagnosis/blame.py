"""What was full in each slice of a run, and so what each phase of a request waits for.

Rules of this module:
- What hides another goes first: a queue overflows because the CPU is full, not the
  other way round. Two that are full at once share the slice.
- What was read decides; where it does not say, the part is `unclear`. In each slice
  and phase the shares add up to 1.
- Thresholds are named here, with the reason beside them. `docs/verdicts.md` tells the
  same in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.diagnosis.levels import most_workers
from analysis.record import phases
from analysis.record.phases import Requests

Floats = npt.NDArray[np.float64]
# From where a share of CPU or link begins to count as full, and where it surely is. A
# core is never quite full: the kernel's own work and the moments between two requests
# take some per cent of it. A link loses some to retransmissions.
CPU_FROM, CPU_FULL = 0.60, 0.90
LINK_FROM, LINK_FULL = 0.75, 0.90
# A core may also be filled by the kernel, on behalf of a server that has most of it.
NO_IDLE, MOST = 0.10, 0.60
# Of the server's cores, or of the time: less that others took changes little.
TAKEN = 0.10
# Who wants a core gets so much of it from a fair scheduler, beside a few others; or was
# ready to run for so much of the time.
WANTED, DELAYED = 0.20, 0.50
# An event loop that wakes so late on a core that is full waits for that core. Where
# nothing else was full, less is enough.
LATE_MS, A_BIT_LATE_MS = 5.0, 0.5
# Of descriptors or workers: a few are always about to be freed, or taken by what is no
# connection.
FULL = 0.97
# In half of the looks around a moment somebody waited to be accepted; or at one look so
# many did, and half of those in flight: that is no chance, however short it was.
QUEUED, SOME = 0.5, 3.0
# A server that answers nobody for so much longer than a response takes, with clients
# waiting to be accepted and its CPU idle, waits itself: for data that was lost with an
# overflow. It is sent again 200 ms after it was sent at the least (RFC 6298), of which
# the connection spent some in the queue.
STALL_S = 0.12


def blame(
    config: dict[str, Any],
    found: pd.DataFrame,
    requests: Requests,
    between: Floats,
    response_s: float,
) -> Mapping[str, Mapping[str, Floats]]:
    """Return, for each phase, the share of each part in each slice.

    `found` are the `levels` of the slices between the edges, with how many requests
    were `in_flight`; an unloaded server answers in `response_s`.
    """
    stalled = _stalled(requests, between, response_s + STALL_S, found["lost"])
    generator = _generator_full(found)
    # Who has no connection waits while others are served, or nobody is.
    alone = _shared_out(_filled(found, "server_cpu", "link"))
    connected = _shared_out(_filled(found, "pressed", "link_pressed"))
    whole = np.ones(len(found))
    crowded = _late(found, A_BIT_LATE_MS)
    shares = {"generator": {"generator-cpu": whole}, "backend": {"backend": whole}}
    for phase in (phase for phase in phases.PHASES if phase not in shares):
        own = dict(alone if phase == "connecting_long" else connected)
        left = 1 - sum(own.values(), np.zeros(len(found)))
        own["generator-cpu"] = own["generator-cpu"] + left * generator
        rest = left * (1 - generator)
        for part, where in _idle(config, found, stalled, phase).items():
            own[part] = own.get(part, np.zeros(len(found))) + rest * where
            rest = rest * (1 - where)
        own["generator-cpu"] = own["generator-cpu"] + rest * crowded
        own["unclear"] = rest * (1 - crowded)
        shares[phase] = own
    return shares


def _stalled(
    requests: Requests, between: Floats, least_s: float, lost: pd.Series
) -> npt.NDArray[np.bool_]:
    """Return in which slices nobody was answered, nor for `least_s` around, for a loss.

    Connections had been `lost` when it began, or in the slice after that, since they
    are read late: a server that hangs makes its queue overflow only later. Who gives up
    was not answered. Before the load, and after the window, nobody is missed.
    """
    answers = np.sort(requests.finished[requests.answered])
    middle = (between[:-1] + between[1:]) / 2
    after = np.searchsorted(answers, middle)
    padded = np.concatenate([[0.0], answers, [between[-1]]])
    begin, end = padded[after], padded[after + 1]
    place = np.minimum(np.searchsorted(between, begin, side="right"), len(lost) - 1)
    stalled: npt.NDArray[np.bool_] = (end - begin >= least_s) & (
        lost.to_numpy()[place] > 0
    )
    return stalled


def _ramp(values: Floats, low: float, high: float) -> Floats:
    """Return 0 up to `low`, 1 from `high` on, and the line between; 0 for NaN."""
    return np.nan_to_num(np.clip((values - low) / (high - low), 0.0, 1.0))


def _filled(found: pd.DataFrame, server_cpu: str, link: str) -> dict[str, Floats]:
    """Return how surely each of these was full in each slice, from 0 to 1.

    By the columns for the share of its cores that the server used, and of the link's
    rate. A load generator beside a server that is as full is told only where it surely
    was: else it gets what they leave.
    """
    server = found[server_cpu].to_numpy()
    others = np.nan_to_num(found["others"].to_numpy())
    stolen = np.nan_to_num(found["stolen"].to_numpy())
    throttled = np.nan_to_num(found["throttled"].to_numpy())
    idle = found["server_idle"].to_numpy()
    no_idle = idle <= NO_IDLE
    # The kernel's part of a full core is the server's doing.
    used = np.where(no_idle & (server >= MOST), 1.0, np.nan_to_num(server))
    wanted = (server >= WANTED) | (found["delayed"].to_numpy() >= DELAYED)
    starved = no_idle & (others >= TAKEN) & wanted
    taken = np.where(starved, others, 0.0)
    taken = taken + np.where(stolen >= TAKEN, stolen, 0.0)
    held = throttled >= TAKEN
    cpu = _ramp(used + np.where(held, throttled, 0.0) + taken, CPU_FROM, CPU_FULL)
    cpu = np.maximum(cpu, np.where(held, throttled, 0.0))
    own = np.clip(np.nan_to_num(server), 1e-9, 1.0)
    machines = np.where(held, 1.0, taken / (own + taken))
    return {
        "server-cpu": cpu * (1 - machines),
        "machine": cpu * machines,
        "link": _ramp(found[link].to_numpy(), LINK_FROM, LINK_FULL),
        "generator-cpu": np.where(found["generator_busiest"] >= CPU_FULL, 1.0, 0.0),
    }


def _shared_out(filled: Mapping[str, Floats]) -> dict[str, Floats]:
    """Let what is full in a slice share it by how surely it was."""
    total = np.maximum(sum(filled.values()), 1e-12)
    cpu = filled["server-cpu"] + filled["machine"]
    most = np.maximum.reduce([cpu, filled["link"], filled["generator-cpu"]])
    return {part: most * sure / total for part, sure in filled.items()}


def _generator_full(found: pd.DataFrame) -> Floats:
    """Return in which slices the load generator had no CPU time left."""
    busiest = _ramp(found["generator_busiest"].to_numpy(), CPU_FROM, CPU_FULL)
    late = _late(found, LATE_MS)
    return busiest + (1 - busiest) * late


def _late(found: pd.DataFrame, least_ms: float) -> Floats:
    """Return where the generator's core was full, and its loop so late: 1, or 0."""
    late = (found["generator_idle"] <= NO_IDLE) & (found["late_ms"] >= least_ms)
    return late.to_numpy().astype(float)


def _idle(
    config: dict[str, Any],
    found: pd.DataFrame,
    stalled: npt.NDArray[np.bool_],
    phase: str,
) -> dict[str, Floats]:
    """Return what users waited for of a server with CPU time to spare, in order."""
    impl = config["impl"]
    lost = found["lost"].to_numpy() > 0
    somebody = (found["queued"].to_numpy() >= QUEUED) | _crowded(found)
    # Clients who wait to be accepted of a server that is at work wait for its CPU.
    queue = somebody & (found["server_cpu"].to_numpy() < CPU_FROM)
    many = (most_workers(impl) or 0) > 1
    descriptors = found["descriptors"].to_numpy() >= FULL
    workers = found["workers"].to_numpy() >= FULL
    if impl["worker"] == "pool" and many:
        workers = workers | queue  # one that is free accepts what waits
    if not many:
        workers = np.zeros(len(found), dtype=bool)  # that one is the server itself
    waits_itself = queue & stalled & lost & (not config["server"]["keep_alive"])
    one_core = found["busiest"].to_numpy() >= CPU_FULL
    dropped = {
        "connecting": np.zeros(len(found), dtype=bool),
        "connecting_long": lost,
        "waiting": np.zeros(len(found), dtype=bool),
        "waiting_long": lost & ~somebody,  # else it may be one of those
        "receiving": np.zeros(len(found), dtype=bool),
    }[phase]
    parts = {
        "server-descriptors": descriptors,
        "server-workers": workers,
        "accept-queue": waits_itself | (dropped & ~queue),
        "server-serial": one_core if phase == "receiving" else queue | one_core,
    }
    return {part: where.astype(float) for part, where in parts.items()}


def _crowded(found: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return where most of those in flight were in the queue at a slice's begin or end.

    Before the first reading nobody knows.
    """
    queue = found["queue"].to_numpy()
    most = np.fmax(queue, np.concatenate([queue[:1], queue[:-1]]))
    crowded: npt.NDArray[np.bool_] = most >= np.maximum(
        SOME, QUEUED * found["in_flight"].to_numpy()
    )
    return crowded
