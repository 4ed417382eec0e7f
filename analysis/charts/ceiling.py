"""What the load generator can send, beside what servers answer.

Rules of this module:
- The ceiling is a line where it is near: far above, it would press all else together.
  Then a note has its figure.
"""

from __future__ import annotations

from analysis.drawing.words import word
from analysis.rows.settings import show

FAR = 2.0  # times the greatest rate of a server


def ceiling_note(ceiling_rps: float | None, greatest_rps: float) -> list[str]:
    """Return the note about a ceiling, if there is one."""
    if not ceiling_rps:
        return []
    if is_far(ceiling_rps, greatest_rps):
        return [word("ceiling.far", show(ceiling_rps, 0))]
    return [word("signs.ceiling")]


def is_far(ceiling_rps: float, greatest_rps: float) -> bool:
    return ceiling_rps > FAR * greatest_rps
