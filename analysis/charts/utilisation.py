"""The last two panels of a cell's chart: utilisation, and what users waited for.

Rules of this module:
- A line has the colour of the part that users wait for when it is full, and dashes of
  its own. A level that is hardly ever full has a line only if it was full in this run.
  Marks above show when the accept queue overflowed, which no mean length shows.
- A strip below shows which part took most of the waiting.
- An upright line, with a name, stands where something was full for the first time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from analysis.diagnosis.blame import FULL_SHARE, TAKEN_SHARE
from analysis.diagnosis.utilisation import stretches
from analysis.diagnosis.waiting import Waiting
from analysis.drawing.frame import say
from analysis.drawing.implementations import DASHES
from analysis.drawing.style import FILLS
from analysis.drawing.words import word
from analysis.limits import PARTS

SMOOTHED_S = 0.5
STRETCHES = 150  # as many as can be distinguished side by side


@dataclass(frozen=True)
class LevelLine:
    """The line of a level; it is drawn if the level reached `least`.

    `part` is what users wait for when this is full; the line has its colour.
    """

    label: str
    part: str
    least: float = 0.0


LINES = {
    "server_cpu": LevelLine("server CPU", "server-cpu"),
    "link": LevelLine("network link", "link"),
    "generator_busiest": LevelLine("load generator", "generator-cpu"),
    "accept_queue": LevelLine("accept queue", "accept-queue"),
    "withheld": LevelLine("CPU withheld", "machine", TAKEN_SHARE),
    "workers": LevelLine("workers", "server-workers", FULL_SHARE),
    "descriptors": LevelLine("descriptors", "server-descriptors", FULL_SHARE),
}
OVERFLOWED = 0.5  # an interpolated counter is not a whole number
OVERFLOW_AT = 1.07  # just above what is full
ROOM = 1.3  # above the lines, for the name of the first thing that was full


def draw(panels: tuple[Axes, Axes], waited: Waiting | None) -> list[Patch]:
    """Draw into a panel and into the strip below it; return the strip's legend."""
    panel, strip = panels
    strip.set_title(word("panel.waited"))
    strip.set_yticks([])
    strip.grid(visible=False)
    strip.set_ylim(0, 1)
    panel.set_title(word("panel.utilisation"))
    panel.set_ylim(0, ROOM)
    panel.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    if waited is None:
        say(panel, word("empty.waited"))
        return []
    table = stretches(waited.slices, smoothed_s(waited.slices))
    _lines(panel, table)
    parts = _strip(strip, table)
    _first_full(panels, waited)
    return [Patch(label=part, **FILLS[part].look) for part in parts]


def smoothed_s(slices: pd.DataFrame) -> float:
    """Return over how many seconds lines are smoothed: more for a long run."""
    lasted_s = float(slices["t_s"].iloc[-1] - slices["t_s"].iloc[0])
    return max(SMOOTHED_S, lasted_s / STRETCHES)


def _lines(panel: Axes, table: pd.DataFrame) -> None:
    middle = (table["begin_s"] + table["end_s"]) / 2
    drawn = [name for name, line in LINES.items() if table[name].max() >= line.least]
    for dashes, (name, line) in zip(DASHES, LINES.items(), strict=False):
        if name in drawn:
            (curve,) = panel.plot(middle, table[name], label=line.label)
            curve.set(color=FILLS[line.part].colour, linestyle=dashes)
    lost = table["overflows"] >= OVERFLOWED
    if lost.any():
        panel.plot(
            middle[lost],
            [OVERFLOW_AT] * int(lost.sum()),
            "v",
            markersize=4,
            color=FILLS["accept-queue"].colour,
            label=word("line.overflows"),
        )
    if drawn:
        panel.legend(
            loc="upper left", bbox_to_anchor=(1.005, 1), frameon=False, fontsize=8
        )
    else:
        say(panel, word("empty.level"))


def _strip(strip: Axes, table: pd.DataFrame) -> Sequence[str]:
    """Fill the strip; return the parts that are in it."""
    # Stretches with the same part become one, so that a hatch does not begin anew.
    changed = table["part"].ne(table["part"].shift())
    for _, run in table.groupby(changed.cumsum()):
        part = run["part"].iloc[0]
        if part is None:
            continue
        begin_s, end_s = run["begin_s"].iloc[0], run["end_s"].iloc[-1]
        look = {
            **FILLS[part].look,
            "linewidth": 0,
        }  # an edge would hide a short stretch
        strip.broken_barh([(begin_s, end_s - begin_s)], (0, 1), **look)
    present = set(table["part"].dropna())
    return [part for part in PARTS if part in present]


def _first_full(panels: tuple[Axes, Axes], waited: Waiting) -> None:
    """Mark when something known was full for the first time."""
    full_s = {part: at for part, at in waited.full_s.items() if part != "unclear"}
    if not full_s:
        return
    part = min(full_s, key=lambda name: (full_s[name], PARTS.index(name)))
    begins = waited.slices["t_s"]  # as the strip's: a second's first slice
    at_s = float(begins[begins >= full_s[part]].iloc[0])
    for axes in panels:
        axes.axvline(at_s, color="black", linewidth=1)
    low, high = panels[0].get_xlim()
    leftwards = at_s > (low + high) / 2
    panels[0].annotate(
        word("cell.full", part),
        (at_s, ROOM),
        xytext=(-4 if leftwards else 4, -2),
        textcoords="offset points",
        ha="right" if leftwards else "left",
        va="top",
        fontsize=8,
    )
