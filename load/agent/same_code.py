"""Whether this host has the code that a cell is to be measured with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contract.settings import RUNNER
from load.hosts.sources import asked

CHANGED = " has changed"  # what is said ends like this, behind the name of the code


def differing_code(config: dict[str, Any], scratch: Path) -> str | None:
    """Return which code is not that of the cell; None where all is the same."""
    done = asked(config, scratch, *RUNNER)
    if not done.returncode:
        return None
    lines = done.stderr.strip().splitlines() or ["the code"]
    return lines[-1].partition(CHANGED)[0]
