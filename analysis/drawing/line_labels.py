"""Labels of lines beside a panel, at the heights of the lines' ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from analysis.drawing.implementations import Look
from analysis.drawing.style import DIGITS, letters

LABEL_PT = 11.0  # the least distance of two labels, in points
BESIDE = 1.03  # of a panel's width: where the labels begin
SIZE_PT = 8.0
LETTER_IN = 0.062  # the width of a letter
EDGE_IN = 0.12  # from the longest label to the edge of the picture
MARKER_IN = 0.8  # of the leader and the marker before a label
LEADER = {
    **{"arrowstyle": "-", "color": "#999999", "linewidth": 0.5},
    **{"shrinkA": 0, "shrinkB": 0},
}


@dataclass(frozen=True)
class LineEnd:
    """The last point of a line, in the panel's units, and the line's label."""

    label: str
    look: Look
    x: float
    y: float
    hollow: bool = False  # not limited by the server


def beside_in(labels: Iterable[str]) -> float:
    """Return the inches that these labels need beside a panel."""
    return MARKER_IN + LETTER_IN * max(map(letters, labels), default=0)


def label_lines(axes: Axes, ends: Sequence[LineEnd]) -> None:
    """Label each line beside the panel, at the height of its end if there is room.

    The marker of a line stands before its label. The panels have to be placed before
    (`lay_out`). The next layout leaves room beside the labels.
    """
    picture: Any = axes.figure
    picture.get_layout_engine().set(w_pad=EDGE_IN)
    box = axes.get_window_extent()
    gap = LABEL_PT * axes.figure.dpi / 72
    # If two ends have the same height, the label of the left one is above the other. So
    # no leader has to cross another line.
    at = [axes.transData.transform((end.x, end.y)) for end in ends]
    wanted = [
        float(np.clip(y, box.y0, box.y1) + gap * (box.x1 - x) / box.width)
        for x, y in at
    ]
    places = spread(wanted, gap, float(box.y0), float(box.y1))
    # Rounded, since the last digits of a layout differ from run to run (`settle`).
    em = round(SIZE_PT * axes.figure.dpi / 72 / box.width, DIGITS)
    for end, place in zip(ends, places, strict=True):
        _label(axes, end, round((place - box.y0) / box.height, DIGITS), em)


def _label(axes: Axes, end: LineEnd, height: float, em: float) -> None:
    """Write a label at this height of the panel, with a leader from the line's end."""
    axes.annotate(
        "",
        (end.x, end.y),
        xytext=(BESIDE, height),
        textcoords="axes fraction",
        arrowprops=LEADER,
    )
    axes.text(
        BESIDE + 1.7 * em,
        height,
        end.label,
        transform=axes.transAxes,
        va="center",
        fontsize=SIZE_PT,
    )
    axes.plot(
        [BESIDE + 0.7 * em],
        [height],
        transform=axes.transAxes,
        clip_on=False,
        markersize=5,
        linestyle="",
        **end.look.point(hollow=end.hollow),
    )


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return places as near to `wanted` as possible, each `gap` from the next.

    They stay between `low` and `high` if all of them fit.
    """
    order = sorted(range(len(wanted)), key=lambda n: wanted[n])
    places = [0.0] * len(wanted)
    at = low - gap
    for n in order:  # upwards, then back down from the top
        at = places[n] = max(wanted[n], at + gap)
    at = max(high, low + gap * (len(wanted) - 1)) + gap
    for n in reversed(order):
        at = places[n] = min(places[n], at - gap)
    return places
