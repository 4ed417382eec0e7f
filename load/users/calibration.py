"""Requests before the record of a run: they warm a server up, and find its capacity.

Rules of this module:
- Our own client sends them, whatever client the users have, over a few connections that
  are never idle. Failures do not matter and do not count.
- The capacity is the most requests a second that the server answers: to a few clients,
  and to four times as many while these still get more.
- None of these requests is in the record. Their number is kept, since the server worked
  for them as well.
- A rest follows, in which queues drain and connections end: requests that were given up
  may still wait in a queue. It lasts until the server has answered one last request.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import gevent

from load.client.lean_client import LeanClient
from load.client.target import Reply, RequestError, Target
from load.users.lead import DRAINING_S, ENDING_S, REST_S, STAGE_S

CONNECTIONS = 8
TIMES, MOST = 4, 128  # the next number of clients, and the greatest
RISE = 1.1  # a smaller increase counts as none
REFUSED_S = 0.01  # after a failure: a refused request has not waited for anything


def warm_up(clients: EagerClients, seconds: float) -> None:
    """Keep the server busy for so long, and let it rest."""
    clients.rate(CONNECTIONS, seconds)
    clients.rest()


def try_out(clients: EagerClients) -> float:
    """Return how many requests a second the server answers, and let it rest."""
    rps = capacity_rps(clients.rate)
    clients.rest()
    return rps


def capacity_rps(rate: Callable[[int, float], float]) -> float:
    """Return the greatest rate; `rate` measures it for some clients and seconds."""
    clients, best = CONNECTIONS, 0.0
    while True:
        rps = rate(clients, STAGE_S)
        risen = rps > RISE * best
        best = max(best, rps)
        clients *= TIMES
        if not risen or clients > MOST:
            return best


class EagerClients:
    """Clients that ask a target without thinking.

    `judge` returns what is wrong with an answer. An answer must not take more than
    `slow_ms`. `requests` is the number of requests that were sent.
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
        self.served = False  # at least once
        self.answered = 0  # right and in time, to the clients at work

    def rate(self, connections: int, seconds: float) -> float:
        """Return how many requests a second of so many clients are answered right."""
        self.answered = 0
        end_s = time.perf_counter() + seconds
        clients = [gevent.spawn(self._ask_until, end_s) for _ in range(connections)]
        try:
            gevent.joinall(clients, timeout=seconds + ENDING_S)
        finally:  # this greenlet may be killed
            gevent.killall(clients)
        return self.answered / seconds

    def rest(self) -> None:
        """Leave the server alone until it has answered all earlier requests."""
        gevent.sleep(REST_S)
        if self.served:
            last = gevent.spawn(self._ask_until_answered)
            try:
                last.join(DRAINING_S)
            finally:
                last.kill()

    def _ask_until_answered(self) -> None:
        client = LeanClient(self.target, self.timeout_s)
        try:
            while not self._ask(client):
                pass
        finally:
            client.close()

    def _ask_until(self, end_s: float) -> None:
        client = LeanClient(self.target, self.timeout_s)
        try:
            while (began_s := time.perf_counter()) < end_s:
                right = self._ask(client)
                now_s = time.perf_counter()
                if right and now_s < end_s and now_s - began_s <= self.slow_s:
                    self.answered += 1
        finally:
            client.close()

    def _ask(self, client: LeanClient) -> bool:
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
