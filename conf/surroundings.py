"""The environment of Snakemake, where differences must not matter.

Rules of this module:
- Commands find the same programs however Snakemake was started: by make, in an
  activated environment, or by its path.
- A user may have no name, as in a container that runs as a bare user id.
"""

from __future__ import annotations

import getpass
import os
from pathlib import Path


def prepare(python: str) -> None:
    """Put programs beside `python` first in PATH, and name a user who has no name."""
    path = os.environ.get("PATH") or os.defpath
    beside = str(Path(python).parent)
    if path.split(os.pathsep)[0] != beside:
        os.environ["PATH"] = beside + os.pathsep + path
    try:
        getpass.getuser()
    except (KeyError, OSError):  # KeyError before Python 3.13, OSError from then on
        os.environ["LOGNAME"] = str(os.getuid())
