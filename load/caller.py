"""What started a run: it is told how the run goes, and may end before it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from load.errors import InterruptedRunError
from load.progress.progress import Progress


@dataclass(frozen=True)
class Caller:
    """The process that started the run.

    Lines for it begin with `label`. The run ends when process `parent` has ended, if
    one is given. The caller expects the run to take `expected_s`, and what follows it
    in the same study `rest_s`, if it knows. Where it is `quiet`, it is told only what
    is wrong.
    """

    label: str
    parent: int | None = None
    expected_s: float | None = None
    rest_s: float | None = None
    quiet: bool = False

    def say(self, text: str) -> None:
        print(f"{self.label}: {text}", file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """Say what is no trouble."""
        if not self.quiet:
            self.say(text)

    def progress(self) -> Progress:
        """Return what shows the caller how far the run is."""
        return Progress(self.label, self.expected_s, self.rest_s, quiet=self.quiet)

    def check_alive(self) -> None:
        """Raise `InterruptedRunError` if the parent has ended; call it in each wait."""
        if self.parent is not None and os.getppid() != self.parent:
            raise InterruptedRunError("what started the run has ended", 1)
