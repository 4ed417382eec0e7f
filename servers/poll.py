"""One process that watches all its sockets with poll(2).

How: as `select`, but the list of sockets is an array of descriptors and events, instead
of three sets of bits. So a descriptor may be any number.

When it fits: the same as `select`, and more than a thousand clients, on a system
without epoll or kqueue: poll is in POSIX.

What limits it: one core, as with `select`, and the limit on open files instead of
FD_SETSIZE. Each call still passes the whole array to the kernel, which checks every
socket in it. With a thousand idle clients, that is a thousand checks for each request.

Source: Stevens, UNIX Network Programming, volume 1, chapter 6, "poll Function"; Banga,
Mogul and Druschel, A scalable and explicit event delivery mechanism for UNIX (USENIX
1999), on the cost of these checks.
"""

from __future__ import annotations

import math
import select

from servers.serving.event_loop import Loop
from servers.serving.listener import Listener, free_descriptors
from servers.serving.settings import Settings


def serve(listener: Listener, settings: Settings) -> None:
    """Serve until told to stop."""
    Loop(listener, settings, _Poll(), free_descriptors()).run()


class _Poll:
    """poll(2) as a `Poller`."""

    def __init__(self) -> None:
        # Essential: one array has every socket, and what is awaited of it.
        poll = select.poll()
        self.poll = poll.poll
        self.watch, self.change = poll.register, poll.modify
        self.leave = self.closed = poll.unregister
        # End of the essential lines.

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        # Essential: the only call that blocks. The kernel gets the whole array each
        # time.
        # Rounded up: otherwise the last millisecond would be many calls without a wait.
        return self.poll(None if seconds is None else math.ceil(seconds * 1000))
        # End of the essential lines.
