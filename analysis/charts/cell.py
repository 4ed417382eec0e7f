"""A cell's chart: rates, response times and users over time, as Locust draws them.

Rules of this module:
- Lines have the colour of the implementation. Failures are red, and dashed.
- Behind the lines of response times stands how many requests had which
  (`density.py`).
- Two more panels show what was full meanwhile, and what users waited for
  (`utilisation.py`).
- What limited the cell stands above the panels, at the right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts import utilisation
from analysis.diagnosis.verdict import Verdict
from analysis.diagnosis.waiting import Waiting
from analysis.drawing.density import HALO, density, draw_density
from analysis.drawing.frame import entitle, say
from analysis.drawing.implementations import Look, look_of
from analysis.drawing.style import FAILURE, figure, shorten, thousands
from analysis.drawing.words import word
from analysis.limits import is_outside, is_servers
from analysis.record.aggregates import whole_seconds
from analysis.record.definitions import Row
from contract import stops
from contract.settings import AUTO

BESIDE = {  # a legend, where no line can run under it
    **{"loc": "upper left", "bbox_to_anchor": (1.005, 1)},
    **{"frameon": False, "fontsize": 8},
}


def draw(
    config: dict[str, Any],
    row: Row,
    record: pd.DataFrame,
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
    look = look_of(config["impl"]["name"])
    picture = figure(8, 8.6)
    rates, times, users, full, strip = picture.subplots(
        5, sharex=True, height_ratios=[1, 1.2, 0.8, 1, 0.14]
    )
    _rates(rates, whole, look)
    most = _times(times, whole, record, end_s, look)
    _users(users, whole, look)
    strip.set_xlabel(word("axis.seconds"))
    parts = utilisation.draw((full, strip), waited)
    strip.set_xlim(0, max(end_s, 1) * 1.02)
    thousands(strip, "x")
    rates.set_title(_limit(verdict), loc="right", fontsize=9, pad=9)
    notes = [*_notes(config, row, verdict), word("density", most)]
    entitle(picture, _title(config, row), notes, handles=parts)
    if row.first_failure_s is not None:
        _mark([rates, times, users, full, strip], row.first_failure_s)
    if row.onset_s is not None:
        for panel in (rates, times, users, full):
            panel.axvline(row.onset_s, color=FAILURE, linewidth=1.2)
    return picture


def _rates(panel: Axes, whole: pd.DataFrame, look: Look) -> None:
    middle = whole["t_s"] + 0.5
    panel.plot(middle, whole["rps"], color=look.colour, label=word("line.requests"))
    panel.plot(
        middle,
        whole["failures_per_s"],
        color=FAILURE,
        linestyle="--",
        label=word("line.failures"),
    )
    _finish(panel, word("panel.rates"))
    panel.legend(**BESIDE)


def _times(
    panel: Axes, whole: pd.DataFrame, record: pd.DataFrame, end_s: float, look: Look
) -> str:
    """Draw response times; return what the shades count up to."""
    fields = density(record, end_s)
    panel.set_title(word("panel.times"))
    draw_density(panel, fields, fields.most)
    if not fields.most:
        say(panel, word("empty.requests"))
        return word("density.none")
    middle = whole["t_s"] + 0.5
    for column, name, dashes in (
        ("p50_ms", "line.median", "-"),
        ("p95_ms", "line.p95", "--"),
    ):
        panel.plot(
            middle,
            whole[column],
            color=look.colour,
            linestyle=dashes,
            label=word(name),
            path_effects=HALO,
        )
    panel.legend(**BESIDE)
    return f"{fields.most:,}"


def _users(panel: Axes, whole: pd.DataFrame, look: Look) -> None:
    middle, users = whole["t_s"] + 0.5, whole["users"]
    panel.plot(middle, users, color=look.colour, drawstyle="steps-mid")
    _finish(panel, word("panel.users"))


def _finish(panel: Axes, title: str) -> None:
    panel.set_title(title)
    panel.set_ylim(bottom=0)
    panel.margins(y=0.12)
    thousands(panel, "y")


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
        return word("cell.unclear")
    side = "cell.outside" if is_outside(verdict.limit) else "cell.partly"
    key = "cell.limited" if is_servers(verdict.limit) else side
    return word(key, verdict.limit)


def _title(config: dict[str, Any], row: Row) -> str:
    if row.first_failure_s is not None:
        ending = word("cell.failed", f"{row.first_failure_users:,}")
    elif row.reached is False:
        ending = word("cell.none", f"{row.users:,}")
    else:
        ending = word("cell.all", f"{row.requests:,}")
    names = config["impl"]["name"], config["experiment"]["name"]
    return word("cell.title", *names, ending)


def _notes(config: dict[str, Any], row: Row, verdict: Verdict) -> Iterator[str]:
    users = config["users"]
    if users == AUTO:
        many = word("cell.auto")
    else:
        bound = "cell.users" if row.reached is None else "cell.up_to"
        many = word(bound, f"{users:,}")
    yield word("cell.load", many, f"{config['hatch_rate']:g}")
    yield word("cell.because", _limit(verdict), shorten(verdict.because, 240))
    if row.first_failure_s is not None:
        failure = shorten(str(row.first_failure), 120)
        yield word("cell.at", f"{row.first_failure_s:,.1f}", failure)
    if row.onset_s is not None:
        yield word("cell.onset", f"{row.onset_users:,}")
    if row.outcome == stops.OUT_OF_TIME:
        yield word("cell.out_of_time")
