"""A server on any event loop of asyncio: accepting connections, and ending.

Rules of this module:
- Connections are accepted here, not by asyncio. Without free descriptors, its own loop
  prints a traceback, and uvloop drops connections from the queue.
- A connection whose request has come with it, and whose response is one write, needs no
  transport. All others get one, with its task and its callbacks.
- A sweep over all connections finds those that have timed out. A timer for each would
  mostly be set and cancelled for nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable

from servers.serving.asyncio_connection import Connection
from servers.serving.listener import RETRY_S, STOP_SIGNALS, Listener, free_descriptors
from servers.serving.settings import READ_BYTES, Settings, report

SWEEP_S = 0.5  # how late a time-out may be noticed
ACCEPTED = 256  # connections that are accepted in one turn of the loop
LOOK_S = 0.02  # between two looks at the connections that are left


def serve_on(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
    listener: Listener,
    settings: Settings,
) -> None:
    """Serve until told to stop."""
    # uvloop replaces the wakeup descriptor for signals when it starts. Signals are
    # blocked until it is set again: one that came meanwhile would be lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    wakeup = signal.set_wakeup_fd(-1)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_Server(listener, settings).run(wakeup))


class _Server:
    def __init__(self, listener: Listener, settings: Settings) -> None:
        self.listener = listener
        self.settings = settings
        self.connections: set[Connection] = set()
        self.connecting: set[asyncio.Task[object]] = set()
        self.listening = self.stopping = False

    async def run(self, wakeup: int) -> None:
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        self.loop = asyncio.get_running_loop()
        self.most = free_descriptors()
        stop = asyncio.Event()
        self.loop.add_reader(self.listener.stop, stop.set)
        self.loop.call_later(SWEEP_S, self.sweep)
        self.listen()
        await stop.wait()
        self.stopping = True
        self.loop.remove_reader(self.listener.stop)
        self.leave_queue()
        self.listener.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.settings.grace_s):
                await self.finish()
        for connection in list(self.connections):
            connection.abort()

    async def finish(self) -> None:
        """Finish the requests that have begun."""
        for connection in self.connections:
            connection.conversation.finish()
        while self.connecting:
            await asyncio.sleep(0)
        # A request that has arrived counts as begun. After two turns the loop has seen
        # it.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        while self.connections:
            for connection in list(self.connections):
                if connection.idle:
                    connection.close()
            await asyncio.sleep(LOOK_S)

    def listen(self) -> None:
        if not self.listening and not self.stopping:
            self.listening = True
            self.loop.add_reader(self.listener.socket, self.accept)

    def leave_queue(self) -> None:
        self.listening = False
        self.loop.remove_reader(self.listener.socket)

    def accept(self) -> None:
        """Accept connections from the queue, as far as there are descriptors."""
        for _ in range(ACCEPTED):
            if len(self.connections) >= self.most:
                self.leave_queue()  # until a connection has ended
                return
            # Essential: the event loop calls this when a connection has come.
            accepted = self.listener.accept_now()
            if accepted is None:
                if self.listener.short:
                    self.leave_queue()
                    self.loop.call_later(RETRY_S, self.listen)
                return
            connection = Connection(self.loop, self.settings, self.ended)
            if _served(connection, accepted):
                accepted.close()
                continue
            self.connections.add(connection)
            task = self.loop.create_task(self.connect(connection, accepted))
            self.connecting.add(task)  # the loop itself keeps only a weak reference
            task.add_done_callback(self.connecting.discard)
            # End of the essential lines.

    async def connect(self, connection: Connection, accepted: socket.socket) -> None:
        try:
            await self.loop.connect_accepted_socket(lambda: connection, accepted)
        except OSError:  # the client has reset it
            accepted.close()
            self.ended(connection)

    def ended(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self.listen()  # a descriptor is free again

    def sweep(self) -> None:
        """Time out connections whose deadline is over, after another turn of the loop.

        Their clients may have sent bytes while this process was at work, and libuv runs
        timers before it reads.
        """
        self.loop.call_later(SWEEP_S, self.sweep)
        self.loop.call_later(LOOK_S, self.give_up, self.loop.time())

    def give_up(self, at: float) -> None:
        """Time out connections whose deadline was over at `at`, and still is."""
        for connection in list(self.connections):
            waits = connection.transport and not connection.held
            if waits and at > connection.deadline:
                connection.time_out()


def _served(connection: Connection, accepted: socket.socket) -> bool:
    """Answer what has come with the connection; return whether it has ended.

    If it has not, its `first` has the steps that are left.
    """
    conversation = connection.conversation
    try:
        data = accepted.recv(READ_BYTES)
        if not data:
            return True  # the client has closed its side
        steps = connection.first = conversation.receive(data)
        if len(steps) != 1 or not conversation.closing or conversation.lingering:
            return False
        if isinstance(only := steps[0], bytes):
            sent = accepted.send(only, socket.MSG_MORE)  # sent with the end
            connection.first = [only[sent:]]
            return sent == len(only)
    except BlockingIOError:
        pass
    except Exception as error:
        report(error)
        return True
    return False
