"""The picture instead of a chart for which there are no figures.

It gives the reason. Without it a picture of an earlier matrix might be taken for this
one.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from analysis.drawing.frame import entitle
from analysis.drawing.style import figure
from analysis.drawing.words import word

WIDTH_IN = 6.0


def nothing(reason: str) -> Figure:
    """Return an empty picture with the reason in it."""
    picture = figure(WIDTH_IN, 0.4)
    entitle(picture, word("nothing"), [reason])
    return picture
