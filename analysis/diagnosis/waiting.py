"""What users waited for: the time they waited, divided among what was full then.

Rules of this module:
- Waiting is the time that requests were in flight, less what an unloaded server takes
  for them. If that leaves next to nothing, the whole time counts.
- Each moment's waiting goes to what was full at that moment (`blame.py`). Shares add up
  to 1.
- Chosen requests, such as those that failed, get shares of their own. A request that
  failed at once waited for nothing.
- `docs/verdicts.md` explains the same in words, with a worked example.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.diagnosis.blame import blame
from analysis.diagnosis.levels import edges, levels
from analysis.limits import PARTS
from analysis.record import phases
from analysis.record.measurement import Measurement
from analysis.record.phases import Requests

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
# Seconds of waiting in a second. With less of it, nothing was full most of the time.
LEAST_WAITING = 0.5
# Share of the time in flight that is beyond an unloaded server's. If it is less, all of
# the time in flight counts.
LEAST_BEYOND_SHARE = 0.20
# A request that waited for less failed at once: it was refused, or never sent.
AT_ONCE_S = 0.01


@dataclass(frozen=True)
class Waiting:
    """How long users waited in all, and the share of each part.

    `full_s` has the first second in which each part took most of the waiting. `of` has
    the shares of chosen requests that waited, by the name of the choice.
    """

    seconds: float
    shares: dict[str, float]
    full_s: dict[str, float]
    slices: pd.DataFrame  # `levels`, with `in_flight` and the seconds of each part
    of: Mapping[str, dict[str, float]] = field(default_factory=dict)

    def greatest(self) -> list[str]:
        """Return the parts, the greatest first."""
        return sorted(self.shares, key=lambda part: -self.shares[part])


def waiting(
    measured: Measurement,
    window: tuple[float, float],
    chosen: Mapping[str, Positions] | None = None,
) -> Waiting | None:
    """Divide the waiting in a window; None if no request was in flight.

    `chosen` names positions in the record whose requests get shares of their own.
    """
    between = edges(*window, measured.readings)
    late_ms = measured.readings.late_ms(between)
    requests = _with_lateness(measured.requests, between, late_ms)
    wait_s = measured.wait_s
    beyond = phases.in_phases(requests, wait_s, between)
    whole = replace(requests, began=requests.started)
    in_flight_s = phases.overlap(whole.started, whole.finished, between)
    if not in_flight_s.sum():
        return None
    if (
        sum(time.sum() for time in beyond.values())
        < LEAST_BEYOND_SHARE * in_flight_s.sum()
    ):
        requests = whole
        beyond = phases.in_phases(whole, wait_s, between)
    table = levels(measured, between, requests)
    table["in_flight"] = in_flight_s / np.diff(between)
    response_s = measured.unloaded_s + wait_s
    blamed = blame(measured.config, table, requests, between, response_s)
    spent = _divided(beyond, blamed)
    of = {}
    for name, positions in (chosen or {}).items():
        only = phases.in_phases(requests.only(positions), wait_s, between)
        own = _divided(only, blamed)
        if _total(own) >= AT_ONCE_S * len(positions):
            of[name] = _shares(own)
    slices = table.assign(**{f"for.{part}": spent[part] for part in PARTS})
    return Waiting(_total(spent), _shares(spent), _full_since(slices), slices, of)


def _with_lateness(requests: Requests, between: Floats, late_ms: Floats) -> Requests:
    place = np.searchsorted(between, requests.finished, side="right") - 1
    inside = np.clip(place, 0, len(late_ms) - 1)
    return replace(requests, late=late_ms[inside] / 1000)


def _divided(
    times: Mapping[str, Floats], blamed: Mapping[str, Mapping[str, Floats]]
) -> dict[str, Floats]:
    """Return the seconds of waiting for each part in each slice."""
    spent = {part: np.zeros(len(times["waiting"])) for part in PARTS}
    for phase, time in times.items():
        for part, share in blamed[phase].items():
            spent[part] = spent[part] + time * share
    return spent


def _total(spent: Mapping[str, Floats]) -> float:
    return float(sum(time.sum() for time in spent.values()))


def _shares(spent: Mapping[str, Floats]) -> dict[str, float]:
    total = _total(spent)
    if not total:
        return {part: float(part == "unclear") for part in PARTS}
    return {part: max(float(time.sum()) / total, 0.0) for part, time in spent.items()}


def _full_since(slices: pd.DataFrame) -> dict[str, float]:
    """Return, for each part, the first second in which it took most of the waiting.

    Nothing was full in a second in which hardly anybody waited.
    """
    second = np.floor(slices["t_s"])
    spent = slices[[f"for.{part}" for part in PARTS]].groupby(second).sum()
    total = spent.sum(axis=1)
    length = slices["seconds"].groupby(second).sum()
    since = {}
    for part in PARTS:
        own = spent[f"for.{part}"]
        most = spent.index[(own > 0.5 * total) & (own >= LEAST_WAITING * length)]
        if len(most):
            since[part] = float(most[0])
    return since
