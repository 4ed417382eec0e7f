"""A process for each core, each with an event loop and a listening socket of its own.

How: all listen on the same port (SO_REUSEPORT), and the kernel deals connections out to
their queues by a hash of the addresses. Each child is `epoll`. The parent opens the
sockets and looks after the children; it serves nobody. One that dies is replaced, and
takes over the socket with all who wait there.

When it fits: what fits `epoll`, on several cores. nginx has it as `reuseport`; it is
what Pariag et al. call N-copy, with the kernel's help.

What limits it: all cores, if there are many clients. A connection stays where it was
dealt to, so with few, or with costly requests, one process has a queue while another
has nothing to do. And nothing is shared but by way of something outside.

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
    serving = [0] * processes  # the process of each socket
    children: set[int] = set()
    while True:
        for place, own in enumerate(sockets):
            if serving[place] not in children:
                child = fork(partial(_work, listener, settings, own, sockets))
                if child is None:
                    break  # one is to be had sometime
                children.add(child)
                serving[place] = child
        if listener.stopping(REAP_EVERY_S):
            break
        reap(children)
    for own in sockets:
        own.close()
    wait_for(children, settings.grace_s)


def _listen(listener: Listener, count: int) -> list[socket.socket]:
    """Return `count` sockets that listen where `listener` does, its own one first.

    That had the port to itself when it was bound, so no other server has it too.
    """
    first = listener.socket
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sockets = [first]
    try:
        for _ in range(count - 1):
            one = socket.socket(first.family, first.type, first.proto)
            sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.bind(first.getsockname())
            one.listen(listener.backlog)
            one.setblocking(False)
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
    Loop(listener, settings, Epoll(), free_descriptors()).run()
