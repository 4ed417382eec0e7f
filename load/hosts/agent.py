"""The agent on a host, as the runner sees it.

Rules of this module:
- The runner asks, and the agent answers: by a `value`, or an `error`. In between the
  agent may tell what it was not asked for, such as readings (`heed`).
- The runner sends a sign of life each second, so that an agent notices a network that
  is gone. OpenSSH notices it on this side. An agent that hangs is noticed as well.
- Whatever goes wrong on a host is a `CellError` that begins with it, but for what is
  the server's own fault (`ServerError`).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from load.errors import CellError, ServerError
from load.host.guard import die_with_parent
from load.host.process import heed_signals, last_line
from load.hosts.destination import (
    ENDED,
    agent_environment,
    agent_words,
    working_folder,
)
from load.hosts.lines import ClosedError, Lines, Message

POLL_S = 0.1
BEAT_S = 1.0  # between two signs of life
ENDING_S = 15.0  # for an agent that was told to end
SILENT_S = 60.0  # an agent may wait for a program: one that makes a page, for example


class Agent:
    """An agent on `host`, which is started at once.

    `hosts` are the settings of all hosts. What it and ssh print goes to `log`. `tick`
    is called in each wait, and `say` with what a person is to know.
    """

    def __init__(
        self,
        host: str,
        hosts: dict[str, Any],
        log: Path,
        environment: dict[str, str],
        tick: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self.host = host
        self.log = log
        self.tick = tick
        self.say = say
        self._number = 0  # of the last call
        self.heed: Callable[[Message], None] = lambda message: None
        self._greeted = False
        self._beat_s = time.monotonic()

        self.process = _started(host, hosts, log, environment)
        assert self.process.stdin is not None and self.process.stdout is not None
        self._input, self._output = self.process.stdin, self.process.stdout
        self._lines = Lines(self._output.fileno(), self._input.fileno())

    def greet(self) -> dict[str, Any]:
        """Return what the agent says of its host when it has started."""
        told: dict[str, Any] = self.answer()
        self._greeted = True
        return told

    def call(self, name: str, **arguments: Any) -> Any:
        """Ask for something, and return the answer."""
        self.ask(name, **arguments)
        return self.answer()

    def ask(self, name: str, **arguments: Any) -> None:
        """Ask for something, of which the answer comes later."""
        self._number += 1
        try:
            self._lines.send({"call": name, "of": self._number, **arguments})
        except ClosedError:
            raise self.lost() from None

    def answer(self) -> Any:
        """Return the answer to what was asked for; raise what went wrong there."""
        while True:
            message = self._receive(POLL_S)
            if message is None:
                self.tick()
                self._check_heard()
                self.beat()
            elif "value" in message and message["of"] == self._number:
                return message["value"]
            else:
                self._take(message)

    def update(self) -> None:
        """Take what the agent has told since, and show that the runner lives."""
        while (message := self._receive(0)) is not None:
            self._take(message)
        self._check_heard()
        self.beat()

    def _check_heard(self) -> None:
        if time.monotonic() - self._lines.heard_s > SILENT_S:
            raise CellError(
                f"host {self.host}: its agent has said nothing for {SILENT_S:g} s"
            )

    def beat(self) -> None:
        """Send a sign of life, if one is due."""
        now = time.monotonic()
        if now - self._beat_s >= BEAT_S:
            self._beat_s = now
            with contextlib.suppress(ClosedError):  # the next read says why
                self._lines.send({})

    def _receive(self, most_s: float) -> Message | None:
        try:
            return self._lines.receive(most_s)
        except ClosedError:
            raise self.lost() from None

    def _take(self, message: Message) -> None:
        if message.get("of", self._number) != self._number:
            return  # an answer that nobody has waited for, since something failed
        if "error" in message:
            if kind := message.get("kind"):
                raise ServerError(kind, message["error"])
            raise CellError(f"host {self.host}: {message['error']}")
        if "say" in message:
            self.say(f"host {self.host}: {message['say']}")
        self.heed(message)

    def lost(self) -> CellError:
        """Return the error of an agent that has ended, with the last that it said."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDING_S)
        what = "its agent has ended" if self._greeted else "no agent could be started"
        status = self.process.returncode
        how = f" (signal {-status})" if status is not None and status < 0 else ""
        said = last_line(self.log, noise=ENDED)
        return CellError(f"host {self.host}: {what}{how}{said}")

    def close(self) -> None:
        """End the agent, which ends all that it has started."""
        with contextlib.suppress(OSError):
            self._input.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDING_S)
        self.process.kill()
        self.process.wait()
        self._output.close()


def _started(
    host: str, hosts: dict[str, Any], log: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    words = agent_words(host, hosts)

    def in_child() -> None:
        die_with_parent()
        heed_signals()

    with log.open("wb") as output:
        try:
            return subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=agent_environment(hosts, os.environ) | environment,
                cwd=working_folder(host, hosts),
                start_new_session=True,
                preexec_fn=in_child,  # noqa: PLW1509 (the runner has one thread)
            )
        except OSError as error:
            why = f"cannot start {words[0]}: {error.strerror}"
            raise CellError(f"host {host}: {why}") from None
