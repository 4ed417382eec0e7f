"""What stands around the panels of a chart: its title, its legend and its notes.

Rules of this module:
- A title is one line. What was set, and what signs mean, stands in small notes below.
- A figure grows by what is written around its panels: they keep their size.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts.style import INK, shorten

TITLE_PT, NOTE_PT, LEGEND_PT = 11.0, 7.5, 8.0
TITLE_CHARACTERS, NOTE_CHARACTERS = 10.5, 18.0  # in an inch
MARGIN_IN = 0.1
POINTS = 72  # in an inch
LINE = 1.3  # a line's height, in sizes of its font


def entitle(
    picture: Figure,
    title: str,
    notes: Iterable[str] = (),
    *,
    handles: Sequence[Artist] = (),
    columns: int = 4,
) -> None:
    """Write a title above the panels, and a legend of `handles` and `notes` below."""
    width, height = picture.get_size_inches()
    inches = width - 2 * MARGIN_IN
    said = [
        line
        for note in notes
        for line in textwrap.wrap(
            note, int(inches * NOTE_CHARACTERS), break_on_hyphens=False
        )
    ]
    rows = -(-len(handles) // columns)
    top = MARGIN_IN + TITLE_PT * LINE / POINTS
    of_notes = MARGIN_IN + len(said) * NOTE_PT * LINE / POINTS if said else 0.0
    of_legend = 2 * MARGIN_IN + rows * LEGEND_PT * 1.6 / POINTS if handles else 0.0
    whole = height + top + of_notes + of_legend
    picture.set_size_inches(width, whole)
    engine = picture.get_layout_engine()
    assert engine is not None  # of a figure that `style.figure` has made
    below = (of_notes + of_legend) / whole
    engine.set(rect=(0, below, 1, height / whole))  # type: ignore[call-arg]
    left = MARGIN_IN / width
    picture.text(
        left,
        1 - MARGIN_IN / whole,
        shorten(title, int(inches * TITLE_CHARACTERS)),
        va="top",
        fontsize=TITLE_PT,
        fontweight="bold",
    )
    picture.text(
        left,
        MARGIN_IN / whole,
        "\n".join(said),
        va="bottom",
        fontsize=NOTE_PT,
        color=INK,
        linespacing=LINE,
    )
    if handles:
        picture.legend(
            handles=list(handles),
            loc="lower left",
            bbox_to_anchor=(0, of_notes / whole),
            **{"ncols": columns, "frameon": False, "fontsize": LEGEND_PT},
        )


def say(axes: Axes, words: str) -> None:
    """Say in a panel why nothing is drawn in it; it has no axis then."""
    axes.tick_params(axis="x", which="both", bottom=False, labelbottom=False)
    axes.grid(visible=False)
    axes.text(
        0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=INK
    )
