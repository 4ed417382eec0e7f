"""The style of all charts, and how a chart becomes a file.

Rules of this module:
- Charts are readable in grey and by colour-blind eyes. Each implementation has its
  colour in all charts (`implementations.py`). A line style, a marker or a label always
  says the same as a colour.
- The title of a panel names what its vertical axis shows, with its unit. A horizontal
  axis has a label, with its unit.
- What something other than the server limited is hollow, and has a †. What was not
  reached has an arrow. A panel with nothing to draw says so.
- Each part that users wait for has one colour in all charts (`FILLS`). The server's
  parts are plain, and each is lighter than the one before. Parts outside of it are
  hatched.
- The same data give the same bytes: no dates, fixed identifiers in the SVG, and text as
  outlines of the one font that comes with matplotlib.
- Figures are made without pyplot: it needs no screen and shares no state.
"""

from __future__ import annotations

import contextlib
import io
import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullLocator,
)

from analysis.drawing import PICTURES
from analysis.drawing.fonts import FAMILY, add_fonts, take_own_fonts_first
from analysis.drawing.hangul import hangul_fonts
from analysis.files import write
from analysis.texts import ENGLISH, language
from analysis.translation import translated

FAILURE = "#B00020"
INK = "#444444"  # of what is written small


@dataclass(frozen=True)
class Fill:
    """How an area is filled; `ink` is the colour of its hatch and of words on it."""

    colour: str
    ink: str
    hatch: str = ""

    @property
    def look(self) -> dict[str, Any]:
        """The arguments for a patch of matplotlib that is filled so."""
        return {
            **{"facecolor": self.colour, "hatch": self.hatch, "hatchcolor": self.ink},
            **{"edgecolor": "white", "linewidth": 0.8},
        }


FILLS = {
    "server-workers": Fill("#00553D", "white"),
    "server-cpu": Fill("#0072B2", "white"),
    "server-descriptors": Fill("#C2659B", "white"),
    "server-serial": Fill("#56B4E9", "black"),
    "accept-queue": Fill("#F2B134", "black"),
    "backend": Fill("#A6D8B8", "black", "...."),
    "link": Fill("#D55E00", "white", "////"),
    "machine": Fill("#8B5A2B", "white", "xxxx"),
    "generator-cpu": Fill("#333333", "white", "\\\\\\\\"),
    "unclear": Fill("#E6E6E6", "black"),
}
LEGEND = {"handlelength": 5, "frameon": False, "fontsize": 8}  # beside a panel
DIGITS = 6  # of a position in a figure whose side is 1
PNG_DPI = 150  # pixels of an inch
WIDE = 1.75  # letters of the Latin alphabet: the width of one of Hangul
NARROWER = 0.68  # so many times as many characters where most are Hangul

take_own_fonts_first()
mpl.rcParams.update(
    {
        "font.family": FAMILY,
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "grid.color": "#DDDDDD",
        "grid.linewidth": 0.6,
        "lines.linewidth": 1.6,
        "svg.fonttype": "path",
        "svg.hashsalt": "firstfail",
        "text.parse_math": False,  # a server's messages may have any number of $
    }
)


def figure(width: float, height: float) -> Figure:
    """Return an empty figure, its size in inches."""
    picture = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(picture)
    return picture


def save(picture: Figure, stem: Path) -> list[Path]:
    """Write `stem.svg` and `stem.png`; return their paths.

    `savefig` would draw each of them twice, the first time to lay it out.
    """
    paths = [stem.with_name(stem.name + suffix) for suffix in PICTURES]
    svg, png = paths
    settle(picture)
    vectors: Any = FigureCanvasSVG(picture)
    write(svg, lambda path: vectors.print_svg(path, metadata={"Date": None}))
    picture.set_dpi(PNG_DPI)
    pixels: Any = FigureCanvasAgg(picture)
    write(png, lambda path: pixels.print_png(path, metadata={"Software": None}))
    return paths


def svg(picture: Figure) -> str:
    """Return a figure as SVG."""
    settle(picture)
    written = io.BytesIO()
    vectors: Any = FigureCanvasSVG(picture)
    vectors.print_svg(written, metadata={"Date": None})
    return written.getvalue().decode()


@contextlib.contextmanager
def lettering() -> Iterator[None]:
    """Draw in the block with a font that has the letters of the report's language."""
    if language() == ENGLISH:
        yield
        return
    add_fonts(hangul_fonts().glob("NanumGothic*.ttf"))
    with mpl.rc_context({"font.family": ["NanumGothic", FAMILY]}):
        yield


def _translate(picture: Figure) -> None:
    """Write all texts of a figure in the language that is spoken."""
    for axes in picture.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(axis.get_major_locator(), FixedLocator):
                labels = [translated(at.get_text()) for at in axis.get_ticklabels()]
                if labels:  # a panel may share those of the one beside it
                    axis.set_ticklabels(labels)
    for text in picture.findobj(Text):
        text.set_text(translated(text.get_text()))
        text.set_linespacing(1.35)  # lines of Hangul are higher than those of Latin


def lay_out(picture: Figure) -> None:
    """Place the panels of a figure, for what is placed by them.

    `draw_without_rendering` would then go on and draw, for nothing.
    """
    engine: Any = picture.get_layout_engine()
    engine.execute(picture)


def settle(picture: Figure) -> None:
    """Lay a figure out, once, so that the same figure is always the same bytes.

    The solver of a constrained layout finds positions whose last digits differ from run
    to run. An SVG names its clip paths after all digits.
    """
    if language() != ENGLISH:
        _translate(picture)
    engine = picture.get_layout_engine()
    if engine is None or not picture.axes:
        return
    engine.execute(picture)
    picture.set_layout_engine(None)  # "none" would draw each file twice
    for axes in picture.axes:
        place = axes.get_position(original=True).bounds
        left, bottom, width, height = (round(side, DIGITS) for side in place)
        axes.set_position((left, bottom, width, height))


def characters_in(inches: float, per_inch: float) -> int:
    """Return how many characters there is room for, in the language that is spoken."""
    return int(inches * per_inch * (1 if language() == ENGLISH else NARROWER))


def letters(text: str) -> float:
    """Return how many letters of the Latin alphabet are about as wide as a text."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + (WIDE - 1) * wide


def shorten(text: str, characters: int) -> str:
    text = translated(text)
    return textwrap.shorten(text, characters, placeholder=" …") or text[:characters]


def thousands(axes: Axes, *axis: str) -> None:
    """Write the ticks of these axes ("x", "y") with separators, a few of them."""
    for name in axis:
        which = axes.xaxis if name == "x" else axes.yaxis
        if which.get_scale() == "log":  # ticks even within one decade
            which.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
            which.set_minor_locator(NullLocator())
        else:
            which.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        which.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
