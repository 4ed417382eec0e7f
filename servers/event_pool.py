"""One process: an event loop for the sockets, and a pool of threads for the work.

How: the main thread is `epoll`: it alone accepts, reads, parses and sends. A step that
computes or waits is put into a queue; one of `--max-workers` threads takes it out, does
it and puts what it came to into another queue, which wakes the loop to send it. A slow
or idle client costs no thread, and a request that blocks holds up no other, as long as
there is a thread left.

When it fits: code that may block, called by clients that are slow or idle. SEDA calls
the parts stages; waitress is built like this, and so are proxies that buffer for
application servers.

What limits it: steps that wait in the queue for a thread: with all of them asleep it
serves as many requests at once as there are threads. In CPython the threads that
compute and the loop take turns (the global interpreter lock), and the loop, which needs
little each time, waits for its turn as long as they do: up to 5 ms for each event that
it would answer at once alone.

Source: Welsh, Culler and Brewer, SEDA: an architecture for well-conditioned, scalable
internet services (SOSP 2001); Pariag et al., Comparing the performance of web server
architectures (EuroSys 2007); waitress, "Design".
"""

from __future__ import annotations

import argparse
import os
import time
from collections import deque
from queue import SimpleQueue
from threading import Thread

from servers.command_line.options import add_max_workers
from servers.epoll import Epoll
from servers.protocol.steps import Wait, Work
from servers.serving.event_connection import Connection
from servers.serving.event_loop import Loop
from servers.serving.listener import RETRY_S, Listener, free_descriptors
from servers.serving.poller import READ
from servers.serving.settings import Settings, report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_max_workers(parser, "threads that compute and wait", 16)


def serve(listener: Listener, settings: Settings, max_workers: int) -> None:
    """Serve until told to stop."""
    loop = _Loop(listener, settings)
    for _ in range(max_workers):
        if not loop.start_thread():
            return
    loop.run()


class _Loop(Loop):
    """Lets threads carry out the steps that send nothing."""

    def __init__(self, listener: Listener, settings: Settings) -> None:
        self.asked: SimpleQueue[tuple[Connection, Wait | Work]] = SimpleQueue()
        self.done: deque[tuple[Connection, bytes | None]] = deque()
        self.woken = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        super().__init__(listener, settings, Epoll(), free_descriptors() - 1)
        self.others[self.woken] = self.collect
        self.poller.watch(self.woken, READ)

    def start_thread(self) -> bool:
        """Start a thread; return False when told to stop before there was one."""
        while True:
            try:
                # A daemon: what it does when the grace is over does not keep us.
                Thread(target=self.work, daemon=True).start()
            except RuntimeError:  # no thread to be had now; one ends sometime
                if self.listener.stopping(RETRY_S):
                    return False
            else:
                return True

    def work(self) -> None:
        """Do what is asked for, in a thread."""
        while True:
            connection, step = self.asked.get()
            made: bytes | None = b""
            try:
                if isinstance(step, Wait):
                    time.sleep(step.seconds)
                else:
                    made = step.make()
            except Exception as error:  # of this connection alone
                report(error)
                made = None
            self.done.append((connection, made))
            os.eventfd_write(self.woken, 1)

    def carry_out(self, connection: Connection, step: Wait | Work) -> None:
        connection.held = True
        self.asked.put((connection, step))

    def collect(self) -> None:
        """Go on with those whose step is done."""
        os.eventfd_read(self.woken)
        while self.done:
            connection, made = self.done.popleft()
            connection.held = False
            if made is None:
                self.move(connection, connection.close)
            else:
                connection.carried_out(made)
                self.move(connection, connection.go_on)
