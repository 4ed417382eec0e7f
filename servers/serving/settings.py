"""What connections are served with, whichever way they are served.

Rules of this module:
- A limit on what a client may take is here, so that it is the same for each
  architecture.
- A client that is gone is no error. An error of the application is reported on stderr,
  and ends one connection.
"""

from __future__ import annotations

import contextlib
import select
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from servers.protocol.steps import Application
from servers.serving.listener import OF_THE_CLIENT

READ_BYTES = 65_536
# How much later than its grace a worker may end: it may be making a page.
LATE_S = 0.5
# After its response, a client is read from for so long and so much: it may have been
# too busy sending to receive.
LINGER_S = 1.0
LINGER_BYTES = 1_000_000


@dataclass(frozen=True)
class Settings:
    """What a connection is served with. Times in seconds."""

    app: Application
    request_s: float
    response_s: float
    grace_s: float
    rehearsal: bytes = b""  # a request that changes nothing: see processes.py
    poll: Callable[[], Any] = select.poll  # what to wait with
    # Called before work, where the others of a thread have to be let go on.
    yield_to_others: Callable[[], object] = lambda: None


def report(error: Exception) -> None:
    """Print what the application has raised. That a client is gone is no news."""
    if isinstance(error, OSError) and error.errno in OF_THE_CLIENT:
        return
    with contextlib.suppress(OSError):  # stderr may be closed
        traceback.print_exception(error)
