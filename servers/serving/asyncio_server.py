"""A server on asyncio's event loop, whichever loop that is: it accepts, and it ends.

Rules of this module:
- Connections are accepted here and not by asyncio, which answers a lack of
  descriptors with a traceback (its own loop) or by dropping who waits (uvloop).
- A connection that came with its request, and is answered in one write, ends there. A
  transport, with the task and the callbacks that it takes, is for all others.
- Time-outs are noticed by a sweep over all connections: a timer for each would mostly
  be set and taken back for nothing.
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
LOOK_S = 0.02  # between two looks at what is left


def serve_on(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
    listener: Listener,
    settings: Settings,
) -> None:
    """Serve until told to stop."""
    # uvloop takes the descriptor for signals for itself when it starts. Until it is
    # taken back, no signal may come: nobody would learn of it.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    told = signal.set_wakeup_fd(-1)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_Server(listener, settings).run(told))


class _Server:
    def __init__(self, listener: Listener, settings: Settings) -> None:
        self.listener = listener
        self.settings = settings
        self.connections: set[Connection] = set()
        self.connecting: set[asyncio.Task[object]] = set()
        self.listening = self.stopping = False

    async def run(self, told: int) -> None:
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
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
        """Serve the requests that have begun."""
        for connection in self.connections:
            connection.conversation.finish()
        while self.connecting:
            await asyncio.sleep(0)
        # A request that has arrived has begun: two turns, and the loop has looked.
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
        """Accept who waits, as far as there are descriptors for them."""
        for _ in range(ACCEPTED):
            if len(self.connections) >= self.most:
                self.leave_queue()  # until one has ended
                return
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
            self.connecting.add(task)  # the loop itself has but a weak reference
            task.add_done_callback(self.connecting.discard)

    async def connect(self, connection: Connection, accepted: socket.socket) -> None:
        try:
            await self.loop.connect_accepted_socket(lambda: connection, accepted)
        except OSError:  # the client has reset it
            accepted.close()
            self.ended(connection)

    def ended(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self.listen()  # now there is a descriptor

    def sweep(self) -> None:
        """Give up on clients that are over their time, after one more look at them.

        They may have sent something while this process was at work, and libuv has its
        timers before what is ready.
        """
        self.loop.call_later(SWEEP_S, self.sweep)
        self.loop.call_later(LOOK_S, self.give_up, self.loop.time())

    def give_up(self, at: float) -> None:
        """Time out whoever was over the time at `at`, and still is."""
        for connection in list(self.connections):
            waits = connection.transport and not connection.held
            if waits and at > connection.deadline:
                connection.time_out()


def _served(connection: Connection, accepted: socket.socket) -> bool:
    """Read what has come already; return whether the connection has ended with that.

    Otherwise the steps that are left are the connection's `first`.
    """
    conversation = connection.conversation
    try:
        data = accepted.recv(READ_BYTES)
        if not data:
            return True  # the client has no more to say
        steps = connection.first = conversation.receive(data)
        if len(steps) != 1 or not conversation.closing or conversation.lingering:
            return False
        if isinstance(only := steps[0], bytes):
            sent = accepted.send(only, socket.MSG_MORE)  # the end goes with it
            connection.first = [only[sent:]]
            return sent == len(only)
    except BlockingIOError:
        pass
    except Exception as error:
        report(error)
        return True
    return False
