"""The part that a host has in a run, and what surrounds it there.

Rules of this module:
- A host of its own has the lock, the guard and the files that a run has on the runner's
  host. On that host itself an agent has those of the runner: it is a child of it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from load.agent.runner import Runner
from load.errors import CellError
from load.host.apart import make_apart
from load.host.environment import passed_on
from load.host.guard import end_leftovers, guarded
from load.host.lock import only_run_on_host
from load.host.removal import remove
from load.host.run_token import VARIABLE


@dataclass(frozen=True)
class Surroundings:
    """Where the processes of a run live on this host, `root` and all below it."""

    root: int
    scratch: Path
    environment: dict[str, str]
    runner: Runner


class Part(Protocol):
    """What a host does: `calls` has a function for each call, by its name."""

    calls: dict[str, Callable[..., Any]]

    def wait_s(self) -> float:
        """Return for how long a call may be awaited until `update`."""

    def update(self) -> None:
        """Tell the runner what is new."""


def serve(part: Part, runner: Runner) -> None:
    """Answer calls until the runner ends."""
    while True:
        call = runner.next(part.wait_s())
        try:
            if call is None:
                part.update()
                continue
            name = call.pop("call")
            runner.answer(part.calls[name](**call))
        except CellError as error:
            runner.fail(error)


@contextmanager
def surrounded(
    runner: Runner, host_scratch: str | None, most_wait_s: float
) -> Iterator[Surroundings]:
    """Take this host for a run; on leaving, nothing of the run is left on it.

    `host_scratch` is a folder of the runner's, on its own host. Elsewhere the end of
    another run is awaited for `most_wait_s`.
    """
    if host_scratch is not None:
        environment = passed_on(os.environ) | {VARIABLE: os.environ[VARIABLE]}
        root = os.getppid()  # Locust's master is beside this agent
        with explained():
            scratch = Path(tempfile.mkdtemp(dir=host_scratch))
        try:
            yield Surroundings(root, scratch, environment, runner)
        finally:
            remove(scratch)
        return
    deadline = time.monotonic() + most_wait_s

    def say_waiting() -> None:
        runner.tell(say="waiting for another run on it to end")

    def tick() -> None:
        runner.tick()
        if time.monotonic() > deadline:
            raise CellError(
                f"another run has had it for {most_wait_s / 60:.3g} minutes: if that "
                "waits for a host of this run, end one of them"
            )

    with only_run_on_host(tick, say_waiting):
        if leftovers := end_leftovers():
            runner.tell(say=leftovers)
        with explained():
            scratch = make_apart()
        with guarded(scratch) as environment:
            yield Surroundings(os.getpid(), scratch, environment, runner)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Raise `CellError` for what the system refuses, such as a full disk."""
    try:
        yield
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise CellError(f"{where}{error.strerror}") from None
