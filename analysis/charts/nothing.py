"""The picture in the place of a chart that nothing could be drawn of.

It says so, so that no picture of an earlier matrix is taken for this one's.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from analysis.charts.style import entitle, figure

WIDTH_IN = 6.0
WHY = "No server of {} could be: the tables say why."


def nothing(said: str) -> Figure:
    """Return a picture of nothing, with why there is nothing above it."""
    made = figure(WIDTH_IN, 1.2)
    entitle(made, f"Not measured. {said}", WIDTH_IN)
    return made
