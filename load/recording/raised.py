"""Whether a listener or a user of Locust has raised an exception.

Rules of this module:
- Locust logs such an exception and goes on. A request may then be missing from the
  record, so the run has no result.
- Locust sets a mark for listeners of events and for greenlets, and keeps the exceptions
  of users. Listeners of messages have to be wrapped (`marking`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from locust import log
from locust.runners import Runner

RAISED = "Locust has logged an exception: requests may be missing from the record"


def has_raised(runner: Runner | None) -> bool:
    """Return whether one was raised since the begin of the run."""
    of_users = runner.exceptions if runner is not None else {}
    return log.unhandled_greenlet_exception or bool(of_users)


def forget() -> None:
    """Forget those of an earlier run, in the web UI; Locust forgets those of users."""
    log.unhandled_greenlet_exception = False


def marking(listener: Callable[..., None]) -> Callable[..., None]:
    """Return a listener of messages that sets the mark when it raises."""

    @functools.wraps(listener)
    def listen(**received: Any) -> None:
        try:
            listener(**received)
        except Exception:
            log.unhandled_greenlet_exception = True
            raise

    return listen
