"""What stands in for the screen where a person is to see nothing of this project's.

Rules of this module:
- A dry run loads it: it needs only the standard library.
"""

from __future__ import annotations

from collections.abc import Sequence


class Silent:
    """Shows nothing."""

    def expected(self, cell: str) -> str:
        """Return no options for a run."""
        return ""

    def succeed(self) -> None:
        """Show nothing."""

    def fail(self, logs: Sequence[str]) -> None:
        """Show nothing."""
