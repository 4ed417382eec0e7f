"""Labels of lines beside a panel, at the heights of the lines' ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

LABEL_PT = 11.0  # the least distance of two labels, in points


@dataclass(frozen=True)
class LineEnd:
    """The last point of a line, in the panel's units, and the line's label."""

    label: str
    colour: str
    x: float
    y: float


def label_lines(axes: Axes, ends: Sequence[LineEnd]) -> None:
    """Label each line beside the panel, at the height of its end if there is room.

    The layout has to be settled before (`draw_without_rendering`).
    """
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
    for end, place in zip(ends, places, strict=True):
        axes.annotate(
            end.label,
            (end.x, end.y),
            xytext=(1.03, (place - box.y0) / box.height),
            textcoords="axes fraction",
            va="center",
            fontsize=8,
            color=end.colour,
            arrowprops={
                **{"arrowstyle": "-", "color": "#999999", "linewidth": 0.5},
                "relpos": (0, 0.5),  # to where the label begins
            },
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
