"""What stands in for the screen where a person is to see nothing of this project's.

Rules of this module:
- A dry run loads it: it needs only the standard library.
"""

from __future__ import annotations


class Silent:
    """Shows nothing; runs are `quiet` as well, or show how far they are."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet

    def expected(self, cell: str) -> str:
        """Return the options of a run: nothing is expected."""
        return "--quiet" if self.quiet else ""
