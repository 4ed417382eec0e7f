"""A thread for each connection, joined at once.

How: as `multithread`, but the main thread waits until a thread has ended (`join()`)
before it accepts the next connection.

When it fits: never. It shows the effect of `join()` in the wrong place: one thread
works at a time, as in `single`, and it must be started as well.

What limits it: the same as `single`.
"""

from __future__ import annotations

import threading

from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import RETRY_S, Listener
from servers.serving.settings import LATE_S, Settings
from servers.serving.threads import LOOK_S


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    # Essential: the thread is joined before the next connection is accepted.
    while (connection := listener.accept()) is not None:
        thread = threading.Thread(
            target=serve_connection,
            args=(connection, listener.stop, settings),
            daemon=True,
        )
        if not started(thread, listener):
            connection.close()
            break
        join(thread, listener, settings.grace_s + LATE_S)
    # End of the essential lines.
    listener.close()


def join(thread: threading.Thread, listener: Listener, seconds: float) -> None:
    """Wait until `thread` has ended; after a signal to stop, for `seconds` at most."""
    while thread.is_alive():
        thread.join(LOOK_S)
        if listener.stopping():
            thread.join(seconds)
            break


def started(thread: threading.Thread, listener: Listener) -> bool:
    """Start `thread`; return False if the server has to stop before."""
    while True:
        try:
            thread.start()
        except RuntimeError:  # no thread is available until another ends
            if listener.stopping(RETRY_S):
                return False
            continue
        return True
