"""One thread that serves all connections. A `Poller` says which are ready.

Rules of this module:
- It blocks only in `Poller.wait`, and only until something is due: a timer, a time-out,
  or another try to accept after descriptors were short.
- The queue of the listening socket is accepted at once, and again after every few
  connections that were served, so that it does not overflow. A request that has come
  with its connection is answered at once, and the poller never sees that connection.
  But work that takes CPU time waits until the queue is empty.
- If no descriptor is free, the listening socket is not watched. The loop does not spin.
- A sweep over all connections finds those that have timed out. A timer for each would
  mostly be set and cancelled for nothing. The loop reads the clock once a turn.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable
from itertools import count

from servers.protocol.steps import Wait, Work
from servers.serving.event_connection import Connection
from servers.serving.listener import RETRY_S, Listener
from servers.serving.poller import READ, WRITE, Poller
from servers.serving.settings import Settings, report

SWEEP_S = 0.5  # how late a time-out may be noticed
BATCH = 16  # connections that are served between two looks at the queue
ACCEPTED = 256  # connections that are accepted at one look


class Loop:
    """All connections of `listener`, up to `most` at once."""

    def __init__(
        self, listener: Listener, settings: Settings, poller: Poller, most: int
    ) -> None:
        self.listener = listener
        self.settings = settings
        self.poller = poller
        self.most = most
        self.now = self.looked = time.monotonic()
        self.connections: dict[int, Connection] = {}
        self.others: dict[int, Callable[[], None]] = {
            listener.stop: self.begin_to_stop,
            listener.socket.fileno(): self.accept,
        }
        self.timers: list[tuple[float, int, Connection]] = []
        self.numbers = count()  # orders timers that end at the same time
        self.postponed: deque[Connection] = deque()  # held until their turn
        self.listening = self.accepting = self.told_to_stop = False
        self.accept_after = 0.0
        self.swept = self.now
        poller.watch(listener.stop, READ)

    def run(self) -> None:
        """Serve until told to stop; then finish what has begun, within the grace."""
        while not self.told_to_stop:
            self.turn(SWEEP_S)
        self.listener.close()
        deadline = time.monotonic() + self.settings.grace_s
        # A request that has arrived counts as begun.
        while self.turn(0) and time.monotonic() < deadline:
            pass
        while (left := deadline - time.monotonic()) > 0:
            for connection in list(self.connections.values()):
                if connection.idle:
                    self.move(connection, connection.close)
            if not self.connections:
                break
            self.turn(min(left, SWEEP_S))
        for connection in self.connections.values():
            connection.close()

    def turn(self, longest_s: float) -> bool:
        """Wait until something is ready or due, and do it; return whether it was."""
        self.listen_if_possible()
        # Essential: it waits for all sockets at once, and then goes on with those that
        # are ready.
        events = self.poller.wait(self.wait_s(longest_s))
        self.now = self.looked = time.monotonic()
        due = [self.postponed.popleft() for _ in range(len(self.postponed))]
        due += self.over()
        moved, others = 0, []
        for descriptor, event in events:
            connection = self.connections.get(descriptor)
            if connection is None:
                others.append(descriptor)
                continue
            self.ready(connection, event)
            moved += 1
            if moved % BATCH == 0 and self.listening:
                self.accept()
        # End of the essential lines.
        # These come last. They may close a connection, and a new one get its number;
        # the events above are of the connections that had these numbers before.
        for descriptor in others:
            self.others[descriptor]()
        for connection in due:
            if not connection.closed:
                self.resume(connection)
                moved += 1
                if moved % BATCH == 0 and self.listening:
                    self.accept()
        if self.now - self.swept >= SWEEP_S:
            self.sweep()
        return moved > 0

    def wait_s(self, longest_s: float) -> float | None:
        """Return how long to wait for events; None for no limit."""
        if self.postponed:
            return 0
        if not self.connections and self.listening:
            return None
        if not self.listening and not self.told_to_stop and self.accept_after:
            longest_s = min(longest_s, RETRY_S)
        if self.timers:
            longest_s = min(longest_s, self.timers[0][0] - time.monotonic())
        return max(longest_s, 0)

    def over(self) -> list[Connection]:
        """Return the connections whose wait is over."""
        over = []
        while self.timers and self.timers[0][0] <= self.now:
            connection = heapq.heappop(self.timers)[2]
            if not connection.closed:
                connection.carried_out(b"")
                over.append(connection)
        return over

    def listen_if_possible(self) -> None:
        """Watch the queue if a connection can be accepted; else stop watching it."""
        possible = (
            not self.told_to_stop
            and len(self.connections) < self.most
            and (not self.accept_after or time.monotonic() >= self.accept_after)
        )
        if possible != self.listening:
            self.listening = possible
            queue = self.listener.socket.fileno()
            if possible:
                self.accept_after = 0.0
                self.poller.watch(queue, READ)
            else:
                self.poller.leave(queue)

    def accept(self) -> None:
        """Accept connections from the queue, as far as there are descriptors."""
        self.accepting = True
        # Essential: it accepts all that is in the queue, and reads at once.
        for _ in range(min(ACCEPTED, self.most - len(self.connections))):
            accepted = self.listener.accept_now()
            if accepted is None:
                if self.listener.short:
                    self.accept_after = time.monotonic() + RETRY_S
                break
            connection = Connection(accepted, self)
            self.connections[connection.descriptor] = connection
            self.move(connection, connection.read)
        # End of the essential lines.
        self.accepting = False

    def ready(self, connection: Connection, event: int) -> None:
        """Go on with a connection whose socket is ready."""
        if connection.held:
            # The client sends more, or hangs up. That has to wait, without a spin.
            self.poller.leave(connection.descriptor)
            connection.watched = 0
        else:
            self.move(
                connection, connection.advance if connection.steps else connection.read
            )

    def resume(self, connection: Connection) -> None:
        """Go on with a connection that was held until now."""
        connection.held = False
        late = self.looked > connection.deadline and not connection.steps
        self.move(connection, connection.time_out if late else connection.go_on)

    def move(self, connection: Connection, on: Callable[[], None]) -> None:
        try:
            on()
        except BlockingIOError:
            pass  # it is no longer ready
        except Exception as error:
            report(error)
            connection.close()
        if connection.closed:
            del self.connections[connection.descriptor]
            if connection.watched:
                self.poller.closed(connection.descriptor)
            self.accept_after = 0.0  # a descriptor is free again
        elif not connection.held:
            self.update_interest(connection)

    def update_interest(self, connection: Connection) -> None:
        """Let the poller watch for the event that a connection waits for."""
        event = WRITE if connection.steps else READ
        if connection.watched != event:
            if connection.watched:
                self.poller.change(connection.descriptor, event)
            else:
                self.poller.watch(connection.descriptor, event)
            connection.watched = event

    def carry_out(self, connection: Connection, step: Wait | Work) -> None:
        """Run the first step of `connection`, now or later. The step sends nothing."""
        if isinstance(step, Wait):
            connection.held = True
            ends = time.monotonic() + step.seconds
            heapq.heappush(self.timers, (ends, next(self.numbers), connection))
        elif self.accepting or connection.worked == self.looked:
            self.postpone(connection)  # one client's work must not take a whole turn
        else:
            connection.worked = self.looked
            result = step.make()
            self.now = time.monotonic()
            connection.carried_out(result)

    def postpone(self, connection: Connection) -> None:
        """Go on with a connection after all others that are ready now."""
        connection.held = True
        self.postponed.append(connection)

    def begin_to_stop(self) -> None:
        self.told_to_stop = True
        self.poller.leave(self.listener.stop)
        self.listen_if_possible()
        for connection in self.connections.values():
            connection.conversation.finish()

    def sweep(self) -> None:
        """Time out connections whose deadline was over when the poller was called.

        Bytes that came since then, while this process was at work, are still unread.
        """
        self.swept = self.now
        for connection in list(self.connections.values()):
            if self.looked > connection.deadline and not connection.held:
                self.move(connection, connection.time_out)
