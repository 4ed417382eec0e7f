"""The section of a report that compares its study with other results.

Rules of this module:
- The study of the report is HEAD. The other side is whatever a user may name
  (`regressions/sides.py`): its names and reasons are text of others, as all is here.
- The comparison is made when the report is, and nothing of it is kept.
"""

from __future__ import annotations

from typing import Any

from analysis.drawing.style import lettering, svg
from analysis.regressions.chart import draw
from analysis.regressions.compare import Comparison
from analysis.regressions.markdown import body
from analysis.report.blocks import blocks
from analysis.texts import say


def section(comparison: Comparison, anchor: str) -> dict[str, Any]:
    """Return the section on a comparison, with this id."""
    title = say("regression.title", base=comparison.base)
    with lettering():
        picture = svg(draw(comparison))
    chart = {
        **{"name": "regression", "title": title, "path": ""},
        **{"alt": say("regression.alt"), "svg": picture},
    }
    sides = {"text": say("regression.sides", base=comparison.base), "style": ""}
    first = {"kind": "paragraph", "text": [sides]}
    found = [first, *blocks("\n".join(body(comparison)))]
    told = {"title": title, "experiment": "", "blocks": found, "charts": [chart]}
    return told | {"id": anchor, "beside": []}
