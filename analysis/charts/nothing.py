"""The picture instead of a chart for which there are no figures.

It gives the reason. Without it a picture of an earlier matrix might be taken for this
one.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from analysis.charts.style import entitle, figure

WIDTH_IN = 6.0
WHY = "No server of {} could be measured: the tables say why."


def nothing(reason: str) -> Figure:
    """Return an empty picture with the reason above it."""
    picture = figure(WIDTH_IN, 1.2)
    entitle(picture, f"Not measured. {reason}", WIDTH_IN)
    return picture
