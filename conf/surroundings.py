"""What Snakemake is run in and with, where that must not matter.

Rules of this module:
- What is started finds the same programs, whether make, an activated environment or a
  path to it was the way to Snakemake.
- A user may have no name, as in a container that is started for a number alone.
"""

from __future__ import annotations

import getpass
import os
from pathlib import Path


def settle(python: str) -> None:
    """Let programs beside `python` come first, and a user without a name have one."""
    path = os.environ.get("PATH") or os.defpath
    beside = str(Path(python).parent)
    if path.split(os.pathsep)[0] != beside:
        os.environ["PATH"] = beside + os.pathsep + path
    try:
        getpass.getuser()
    except (KeyError, OSError):  # the one before Python 3.13, the other from then on
        os.environ["LOGNAME"] = str(os.getuid())
