"""How Locust is started, and the folder that it starts in and takes for a user's home.

Rules of this module:
- Locust looks for settings in both, and finds none there.
- It finds a link to the locustfile: Locust would split the path of a checkout at a
  comma.
"""

from __future__ import annotations

import sys
from pathlib import Path

from load import ROOT

LOCUSTFILE = ROOT.absolute() / "load" / "locustfile.py"
ALONE = ROOT.absolute() / "load" / "host" / "without_extras.py"
LOCUST = (sys.executable, "-I", str(ALONE), "-m", "locust")


def make_home(folder: Path) -> None:
    """Make the folder."""
    folder.mkdir()
    (folder / LOCUSTFILE.name).symlink_to(LOCUSTFILE)
