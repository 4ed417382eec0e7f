"""One process that watches all its sockets with poll(2).

How: as `select`, but the list of sockets is an array of descriptors with what to look
out for, instead of three sets of bits. So a descriptor may be as large as it likes.

When it fits: what fits `select`, with more than a thousand clients, where there is no
epoll or kqueue: poll is in POSIX.

What limits it: one core, as with `select`, and the open-file limit instead of
FD_SETSIZE. The whole array is still handed to the kernel at each call, which looks at
every socket in it: a thousand idle clients are a thousand looks for each one that has
something to say.

Source: Stevens, UNIX Network Programming, volume 1, chapter 6, "poll Function"; Banga,
Mogul and Druschel, A scalable and explicit event delivery mechanism for UNIX (USENIX
1999), on what these looks cost.
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
        poll = select.poll()
        self.poll = poll.poll
        self.watch, self.change = poll.register, poll.modify
        self.leave = self.closed = poll.unregister

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        # Rounded up, or it would be asked again and again in the last millisecond.
        return self.poll(None if seconds is None else math.ceil(seconds * 1000))
