"""Whether this host has the code that a cell is to be measured with.

Rules of this module:
- `conf/plan/sources.py` knows which code counts. It is asked by its command line, since
  no other part is imported here.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from load import ROOT

ASKED = ("-E", "-s", "-m", "conf.plan.sources", "load", "contract")
CHANGED = " has changed"  # what it says ends like this, behind the name of the code


def differing_code(config: dict[str, Any], scratch: Path) -> str | None:
    """Return which code is not that of the cell; None where all is the same."""
    (scratch / "config.yaml").write_text(yaml.safe_dump(config))
    done = subprocess.run(
        [sys.executable, *ASKED, str(scratch)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.returncode:
        return None
    lines = done.stderr.strip().splitlines() or ["the code"]
    return lines[-1].partition(CHANGED)[0]
