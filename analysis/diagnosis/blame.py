"""What was full in each slice of a run, and so what each phase of a request waits for.

Rules of this module:
- A cause is checked before its effects: a queue overflows because the CPU is full, and
  not the other way round. Two things that are full at once share the slice.
- Readings decide. Where they do not say, the part is `unclear`. In each slice and phase
  the shares add up to 1.
- Each threshold has a name and a reason here. `docs/verdicts.md` explains them in
  words.
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
# The share of CPU or link from which it begins to count as full, and the share from
# which it is full for certain. A core is never full to the last: the kernel's own work
# and the moments between two requests take some per cent. A link loses some to
# retransmissions.
CPU_FROM, CPU_FULL = 0.60, 0.90
LINK_FROM, LINK_FULL = 0.75, 0.90
# The kernel may fill a core on behalf of a server: the core has at most the first share
# left idle, and the server itself used at least the second.
NO_IDLE, SERVERS_SHARE = 0.10, 0.60
# A share of the server's cores, or of the time. If others took less, it changes little.
TAKEN_SHARE = 0.10
# A process wanted a core if it got the first share of it, as a fair scheduler gives
# beside a few others, or was ready to run for the second share of the time.
WANTED_SHARE, DELAYED_SHARE = 0.20, 0.50
# An event loop that wakes this late on a full core waits for that core. The second
# bound is for a slice in which nothing else was full.
LATE_MS, A_BIT_LATE_MS = 5.0, 0.5
# Share of descriptors or workers. A few are always about to be freed, or are used for
# something other than a connection.
FULL_SHARE = 0.97
# Clients wait to be accepted if half of the readings around a moment found some in the
# queue. One reading is enough if it found at least three, and half of all in flight.
QUEUED_SHARE, CROWD = 0.5, 3.0
# A server may answer nobody for this much longer than a response takes, while clients
# wait to be accepted and its CPU is idle. Then it waits itself, for data that an
# overflow lost. The client sends such data again after at least 200 ms (RFC 6298), and
# the connection spent some of that time in the queue.
STALL_S = 0.12


def blame(
    config: dict[str, Any],
    levels: pd.DataFrame,
    requests: Requests,
    between: Floats,
    response_s: float,
) -> Mapping[str, Mapping[str, Floats]]:
    """Return, for each phase, the share of each part in each slice.

    `levels` are those of the slices between the edges (`levels.py`), with the number of
    requests `in_flight`. An unloaded server answers in `response_s`.
    """
    stalled = _stalled(requests, between, response_s + STALL_S, levels["lost"])
    generator = _generator_full(levels)
    # A request without a connection waits while others are served, or none is.
    unconnected = _shared_out(_filled(levels, "server_cpu", "link"))
    connected = _shared_out(_filled(levels, "server_cpu_connected", "link_connected"))
    whole = np.ones(len(levels))
    crowded = _late(levels, A_BIT_LATE_MS)
    shares = {"generator": {"generator-cpu": whole}, "backend": {"backend": whole}}
    if config["load"]["arrivals"] == "closed":
        shares["generator"] = _seen_late(levels, unconnected, generator)
    for phase in (phase for phase in phases.PHASES if phase not in shares):
        own = dict(unconnected if phase == "connecting_long" else connected)
        left = 1 - sum(own.values(), np.zeros(len(levels)))
        own["generator-cpu"] = own["generator-cpu"] + left * generator
        rest = left * (1 - generator)
        for part, where in _idle(config, levels, stalled, phase).items():
            own[part] = own.get(part, np.zeros(len(levels))) + rest * where
            rest = rest * (1 - where)
        own["generator-cpu"] = own["generator-cpu"] + rest * crowded
        own["unclear"] = rest * (1 - crowded)
        shares[phase] = own
    return shares


def _stalled(
    requests: Requests, between: Floats, least_s: float, lost: pd.Series
) -> npt.NDArray[np.bool_]:
    """Return in which slices a lost connection kept the server from answering.

    Nobody was answered for `least_s` around such a slice. Connections had been `lost`
    when that time began, or in the slice after it, since losses are read late. (The
    queue of a server that hangs overflows only later.) Clients that gave up were not
    answered. The time before the load and after the window does not count.
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


