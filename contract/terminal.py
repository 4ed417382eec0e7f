"""What a person sees in a terminal, whoever writes it: Snakemake's side and each run.

Rules of this module:
- Lines are written anew only in a terminal that somebody looks at. A pipe, a file and a
  terminal that calls itself dumb get plain lines, and so does CI.
"""

from __future__ import annotations

import os
from typing import TextIO

MINUTE_S, HOUR_S = 60, 3600


def can_redraw(file: TextIO) -> bool:
    """Whether lines that were written to `file` can be written anew."""
    dumb = os.environ.get("TERM", "").lower() in ("dumb", "unknown")
    is_unicode = (file.encoding or "").lower().startswith("utf")
    return file.isatty() and is_unicode and not dumb and not os.environ.get("CI")


def duration(seconds: float) -> str:
    """Return a duration in words; the longer it is, the less exactly."""
    if seconds < 2 * MINUTE_S:
        return f"{seconds:.0f} s"
    minutes = round(seconds / MINUTE_S)
    if minutes < 2 * MINUTE_S:
        return f"{minutes} min"
    return f"{round(seconds / HOUR_S)} h"
