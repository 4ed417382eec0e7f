"""A cell's chart: rates, response times and users over time, as Locust draws them.

Two more panels show what was full meanwhile, and what users waited for.
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
    verdict: Verdict,
    waited: Waiting | None,
) -> Figure:
    """Return panels over a shared axis of seconds, with the first failure marked.

    The onset is marked, too, if there is one. Lines have a point for each whole second,
    or for each half second in the panel of utilisation.
    """
    end_s = row.duration_s if row.onset_s is None else row.onset_s
    whole = whole_seconds(timeline, end_s)
    picture = figure(8, 9)
    title = f"{_title(config, row)}\n{_limit(verdict)}"
    entitle(picture, title, picture.get_figwidth())
    rates, times, users, full, strip = picture.subplots(
        5, sharex=True, height_ratios=[1, 1, 0.8, 1, 0.14]
    )
    _rates(rates, whole)
    _times(times, whole)
    _users(users, whole)
    strip.set_xlabel("seconds since the load began")
    strip.set_xlim(0, max(end_s, 1) * 1.02)
    thousands(strip, "x")
    utilisation.draw(picture, (full, strip), waited)
    if row.first_failure_s is not None:
        _mark([rates, times, users, full, strip], row.first_failure_s)
    if row.onset_s is not None:
        for panel in (rates, times, users, full):
            panel.axvline(row.onset_s, color=FAILURE, linewidth=1.2)
    return picture


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


def _limit(verdict: Verdict) -> str:
    if verdict.limit == "unclear":
        return f"limit unclear: {shorten(verdict.because, 160)}"
    outside = " (not the server)" if is_outside(verdict.limit) else ""
    return f"limited by {verdict.limit}{outside}: {shorten(verdict.because, 160)}"


def _title(config: dict[str, Any], row: Row) -> str:
    name = f"{config['impl']['name']}, {config['experiment']['name']}"
    cap = "up to " if row.reached is not None else ""
    users = config["users"]
    many = "as many users as it takes" if users == AUTO else f"{cap}{users:,} users"
    load = f"{many}, {config['hatch_rate']:g} joining a second"
    if row.first_failure_s is not None:
        ending = (
            f"▼ first failure at {row.first_failure_s:,.1f} s with "
            f"{row.first_failure_users:,} users: {shorten(str(row.first_failure), 120)}"
        )
        if row.onset_s is not None:
            ending += f"; onset (line) with {row.onset_users:,} users"
    elif row.reached is False:
        ending = f"no failure up to {row.users:,} users"
    else:
        ending = f"no failure in {row.requests:,} requests"
    if row.outcome == stops.OUT_OF_TIME:
        ending += "; the time limit came first"
    return f"{name} ({load})\n{ending}"
