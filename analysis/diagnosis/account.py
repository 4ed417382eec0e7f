"""The account of what users waited for, in a sentence.

Rules of this module:
- It names the greatest parts, when each began, and what was read meanwhile. Means are
  weighted by the waiting: readings taken while nobody waited do not count.
- A part of less than a twentieth is left out, and so is lateness below a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.diagnosis.blame import TAKEN_SHARE
from analysis.diagnosis.waiting import Waiting
from analysis.limits import LIMITS
from contract.text import numbered

LEAST_SHARE = 0.05
# The second in which a part became full is named only where at least this share of the
# part's waiting came after it.
MIN_SHARE_SINCE_FULL = 0.9
MOST_PARTS = 3
LEAST_LATE_MS = 1.0


def account(waited: Waiting) -> str:
    """Return the sentence, the greatest part first."""
    parts = [
        _part(waited, part)
        for part in waited.greatest()[:MOST_PARTS]
        if waited.shares[part] >= LEAST_SHARE
    ]
    seconds = waited.seconds
    shown = f"{seconds:,.0f}" if seconds >= 10 else f"{seconds:.2g}"
    return f"of the {shown} s that users waited in all, " + "; ".join(parts)


def _part(waited: Waiting, part: str) -> str:
    share = percent(waited.shares[part])
    begin_s = float(waited.slices["t_s"].iloc[0])
    since_s = waited.full_s.get(part)
    since = ""
    if since_s is not None and since_s >= begin_s + 1:
        spent, later = waited.slices[f"for.{part}"], waited.slices["t_s"] >= since_s
        if spent[later].sum() >= MIN_SHARE_SINCE_FULL * spent.sum():
            since = f", from {since_s:,.0f} s on"
    detail = DETAILS[part](waited.slices, part) if part in DETAILS else ""
    shown = f" ({detail})" if detail else ""
    return f"{share} went to {LIMITS[part].waited_for}{since}{shown}"


def percent(share: float) -> str:
    return f"{share:.0%}"


def _mean(slices: pd.DataFrame, column: str, part: str) -> float | None:
    """Return the mean of a column, weighted by the waiting for this part."""
    weights, values = slices[f"for.{part}"], slices[column]
    known = values.notna()
    total = float(weights[known].sum())
    if not total:
        return None
    return float((weights[known] * values[known]).sum() / total)


def _of(text: str, column: str) -> Callable[[pd.DataFrame, str], str]:
    def detail(slices: pd.DataFrame, part: str) -> str:
        value = _mean(slices, column, part)
        return "" if value is None else text.format(min(value, 1.0))

    return detail


def _serial(slices: pd.DataFrame, part: str) -> str:
    queue, used = _mean(slices, "queue", part), _mean(slices, "server_cpu", part)
    # Connections whose clients gave up are still in the queue.
    waited = "" if queue is None else f"{queue:,.0f} in its accept queue"
    cpu = "" if used is None else f"{min(used, 1):.0%} of its CPU was used"
    return ", ".join(text for text in (waited, cpu) if text)


def _accept_queue(slices: pd.DataFrame, part: str) -> str:
    overflows = float(np.nansum(slices["overflows"]))
    seconds = slices["seconds"]
    lost = slices[f"for.{part}"] > 0.5 * slices["in_flight"] * seconds
    idle = float(seconds[lost & (slices["server_cpu"] < 0.5)].sum())
    text = numbered(f"it overflowed {overflows:,.0f} time(s)")
    if idle >= 0.5:
        text += (
            f", and for {idle:,.1f} s the server had next to nothing to do while "
            "clients tried again"
        )
    return text


def _machine(slices: pd.DataFrame, part: str) -> str:
    causes = {
        "throttled": "a CPU quota throttled it for {:.0%} of that time",
        "others": "other programs took {:.0%} of the server's core",
        "stolen": "a hypervisor took {:.0%} of the server's core",
    }
    shares = {name: _mean(slices, name, part) or 0.0 for name in causes}
    return ", ".join(
        causes[name].format(share)
        for name, share in shares.items()
        if share >= TAKEN_SHARE / 2
    )


def _generator(slices: pd.DataFrame, part: str) -> str:
    late_ms, busiest, used, idle = (
        _mean(slices, name, part)
        for name in ("late_ms", "generator_busiest", "generator_cpu", "generator_idle")
    )
    details = []
    if late_ms is not None and late_ms >= LEAST_LATE_MS:
        details.append(f"its event loop woke {late_ms:,.0f} ms late")
    share = max(busiest or 0.0, used or 0.0)  # of several processes on one core
    if busiest is not None:
        details.append(f"it used {min(share, 1):.0%} of its core")
    if idle is not None and idle <= TAKEN_SHARE and share < 0.5:
        details.append("something else ran there")
    return ", ".join(details)


DETAILS: dict[str, Callable[[pd.DataFrame, str], str]] = {
    "server-cpu": _of("{:.0%} of it used", "server_cpu"),
    "server-serial": _serial,
    "server-workers": _of("{:.0%} of the server's CPU used", "server_cpu"),
    "server-descriptors": _of("{:.0%} of the server's CPU used", "server_cpu"),
    "accept-queue": _accept_queue,
    "link": _of("{:.0%} of its rate used", "link"),
    "machine": _machine,
    "generator-cpu": _generator,
    "unclear": _of("{:.0%} of the server's CPU used", "server_cpu"),
}
