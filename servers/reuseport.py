"""A process for each core, each with an event loop and a listening socket of its own.

How: all processes listen on the same port (SO_REUSEPORT). The kernel distributes
connections to their queues by a hash of the addresses. Each child is as `epoll`. The
parent opens the sockets and replaces children that die; it serves no client. A new
child gets the socket of the one that died, with its queue.

When it fits: the same as `epoll`, on several cores. nginx has it as `reuseport`. Pariag
et al. call it N-copy; here the kernel helps.

What limits it: all cores, if there are many clients. A connection stays with its
process. With few clients, or with costly requests, one process has a queue while
another is idle. Processes share data only through other programs.

Source: socket(7), SO_REUSEPORT; Kerrisk, The SO_REUSEPORT socket option (LWN 2013);
Pariag et al., Comparing the performance of web server architectures (EuroSys 2007).
"""

from __future__ import annotations

import argparse
import os
import socket
from functools import partial

from servers.command_line.options import number
from servers.epoll import Epoll
from servers.serving.event_loop import Loop
from servers.serving.listener import Listener, free_descriptors
from servers.serving.processes import REAP_EVERY_S, fork, reap, wait_for
from servers.serving.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    cores = len(os.sched_getaffinity(0))
    parser.add_argument(
        "--processes",
        type=number(int, 1, 1000),
        default=cores,
        metavar="N",
        help=f"processes that serve (default: as many as cores, here {cores})",
    )


def serve(listener: Listener, settings: Settings, processes: int) -> None:
    """Serve until told to stop."""
    sockets = _listen(listener, processes)
    serving = [0] * processes  # the child of each socket
    children: set[int] = set()
    while True:
        # Essential: each socket has a process that serves it, and a new one if that
        # has died.
        for place, own in enumerate(sockets):
            if serving[place] not in children:
                child = fork(partial(_work, listener, settings, own, sockets))
                if child is None:
                    break  # try again later
                children.add(child)
                serving[place] = child
        # End of the essential lines.
        if listener.stopping(REAP_EVERY_S):
            break
        reap(children)
    for own in sockets:
        own.close()
    wait_for(children, settings.grace_s)


def _listen(listener: Listener, count: int) -> list[socket.socket]:
    """Return `count` sockets that listen where `listener` does, the first is its own.

    The first was bound without SO_REUSEPORT, so no other server has the port.
    """
    first = listener.socket
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sockets = [first]
    try:
        for _ in range(count - 1):
            # Essential: each process has a listening socket, and so a queue, of its
            # own.
            one = socket.socket(first.family, first.type, first.proto)
            sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.bind(first.getsockname())
            one.listen(listener.backlog)
            one.setblocking(False)
            # End of the essential lines.
    except OSError as error:
        raise SystemExit(
            f"reuseport: no socket for each of {count} processes: {error.strerror}; "
            f"--processes {len(sockets) - 1} had one"
        ) from None
    return sockets


def _work(
    listener: Listener,
    settings: Settings,
    own: socket.socket,
    sockets: list[socket.socket],
) -> None:
    """Serve on `own`, in a child."""
    listener.leave_to_parent_for_long()
    listener.socket = own
    for other in sockets:
        if other is not own:
            other.close()
    # Essential: each process runs an event loop.
    Loop(listener, settings, Epoll(), free_descriptors()).run()
    # End of the essential lines.
