"""Starting threads that serve.

Rules of this module:
- No thread to be had is a reason to wait, not to end.
- A thread does not keep the process: one that outlasts the grace ends with it.
"""

from __future__ import annotations

import threading
import time
from _thread import start_new_thread
from collections.abc import Callable
from typing import Any

from servers.serving.listener import RETRY_S, Listener

LOOK_S = 0.1  # between two looks at whether to stop


def reserve(listener: Listener, free: threading.Semaphore) -> bool:
    """Acquire `free`, which threads release; False when told to stop before that."""
    while not free.acquire(timeout=LOOK_S):
        if listener.stopping():
            return False
    return True


def start(listener: Listener, work: Callable[..., object], *args: Any) -> bool:
    """Start a thread that does `work`; False when told to stop before there was one.

    Without `threading.Thread`, which waits until the thread runs: two switches for
    each, which is more than starting it.
    """
    while not start_now(work, *args):  # one ends sometime
        if listener.stopping(RETRY_S):
            return False
    return True


def start_now(work: Callable[..., object], *args: Any) -> bool:
    """Start a thread that does `work`; False where there is none to be had."""
    try:
        start_new_thread(work, args)
    except RuntimeError:
        return False
    return True


def wait_for(ended: threading.Semaphore, count: int, seconds: float) -> None:
    """Acquire `ended` `count` times, which threads release; for `seconds` at most."""
    deadline = time.monotonic() + seconds
    for _ in range(count):
        if not ended.acquire(timeout=max(deadline - time.monotonic(), 0)):
            break
