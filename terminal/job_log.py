"""What a run has said of itself on another host: the log of its job has it.

Rules of this module:
- On this host a run writes to the terminal. From a job only lines of firstfail are
  shown: the log also has all that Snakemake said there.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

OURS = "firstfail: "


def said(logs: Iterable[str]) -> list[str]:
    """Return the lines of ours in the logs of a job, each once."""
    lines = [line for log in logs for line in _lines(Path(log))]
    return list(dict.fromkeys(line for line in lines if line.startswith(OURS)))


def _lines(log: Path) -> list[str]:
    try:
        return log.read_text(errors="replace").splitlines()
    except OSError:  # it may be on the other host
        return []
