"""The chart of a run in a terminal, which is redrawn while the run goes on.

To load what draws takes a quarter of the time in which the runner starts. So it is
loaded where somebody looks at it.
"""

from __future__ import annotations

import sys

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from load.progress.chart import Series, chart

CHART_ROWS = 3
LOW = 16  # lines of a terminal in which charts have one row


class Screen:
    """The lines of the run called `label`."""

    def __init__(self, label: str) -> None:
        self.label = Text(label, style="bold", no_wrap=True, overflow="ellipsis")
        self.console = Console(file=sys.stderr, highlight=False)
        self.live = Live(console=self.console, auto_refresh=False, transient=True)
        self.users, self.rps = Series("users", "cyan"), Series("RPS", "green")

    def say(self, text: str) -> None:
        """Show a line, and no chart."""
        self.live.update(Group(self.label, Text(text), Text()), refresh=True)

    def add(self, users: int, rps: float, *, failed: bool) -> None:
        """Add a reading, which is shown when the chart is drawn again."""
        self.users.add(users)
        self.rps.add(rps, marked=failed)

    def draw(self, state: str, left: str) -> None:
        width, height = self.console.size
        rows = 1 if height < LOW else CHART_ROWS
        lines = [self.label]
        for series in (self.users, self.rps):
            lines += chart(series, width, rows)
        lines += [Text(state), Text(left, style="dim"), Text()]
        self.live.update(Group(*lines), refresh=True)
