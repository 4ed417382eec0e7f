"""The folder that Locust starts in, and takes for this user's home.

Rules of this module:
- Locust looks for settings in both, and finds none there.
- It finds a link to the locustfile: Locust would split the path of a checkout at a
  comma.
"""

from __future__ import annotations

from pathlib import Path

from load import ROOT

LOCUSTFILE = ROOT.absolute() / "load" / "locustfile.py"


def make_home(folder: Path) -> None:
    """Make the folder."""
    folder.mkdir()
    (folder / LOCUSTFILE.name).symlink_to(LOCUSTFILE)
