"""One thread that serves all connections, whatever tells it which are ready.

Rules of this module:
- It blocks in one place, `Poller.wait`, and never for longer than until something is
  due: a timer, a time-out, another look at the queue when descriptors were short.
- What waits in the listening socket's queue is accepted at once and again after every
  few connections that were moved on, so that the queue does not overflow while many
  are served. A request that has come with its connection is answered right there, and
  such a connection is never shown to the poller; but what takes CPU time waits until
  the queue is empty.
- No descriptor for another connection: the listening socket is not watched until
  there is one. It does not spin.
- Time-outs are noticed by a sweep over all connections, not by a timer for each: most
  would be set and taken back for nothing. One look at the clock serves a whole turn.
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
BATCH = 16  # connections that are moved on between two looks at the queue
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
        self.numbers = count()  # so that timers of the same moment can be ordered
        self.postponed: deque[Connection] = deque()  # held until their turn
        self.listening = self.accepting = self.told_to_stop = False
        self.accept_after = 0.0
        self.swept = self.now
        poller.watch(listener.stop, READ)

    def run(self) -> None:
        """Serve until told to stop, and then what has begun, for the grace at most."""
        while not self.told_to_stop:
            self.turn(SWEEP_S)
        self.listener.close()
        deadline = time.monotonic() + self.settings.grace_s
        # A request that has arrived has begun.
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
        # After the events, which are of who had these descriptors then: these may
        # close a connection, and another be accepted that gets its number.
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
        """Return how long nothing is due; None for as long as nobody comes."""
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
        """Watch the queue if there is a descriptor for a connection, and a wish."""
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
        """Accept who waits, as far as there are descriptors for them."""
        self.accepting = True
        for _ in range(min(ACCEPTED, self.most - len(self.connections))):
            accepted = self.listener.accept_now()
            if accepted is None:
                if self.listener.short:
                    self.accept_after = time.monotonic() + RETRY_S
                break
            connection = Connection(accepted, self)
            self.connections[connection.descriptor] = connection
            self.move(connection, connection.read)
        self.accepting = False

    def ready(self, connection: Connection, event: int) -> None:
        """Move on one whose socket is ready."""
        if connection.held:
            # It has more to say, or hangs up; that has to wait, without a spin.
            self.poller.leave(connection.descriptor)
            connection.watched = 0
        else:
            self.move(
                connection, connection.advance if connection.steps else connection.read
            )

    def resume(self, connection: Connection) -> None:
        """Move on one that was held until now."""
        connection.held = False
        late = self.looked > connection.deadline and not connection.steps
        self.move(connection, connection.time_out if late else connection.go_on)

    def move(self, connection: Connection, on: Callable[[], None]) -> None:
        try:
            on()
        except BlockingIOError:
            pass  # it was ready, and is no more
        except Exception as error:
            report(error)
            connection.close()
        if connection.closed:
            del self.connections[connection.descriptor]
            if connection.watched:
                self.poller.closed(connection.descriptor)
            self.accept_after = 0.0  # now there is a descriptor
        elif not connection.held:
            self.update_interest(connection)

    def update_interest(self, connection: Connection) -> None:
        """Have the poller look out for what it waits for."""
        event = WRITE if connection.steps else READ
        if connection.watched != event:
            if connection.watched:
                self.poller.change(connection.descriptor, event)
            else:
                self.poller.watch(connection.descriptor, event)
            connection.watched = event

    def carry_out(self, connection: Connection, step: Wait | Work) -> None:
        """Do the first step of `connection`, which sends nothing, or see to it."""
        if isinstance(step, Wait):
            connection.held = True
            ends = time.monotonic() + step.seconds
            heapq.heappush(self.timers, (ends, next(self.numbers), connection))
        elif self.accepting or connection.worked == self.looked:
            self.postpone(connection)  # nor is one client's work all that is done
        else:
            connection.worked = self.looked
            made = step.make()
            self.now = time.monotonic()
            connection.carried_out(made)

    def postpone(self, connection: Connection) -> None:
        """Go on with it later, when all who wait now have had their turn."""
        connection.held = True
        self.postponed.append(connection)

    def begin_to_stop(self) -> None:
        self.told_to_stop = True
        self.poller.leave(self.listener.stop)
        self.listen_if_possible()
        for connection in self.connections.values():
            connection.conversation.finish()

    def sweep(self) -> None:
        """Give up on clients that were over their time when the poller was asked.

        What they have sent since, while this process was at work, is still to be seen.
        """
        self.swept = self.now
        for connection in list(self.connections.values()):
            if self.looked > connection.deadline and not connection.held:
                self.move(connection, connection.time_out)