def _filled(levels: pd.DataFrame, server_cpu: str, link: str) -> dict[str, Floats]:
    """Return how certainly each of these was full in each slice, from 0 to 1.

    `server_cpu` and `link` name the columns for the shares of the server's cores and of
    the link's rate. The load generator counts here only where it was full for certain.
    Otherwise it gets what the others leave.
    """
    server = levels[server_cpu].to_numpy()
    others = np.nan_to_num(levels["others"].to_numpy())
    stolen = np.nan_to_num(levels["stolen"].to_numpy())
    throttled = np.nan_to_num(levels["throttled"].to_numpy())
    idle = levels["server_idle"].to_numpy()
    no_idle = idle <= NO_IDLE
    # The kernel's part of a full core is the server's doing.
    used = np.where(no_idle & (server >= SERVERS_SHARE), 1.0, np.nan_to_num(server))
    wanted = (server >= WANTED_SHARE) | (levels["delayed"].to_numpy() >= DELAYED_SHARE)
    starved = no_idle & (others >= TAKEN_SHARE) & wanted
    taken = np.where(starved, others, 0.0)
    taken = taken + np.where(stolen >= TAKEN_SHARE, stolen, 0.0)
    held = throttled >= TAKEN_SHARE
    cpu = _ramp(used + np.where(held, throttled, 0.0) + taken, CPU_FROM, CPU_FULL)
    cpu = np.maximum(cpu, np.where(held, throttled, 0.0))
    own = np.clip(np.nan_to_num(server), 1e-9, 1.0)
    machines = np.where(held, 1.0, taken / (own + taken))
    return {
        "server-cpu": cpu * (1 - machines),
        "machine": cpu * machines,
        "link": _ramp(levels[link].to_numpy(), LINK_FROM, LINK_FULL),
        "generator-cpu": np.where(levels["generator_busiest"] >= CPU_FULL, 1.0, 0.0),
    }


def _shared_out(filled: Mapping[str, Floats]) -> dict[str, Floats]:
    """Divide each slice among what was full, by how certainly each was."""
    total = np.maximum(sum(filled.values()), 1e-12)
    cpu = filled["server-cpu"] + filled["machine"]
    most = np.maximum.reduce([cpu, filled["link"], filled["generator-cpu"]])
    return {part: most * sure / total for part, sure in filled.items()}


def _generator_full(levels: pd.DataFrame) -> Floats:
    """Return in which slices the load generator had no CPU time left."""
    busiest = _ramp(levels["generator_busiest"].to_numpy(), CPU_FROM, CPU_FULL)
    late = _late(levels, LATE_MS)
    return busiest + (1 - busiest) * late


def _seen_late(
    levels: pd.DataFrame, filled: Mapping[str, Floats], generator: Floats
) -> dict[str, Floats]:
    """Return the shares of the time in which a response was there, and not yet seen.

    It is the load generator's, unless something else was full while the generator had
    CPU time left: a prompter one would only have asked sooner, and waited for that. A
    server with nobody to answer is not full, even if it uses its CPU, as one that polls
    without a pause does.
    """
    known = levels["generator_busiest"].notna().to_numpy()
    at_work = (1 - generator) * known * np.nan_to_num(levels["occupied"].to_numpy())
    shares = {part: at_work * share for part, share in filled.items()}
    others = sum(shares.values(), np.zeros(len(generator))) - shares["generator-cpu"]
    return {**shares, "generator-cpu": 1 - others}


def _late(levels: pd.DataFrame, least_ms: float) -> Floats:
    """Return where the generator's core was full, and its loop so late: 1, or 0."""
    late = (levels["generator_idle"] <= NO_IDLE) & (levels["late_ms"] >= least_ms)
    return late.to_numpy().astype(float)


def _idle(
    config: dict[str, Any],
    levels: pd.DataFrame,
    stalled: npt.NDArray[np.bool_],
    phase: str,
) -> dict[str, Floats]:
    """Return what users of a server with CPU time to spare waited for, in order."""
    impl = config["impl"]
    lost = levels["lost"].to_numpy() > 0
    anyone = (levels["queue_nonempty"].to_numpy() >= QUEUED_SHARE) | _crowded(levels)
    # If the server is at work, clients in its accept queue wait for its CPU.
    queue = anyone & (levels["server_cpu"].to_numpy() < CPU_FROM)
    many = (most_workers(impl) or 0) > 1
    descriptors = levels["descriptors"].to_numpy() >= FULL_SHARE
    workers = levels["workers"].to_numpy() >= FULL_SHARE
    if impl["worker"] == "pool" and many:
        workers = workers | queue  # a free worker would accept a waiting client
    if not many:
        workers = np.zeros(len(levels), dtype=bool)  # the only worker is the server
    waits_itself = queue & stalled & lost & (not config["server"]["keep_alive"])
    one_core = levels["busiest"].to_numpy() >= CPU_FULL
    dropped = {
        "connecting": np.zeros(len(levels), dtype=bool),
        "connecting_long": lost,
        "waiting": np.zeros(len(levels), dtype=bool),
        "waiting_long": lost & ~anyone,  # otherwise it may wait in the queue
        "receiving": np.zeros(len(levels), dtype=bool),
    }[phase]
    parts = {
        "server-descriptors": descriptors,
        "server-workers": workers,
        "accept-queue": waits_itself | (dropped & ~queue),
        "server-serial": one_core if phase == "receiving" else queue | one_core,
    }
    return {part: where.astype(float) for part, where in parts.items()}


def _crowded(levels: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return the slices at whose begin or end most requests in flight were queued.

    It is not known before the first reading.
    """
    queue = levels["queue"].to_numpy()
    most = np.fmax(queue, np.concatenate([queue[:1], queue[:-1]]))
    crowded: npt.NDArray[np.bool_] = most >= np.maximum(
        CROWD, QUEUED_SHARE * levels["in_flight"].to_numpy()
    )
    return crowded
