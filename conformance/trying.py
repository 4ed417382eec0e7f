"""All chosen cases on the server of a configuration, in the surroundings of a run.

The steps are those of a run (`load/measuring.py`): network, page, server, preflight.
Then the cases are tried one after another. If a case ends the server, or it serves no
client any more, it is started again for the rest.

Rules of this module:
- A server that can't be tried raises `ServerError`, a fault of this machine
  `CellError`.
- Nothing here depends on how fast the server is, but for one that is far too slow.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from conformance.cases.case import Case
from conformance.cases.chosen import CHOSEN
from conformance.visit import WAIT_S, Outcome, Visitor
from load.caller import Caller
from load.errors import ServerError
from load.folder import Folder
from load.host.cores import choose_cores
from load.host.removal import remove
from load.network.namespaces import join
from load.server.command import Place, command, prepare
from load.server.page import expected_body, write_page
from load.server.preflight import Page, Preflight
from load.server.running import Server, run_server
from load.sides.place import Host, choose_place

STARTS = 2  # tries to start a server
MOST_S, TIMED = 0.5, 3  # for a page, the fastest of so many
ENDING_S, POLL_S = 0.2, 0.02  # until a server is seen to have ended
USUAL = 10  # pages that a client waits for at least


class SlowError(ServerError):
    """The server is too slow to be tried."""


class Trying:
    """The trying of the server of `config`.

    To be used once, before any thread is started: this process goes over to the users'
    side of the network.
    """

    def __init__(
        self,
        config: dict[str, Any],
        folder: Folder,
        caller: Caller,
        environment: dict[str, str],
    ) -> None:
        self.config = config
        self.folder = folder
        self.caller = caller
        self.environment = environment
        self.cores = choose_cores()
        if self.cores.locust:
            os.sched_setaffinity(0, self.cores.locust)
        self.network = join(config)

    def outcomes(self) -> list[Outcome]:
        """Try all cases; return what was seen of each. Raises `ServerError`."""
        write_page(self.config, self.folder.page_file, self.environment)
        rest = list(CHOSEN.values())
        outcomes: list[Outcome] = []
        failed = 0  # starts
        while rest:
            try:
                tried = self._try(rest)
            except ServerError as error:
                failed += 1
                if failed < STARTS:
                    continue
                if not outcomes:
                    raise
                tried = [Outcome(c, f"it did not start again: {error}") for c in rest]
            outcomes += tried
            del rest[: len(tried)]
        return outcomes

    def _try(self, cases: list[Case]) -> list[Outcome]:
        """Start the server and try cases, until it serves no client any more."""
        outcomes: list[Outcome] = []
        with self._run() as (server, visitor):
            for case in cases:
                outcome = visitor.attempt(case)
                server.check_log()
                if not visitor.is_served():
                    seen = f"{outcome.seen}; then {_trouble(server)}"
                    return [*outcomes, Outcome(case, seen)]
                outcomes.append(outcome)
            server.stop(self.config["server"]["stop_s"])
        return outcomes

    @contextmanager
    def _run(self) -> Iterator[tuple[Server, Visitor]]:
        """Start the server and check that it serves its page."""
        config, place = self.config, self._place()
        remove(place.scratch)
        prepare(config, place)
        with run_server(
            command(config, place),
            self.folder.server_log,
            self.cores.server,
            self.network.go_to_server_side,
        ) as server:

            def tick() -> None:
                self.caller.check_alive()
                server.check_log()

            page = Page.of(config, expected_body(config, place.page_file))
            Preflight(server, config, place.address, page, tick).check()
            visitor = Visitor(place.address, config["impl"]["path"], page.body, tick)
            took_s = min(_page_s(visitor) for _ in range(TIMED))
            if took_s > MOST_S:
                raise SlowError(
                    "no-answer",
                    f"a page took {took_s:.1f} s, and may take {MOST_S:g} s",
                )
            visitor.wait_s = max(WAIT_S, USUAL * took_s)
            yield server, visitor

    def _place(self) -> Place:
        host = Host(
            *(self.network, self.cores, self.environment),
            page_file=self.folder.page_file,
            scratch=self.folder.server_folder,
            log=self.folder.server_log,
            tick=self.caller.check_alive,
            note=self.caller.note,
        )
        return choose_place(self.config, host)


def _page_s(visitor: Visitor) -> float:
    """Return how long a page takes."""
    began = time.monotonic()
    visitor.is_served()
    return time.monotonic() - began


def _trouble(server: Server) -> str:
    """Return why a server serves no client any more."""
    deadline = time.monotonic() + ENDING_S
    while (how := server.death()) is None and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return f"the server ended with {how}" if how else "the next client was not served"
