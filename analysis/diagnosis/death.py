"""The death of a server, and from when on failures may be due to it.

Rules of this module:
- The record has no time of the death. It follows from two things that have to agree.
- A server that has died answers nothing. What failed while others went on to be
  answered had another cause.
- The run ends soon after the death. What failed long before its end had another cause,
  such as a server that hangs before it is killed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.record.definitions import failed, finish_s

# Answers that had arrived before the death may be read so much later.
ANSWERS_READ_S = 1.0
# The runner looks for the server ten times a second. Locust, whose users then all fail
# at once, may take seconds to end.
NOTICED_S = 5.0


@dataclass(frozen=True)
class Death:
    """How the server died under load, or None; and from when on failures may be it."""

    how: str | None
    since_s: float

    def at(self, failed_s: float | None) -> str | None:
        """Return how it died, if what failed at `failed_s` may be due to that."""
        may_be = failed_s is not None and failed_s >= self.since_s
        return self.how if may_be else None


def death(record: pd.DataFrame, run: dict[str, Any]) -> Death:
    """Return the death from the whole record of a run; `run` is its `run.json`."""
    return Death(run.get("crashed"), died_s(record, run["stopped"]["at_s"]))


def died_s(record: pd.DataFrame, stopped_s: float) -> float:
    """Return from when on a failure may be that of a server that died, in seconds.

    `record` is the whole record of a run that ended at `stopped_s`.
    """
    answered_s = finish_s(record[~failed(record)]).max()
    latest_s = 0.0 if pd.isna(answered_s) else float(answered_s)
    return max(latest_s - ANSWERS_READ_S, stopped_s - NOTICED_S)
