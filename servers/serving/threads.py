"""Starting threads that serve.

Rules of this module:
- If no thread is available, the server waits, and does not end.
- A thread does not keep the process alive: after the grace it ends with the process.
"""

from __future__ import annotations

import threading
import time
from _thread import start_new_thread
from collections.abc import Callable
from typing import Any

from servers.serving.listener import RETRY_S, Listener

LOOK_S = 0.1  # between two checks for the signal to stop


def reserve(listener: Listener, free: threading.Semaphore) -> bool:
    """Acquire `free`, which threads release; False if the server has to stop."""
    while not free.acquire(timeout=LOOK_S):
        if listener.stopping():
            return False
    return True


def start(listener: Listener, work: Callable[..., object], *args: Any) -> bool:
    """Start a thread that does `work`; False if the server has to stop before.

    It does not use `threading.Thread`, which waits until the thread runs. The two
    switches for that take longer than starting the thread.
    """
    while not start_now(work, *args):  # another thread will end
        if listener.stopping(RETRY_S):
            return False
    return True


def start_now(work: Callable[..., object], *args: Any) -> bool:
    """Start a thread that does `work`; False if that is impossible now."""
    try:
        start_new_thread(work, args)
    except RuntimeError:
        return False
    return True


def wait_for(ended: threading.Semaphore, count: int, seconds: float) -> None:
    """Acquire `ended` `count` times, for `seconds` at most. Threads release it."""
    deadline = time.monotonic() + seconds
    for _ in range(count):
        if not ended.acquire(timeout=max(deadline - time.monotonic(), 0)):
            break
