"""One process: an event loop for the sockets, and a pool of threads for the work.

How: the main thread is as `epoll`: it alone accepts, reads, parses and sends. It puts a
step that computes or waits into a queue. One of `--max-workers` threads takes it out,
runs it, and puts the result into another queue, which wakes the loop. A slow or idle
client needs no thread. A request that blocks delays no other while a thread is free.

When it fits: code that may block, and clients that are slow or idle. SEDA calls the
parts stages. waitress is built like this, and so are proxies that buffer for
application servers.

What limits it: steps wait in the queue for a thread, so it serves as many blocking
requests at once as there are threads. In CPython, the threads that compute and the loop
take turns (the global interpreter lock). The loop needs little time for an event, but
waits up to 5 ms for its turn.

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
    """An event loop whose threads run the steps that send nothing."""

    def __init__(self, listener: Listener, settings: Settings) -> None:
        self.tasks: SimpleQueue[tuple[Connection, Wait | Work]] = SimpleQueue()
        self.done: deque[tuple[Connection, bytes | None]] = deque()
        self.woken = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        super().__init__(listener, settings, Epoll(), free_descriptors() - 1)
        self.others[self.woken] = self.collect
        self.poller.watch(self.woken, READ)

    def start_thread(self) -> bool:
        """Start a thread; return False if the server has to stop before."""
        while True:
            try:
                # A daemon does not keep the process alive after the grace.
                Thread(target=self.work, daemon=True).start()
            except RuntimeError:  # no thread is available until another ends
                if self.listener.stopping(RETRY_S):
                    return False
            else:
                return True

    def work(self) -> None:
        """Run the tasks, in a thread."""
        while True:
            # Essential: a thread takes a step out of the queue, runs it, and wakes the
            # loop.
            connection, step = self.tasks.get()
            result: bytes | None = b""
            try:
                if isinstance(step, Wait):
                    time.sleep(step.seconds)
                else:
                    result = step.make()
            except Exception as error:  # it ends this connection alone
                report(error)
                result = None
            self.done.append((connection, result))
            os.eventfd_write(self.woken, 1)
            # End of the essential lines.

    # Essential: the loop only puts steps into the queue, and sends what comes back.
    def carry_out(self, connection: Connection, step: Wait | Work) -> None:
        connection.held = True
        self.tasks.put((connection, step))

    def collect(self) -> None:
        """Go on with connections whose step has ended."""
        os.eventfd_read(self.woken)
        while self.done:
            connection, result = self.done.popleft()
            connection.held = False
            if result is None:
                self.move(connection, connection.close)
            else:
                connection.carried_out(result)
                self.move(connection, connection.go_on)
        # End of the essential lines.
