"""How far a run is: a chart that is redrawn in a terminal, else a line now and then.

Rules of this module:
- Drawing takes time of a core of the generator's. So it happens once a second.
- Who wants it quiet sees nothing of it, and no time is spent on it.
- How much time is left is an expectation. If the run takes longer, the most that it may
  take is shown instead.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from contract.terminal import can_redraw, duration
from contract.text import numbered
from load.progress.tail import Tail

if TYPE_CHECKING:
    from load.progress.screen import Screen

PLAIN_EVERY_S = 10.0
READ_EVERY_S = 1.0  # and drawn in a terminal
WAITING = "waiting for another run on this host to end"


class Progress:
    """Shows how far the run called `label` is, from begin to end.

    The run is expected to take `expected_s` in all, and what follows it in the same
    study `rest_s`; None if that is not known. Nothing is shown if it is `quiet`.
    """

    def __init__(
        self,
        label: str,
        expected_s: float | None = None,
        rest_s: float | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        self.label = label
        self.quiet = quiet
        self.expected_s = expected_s
        self.rest_s = rest_s
        is_drawn = can_redraw(sys.stderr) and not quiet
        self.screen = _screen(label) if is_drawn else None
        self.began = self.shown = self.read = time.monotonic()
        self.tail: Tail | None = None
        self.longest_s = 0.0
        self.phase = ""

    def __enter__(self) -> Progress:
        if self.screen:
            self.screen.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.screen:
            self.screen.live.stop()

    def wait(self) -> None:
        """Show that the run waits for another one to end."""
        if self.screen:
            self.screen.say(WAITING)
        else:
            self._print(WAITING)

    def begin(self) -> None:
        """From now on time counts: the run does not wait any more."""
        self.began = self.shown = self.read = time.monotonic()
        self.phase = "starting"
        self._draw(self.began)

    def begin_load(self, requests: Path, longest_s: float) -> None:
        """From now on show the record at `requests`; the load ends in `longest_s`."""
        self.tail = Tail(requests)
        self.longest_s = longest_s + time.monotonic() - self.began
        self.phase = ""

    def end_load(self) -> None:
        """Show that the load has ended, and its record is being read."""
        self.phase = "reading the record"
        self._draw(time.monotonic())

    def update(self) -> None:
        """Read the record and show the state, if it is time to do so."""
        now = time.monotonic()
        if self.quiet or self.tail is None or now - self.read < READ_EVERY_S:
            return
        self.read = now
        failures = self.tail.failures
        self.tail.read(now)
        if self.screen:
            failed = self.tail.failures > failures
            self.screen.add(self.tail.users, self.tail.rps, failed=failed)
            self._draw(now)
        elif now - self.shown >= PLAIN_EVERY_S:
            self.shown = now
            self._print(f"{self._figures(now)}, {self._left(now)}")

    def _print(self, text: str) -> None:
        if not self.quiet:
            print(f"{self.label}: {text}", file=sys.stderr, flush=True)

    def _draw(self, now: float) -> None:
        """Draw the state, where it is drawn at all."""
        if self.screen:
            state = ", ".join(filter(None, [self._figures(now), self.phase]))
            self.screen.draw(state, self._left(now))

    def _figures(self, now: float) -> str:
        parts = [f"{now - self.began:.0f} s"]
        if self.tail is not None:
            parts.append(numbered(f"{self.tail.users:,} user(s)"))
            parts.append(f"{self.tail.rps:,.0f} RPS")
            parts.append(f"{self.tail.failures:,} failed")
            if (p95_ms := self.tail.p95_ms) is not None:
                parts.append(f"p95 {p95_ms:,.0f} ms")
        return ", ".join(parts)

    def _left(self, now: float) -> str:
        """Return how much time is left of the run, and of its study."""
        elapsed = now - self.began
        left = max((self.expected_s or 0.0) - elapsed, 0.0)
        if left:
            text = f"about {duration(left)} left"
        elif self.tail is None:
            return ""
        else:
            text = f"at most {duration(max(self.longest_s - elapsed, 0.0))} left"
        if self.rest_s:
            text += f", of the study about {duration(left + self.rest_s)}"
        return text


def _screen(label: str) -> Screen:
    from load.progress.screen import Screen

    return Screen(label)
