"""A cell's chart: as Locust draws it, rates, response times and users over time.

Below these stands what was full meanwhile, and what users waited for.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts import utilisation
from analysis.charts.style import COLOURS, FAILURE, entitle, figure, shorten, thousands
from analysis.diagnosis.verdict import Verdict
from analysis.diagnosis.waiting import Waiting
from analysis.limits import is_outside
from analysis.record.aggregates import whole_seconds
from analysis.record.definitions import Row
from contract import stops
from contract.settings import AUTO


def draw(
    config: dict[str, Any],
    row: Row,
    timeline: pd.DataFrame,
    limited: Verdict,
    waited: Waiting | None,
) -> Figure:
    """Return the panels over a shared axis of seconds; the first failure marked.

    So is the onset, where there is one. Lines have a point for each whole second; those
    of utilisation two.
    """
    end_s = row.duration_s if row.onset_s is None else row.onset_s
    whole = whole_seconds(timeline, end_s)
    made = figure(8, 9)
    entitle(made, f"{_title(config, row)}\n{_limit(limited)}", made.get_figwidth())
    rates, times, users, full, strip = made.subplots(
        5, sharex=True, height_ratios=[1, 1, 0.8, 1, 0.14]
    )
    _rates(rates, whole)
    _times(times, whole)
    _users(users, whole)
    strip.set_xlabel("seconds since the load began")
    strip.set_xlim(0, max(end_s, 1) * 1.02)
    thousands(strip, "x")
    utilisation.draw(made, (full, strip), waited)
    if row.first_failure_s is not None:
        _mark([rates, times, users, full, strip], row.first_failure_s)
    if row.onset_s is not None:
        for panel in (rates, times, users, full):
            panel.axvline(row.onset_s, color=FAILURE, linewidth=1.2)
    return made


def _rates(panel: Axes, whole: pd.DataFrame) -> None:
    middle = whole["t_s"] + 0.5
    panel.plot(middle, whole["rps"], color=COLOURS[0], label="requests/s")
    panel.plot(
        middle,
        whole["failures_per_s"],
        color=FAILURE,
        linestyle="--",
        label="failures/s",
    )
    _finish(panel, "Requests and failures per second")
    _legend(panel)


def _times(panel: Axes, whole: pd.DataFrame) -> None:
    middle = whole["t_s"] + 0.5
    panel.plot(middle, whole["p50_ms"], color=COLOURS[2], label="median")
    panel.plot(
        middle,
        whole["p95_ms"],
        color=COLOURS[4],
        linestyle="--",
        label="95th percentile",
    )
    _finish(panel, "Response time, ms")
    _legend(panel)


def _users(panel: Axes, whole: pd.DataFrame) -> None:
    middle, users = whole["t_s"] + 0.5, whole["users"]
    panel.plot(middle, users, color=COLOURS[6], drawstyle="steps-mid", label="users")
    _finish(panel, "Users")


def _finish(panel: Axes, title: str) -> None:
    panel.set_title(title)
    panel.set_ylim(bottom=0)
    panel.margins(y=0.12)
    thousands(panel, "y")


def _legend(panel: Axes) -> None:
    """Draw it beside the panel, where no line can run under it."""
    panel.legend(loc="upper left", bbox_to_anchor=(1.005, 1), frameon=False, fontsize=8)


def _mark(panels: list[Axes], at_s: float) -> None:
    for panel in panels:
        panel.axvline(at_s, color=FAILURE, linewidth=1.2, linestyle=":")
    panels[0].plot(
        [at_s],
        [1.0],
        marker="v",
        markersize=8,
        color=FAILURE,
        clip_on=False,
        transform=panels[0].get_xaxis_transform(),
    )


def _limit(limited: Verdict) -> str:
    if limited.limit == "unclear":
        return f"limit unclear: {shorten(limited.because, 160)}"
    outside = " (not the server)" if is_outside(limited.limit) else ""
    return f"limited by {limited.limit}{outside}: {shorten(limited.because, 160)}"


def _title(config: dict[str, Any], row: Row) -> str:
    name = f"{config['impl']['name']}, {config['experiment']['name']}"
    cap = "up to " if row.reached is not None else ""
    users = config["users"]
    many = "as many users as it takes" if users == AUTO else f"{cap}{users:,} users"
    asked = f"{many}, {config['hatch_rate']:g} joining a second"
    if row.first_failure_s is not None:
        said = (
            f"▼ first failure at {row.first_failure_s:,.1f} s with "
            f"{row.first_failure_users:,} users: {shorten(str(row.first_failure), 120)}"
        )
        if row.onset_s is not None:
            said += f"; onset (line) with {row.onset_users:,} users"
    elif row.reached is False:
        said = f"no failure up to {row.users:,} users"
    else:
        said = f"no failure in {row.requests:,} requests"
    if row.outcome == stops.OUT_OF_TIME:
        said += "; the limit of time came first"
    return f"{name} ({asked})\n{said}"
