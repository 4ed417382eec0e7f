"""The server of a run on another host: what an agent does there, asked for from here.

Rules of this module:
- It is to the runner what `LocalServer` is, and that is what the agent has
  (`../agent/server_host.py`).
- While there is load nothing is asked: the agent tells when the server has died.
- The log of the server is taken over when it has ended. Until then it may be long.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from load.address import Address
from load.errors import CellError
from load.hosts.agent import Agent
from load.hosts.lines import Message, as_bytes
from load.sides.server_side import Prepared, Stopped


class RemoteServer:
    """The server that `agent` has; see `ServerSide`.

    The body of a right answer is kept in `body_file`, the server's log in `log`.
    """

    def __init__(self, agent: Agent, body_file: Path, log: Path) -> None:
        self.agent = agent
        self.body_file = body_file
        self.log = log
        self.rows: list[dict[str, Any]] = []  # its readings, by the clock there
        self._died: str | None = None
        self._machine: dict[str, Any] = {}
        agent.heed = self._heed

    def _heed(self, message: Message) -> None:
        if "row" in message:
            self.rows.append(message["row"])
        elif "died" in message:
            self._died = message["died"]

    def prepare(self) -> Prepared:
        told = self.agent.call("prepare")
        body = None
        if told["body"] is not None:
            body = self.body_file
            body.write_bytes(as_bytes(told["body"]))
        return Prepared(
            Address(*told["address"]), body, told["command"], told["version"]
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        self.agent.call("start")
        try:
            yield
            self._machine = self.agent.call("leave")
        finally:
            with contextlib.suppress(CellError):  # there may be no agent any more
                self.agent.call("kill")  # it runs if it could not be measured
                self.log.write_bytes(as_bytes(self.agent.call("log")))

    def check_page(self) -> bool:
        return bool(self.agent.call("check_page"))

    def check(self) -> None:
        self.agent.update()

    def check_alive(self) -> None:
        self.agent.call("check_alive")

    def begin(self) -> None:
        self.agent.call("begin")

    def death(self) -> str | None:
        return self._died

    def stop(self) -> Stopped:
        return Stopped(**self.agent.call("stop"))

    def machine(self) -> dict[str, Any]:
        return self._machine

    def check_place(self, error: Exception) -> None:
        self.agent.call("check_place", error=str(error))
