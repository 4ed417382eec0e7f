"""Charts that a report draws: those in another language, and those of runs without one.

Rules of this module:
- Kept charts are in English. A report in another language draws them anew.
- An archive keeps no chart of a run. Its report draws those that it shows: of the first
  run of each row, and of so many rows.
- A report reads a record for these reasons only.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from analysis.charts.cell import draw
from analysis.diagnosis.summary import summary
from analysis.drawing.style import lettering, svg
from analysis.files import read_json
from analysis.record.measurement import read_measurement
from analysis.rows.cells import Cell
from analysis.texts import ENGLISH, language
from contract import record

MOST = 12  # charts of runs


def redrawn(picture: Callable[[], Figure]) -> dict[str, str]:
    """Return the SVG of a chart, as an entry of its mapping; nothing in English."""
    if language() == ENGLISH:
        return {}
    return _drawn(picture)


def _drawn(picture: Callable[[], Figure]) -> dict[str, str]:
    with lettering():
        return {"svg": svg(picture())}


def redraw_cells(sections: Iterable[dict[str, Any]], cells: Iterable[Cell]) -> None:
    """Add to the sections of cells their charts, unless they are kept as they are."""
    by_folder = {str(cell.folder): cell for cell in cells}
    first = [section for section in sections if section["first"]]
    for section in first[:MOST]:
        if language() != ENGLISH or not Path(section["chart"]["path"]).exists():
            cell = by_folder[section["folder"]]
            section["chart"] |= _drawn(functools.partial(_chart, cell))


def _chart(cell: Cell) -> Figure:
    run = read_json(cell.folder / record.RUN)
    measured = read_measurement(cell.folder, cell.config, run)
    found = summary(measured)
    timeline = found.timeline()
    return draw(
        *(cell.config, found.row, measured.record, timeline, found.verdict, found.shown)
    )
