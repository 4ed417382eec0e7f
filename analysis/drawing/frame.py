"""What stands around the panels of a chart: its title, its legend and its notes.

Rules of this module:
- A title is one line. What was set, and what signs mean, stands in small notes below.
- A figure grows by what is written around its panels: they keep their size.
- A number and its unit stand in one line.
"""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Iterable, Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.drawing.style import INK, characters_in, shorten
from analysis.translation import translated

TITLE_PT, NOTE_PT, LEGEND_PT = 11.0, 7.5, 8.0
TITLE_CHARACTERS, NOTE_CHARACTERS = 10.5, 18.0  # in an inch
MARGIN_IN = 0.1
POINTS = 72  # in an inch
UNIT = re.compile(r"(?<=\d) (?=(?:%|m?s|[kM]?B|Mbit/s)(?!\w))")  # the space before it
KEPT = "\N{NO-BREAK SPACE}"  # textwrap does not break there
LINE, ROW = 1.3, 1.6  # the height of a line, and of a legend's, in sizes of its font


def entitle(
    picture: Figure,
    title: str,
    notes: Iterable[str] = (),
    *,
    handles: Sequence[Artist] = (),
    columns: int = 4,
) -> None:
    """Write a title above the panels, and a legend of `handles` and `notes` below."""
    said = _wrapped(notes, picture.get_figwidth() - 2 * MARGIN_IN)
    rows = -(-len(handles) // columns)
    notes_in = MARGIN_IN + len(said) * NOTE_PT * LINE / POINTS if said else 0.0
    legend_in = 2 * MARGIN_IN + rows * LEGEND_PT * ROW / POINTS if handles else 0.0
    _grow(picture, MARGIN_IN + TITLE_PT * LINE / POINTS, notes_in + legend_in)
    _write(picture, title, said)
    if handles:
        picture.legend(
            handles=list(handles),
            loc="lower left",
            bbox_to_anchor=(0, notes_in / picture.get_figheight()),
            ncols=columns,
            frameon=False,
            fontsize=LEGEND_PT,
        )


def _wrapped(notes: Iterable[str], inches: float) -> list[str]:
    characters = characters_in(inches, NOTE_CHARACTERS)
    lines = (
        textwrap.wrap(
            UNIT.sub(KEPT, translated(note)), characters, break_on_hyphens=False
        )
        for note in notes
    )
    return [line.replace(KEPT, " ") for line in itertools.chain.from_iterable(lines)]


def _grow(picture: Figure, above_in: float, below_in: float) -> None:
    """Make room above and below the panels, which keep their size."""
    width, height = picture.get_size_inches()
    whole = height + above_in + below_in
    picture.set_size_inches(width, whole)
    engine = picture.get_layout_engine()
    assert engine is not None  # of a figure that `style.figure` has made
    rect = (0, below_in / whole, 1, height / whole)
    engine.set(rect=rect)  # type: ignore[call-arg]


def _write(picture: Figure, title: str, notes: Sequence[str]) -> None:
    width, height = picture.get_size_inches()
    inches = width - 2 * MARGIN_IN
    picture.text(
        MARGIN_IN / width,
        1 - MARGIN_IN / height,
        shorten(title, characters_in(inches, TITLE_CHARACTERS)),
        va="top",
        fontsize=TITLE_PT,
        fontweight="bold",
    )
    picture.text(
        MARGIN_IN / width,
        MARGIN_IN / height,
        "\n".join(notes),
        va="bottom",
        fontsize=NOTE_PT,
        color=INK,
        linespacing=LINE,
    )


def say(axes: Axes, words: str) -> None:
    """Say in a panel why nothing is drawn in it; it has no axis then."""
    axes.tick_params(axis="x", which="both", bottom=False, labelbottom=False)
    axes.grid(visible=False)
    axes.text(
        0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=INK
    )
