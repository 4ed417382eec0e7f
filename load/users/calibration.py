"""What a server is asked before the record of a run: to warm up, and what it can do.

Rules of this module:
- It is asked by our own client, whatever client the users have, over a few connections
  that are never idle. What fails does not matter, and does not count.
- What it can do is the most requests a second that it answers: to a few clients, and
  to four times as many while these still get more.
- Nothing of it is in the record. How many requests it took is kept: the server worked
  for them as well.
- A rest follows, in which queues drain and connections end: who has given up may still
  wait in a queue. It lasts until the server has answered a request that came last.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import gevent

from load.client.lean_client import Client, Reply, RequestError, Target
from load.users.lead import DRAINING_S, ENDING_S, REST_S, STAGE_S

CONNECTIONS = 8
TIMES, MOST = 4, 128  # more of them, and how many at most
RISE = 1.1  # what is more by less is no more
REFUSED_S = 0.01  # after a failure: who is refused has not waited for anything


def warm_up(press: Press, seconds: float) -> None:
    """Keep the server busy for so long, and let it rest."""
    press.rate(CONNECTIONS, seconds)
    press.rest()


def try_out(press: Press) -> float:
    """Return how many requests a second the server answers, and let it rest."""
    found = capacity_rps(press.rate)
    press.rest()
    return found


def capacity_rps(rate: Callable[[int, float], float]) -> float:
    """Return the most that `rate` gives for a number of clients and some seconds."""
    clients, best = CONNECTIONS, 0.0
    while True:
        found = rate(clients, STAGE_S)
        risen = found > RISE * best
        best = max(best, found)
        clients *= TIMES
        if not risen or clients > MOST:
            return best


class Press:
    """Clients that ask a target without thinking.

    `judge` says what is wrong with an answer, which must not take more than `slow_ms`.
    `requests` is how many were sent in all.
    """

    def __init__(
        self,
        target: Target,
        judge: Callable[[Reply], str],
        timeout_s: float,
        slow_ms: float | None,
    ) -> None:
        self.target, self.judge = target, judge
        self.timeout_s = timeout_s
        self.slow_s = math.inf if slow_ms is None else slow_ms / 1000
        self.requests = 0
        self.served = False  # any of them
        self.answered = 0  # right and in time, of the clients at work

    def rate(self, connections: int, seconds: float) -> float:
        """Return how many requests a second are answered right to so many clients."""
        self.answered = 0
        end_s = time.perf_counter() + seconds
        clients = [gevent.spawn(self._ask_until, end_s) for _ in range(connections)]
        try:
            gevent.joinall(clients, timeout=seconds + ENDING_S)
        finally:  # this may itself be killed
            gevent.killall(clients)
        return self.answered / seconds

    def rest(self) -> None:
        """Leave the server alone until it has answered what came before."""
        gevent.sleep(REST_S)
        if self.served:
            last = gevent.spawn(self._ask_until_answered)
            try:
                last.join(DRAINING_S)
            finally:
                last.kill()

    def _ask_until_answered(self) -> None:
        client = Client(self.target, self.timeout_s)
        try:
            while not self._ask(client):
                pass
        finally:
            client.close()

    def _ask_until(self, end_s: float) -> None:
        client = Client(self.target, self.timeout_s)
        try:
            while (began_s := time.perf_counter()) < end_s:
                right = self._ask(client)
                now_s = time.perf_counter()
                if right and now_s < end_s and now_s - began_s <= self.slow_s:
                    self.answered += 1
        finally:
            client.close()

    def _ask(self, client: Client) -> bool:
        """Ask once; return whether the answer was right."""
        self.requests += 1
        try:
            if not self.judge(client.ask()):
                self.served = True
                return True
        except RequestError:
            pass
        gevent.sleep(REFUSED_S)
        return False
