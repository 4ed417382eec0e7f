"""What stands in for the screen where a person is to see nothing of this project's.

Rules of this module:
- A dry run loads it: it needs only the standard library.
"""

from __future__ import annotations


class Silent:
    """Shows nothing."""

    def expected(self, cell: str) -> str:
        """Return no options for a run."""
        return ""
