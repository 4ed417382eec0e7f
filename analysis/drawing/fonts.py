"""The fonts of charts: those that come with matplotlib, wherever charts are made.

Rules of this module:
- A system may have another version of DejaVu Sans, whose glyphs have other numbers, and
  the same data would give other bytes.
- Matplotlib keeps its list of fonts for all programs of a user. The list may lack its
  own fonts: if it was made by an installation that has gone, say.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import matplotlib as mpl
from matplotlib.font_manager import fontManager

FAMILY = "DejaVu Sans"


def take_own_fonts_first() -> None:
    """Let matplotlib's own fonts be found before others of the same name."""
    own = Path(mpl.get_data_path(), "fonts", "ttf")
    add_fonts(own.glob("DejaVuSans*.ttf"))
    fontManager.ttflist.sort(key=lambda font: not Path(font.fname).is_relative_to(own))


def add_fonts(paths: Iterable[Path]) -> None:
    """Let charts have the fonts in these files, too; each is listed once."""
    known = {font.fname for font in fontManager.ttflist}
    for path in sorted(paths):
        if str(path) not in known:
            fontManager.addfont(path)
