"""Who accepts, waits and works in an architecture, as `facts.yaml` declares it.

Rules of this module:
- Nothing is guessed. A server that the file does not have is drawn only if its
  configuration says that a process or a thread serves each connection (`impl.worker`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from analysis.files import read_yaml

FILE = Path(__file__).with_name("facts.yaml")
QUEUE, OWN = "queue", "own"
WHO = ("process", "parent", "child", "main", "thread", "loop", "greenlet")
MANY = ("one", "connection", "start", "core")
PROCESSES = ("process", "parent", "child")  # all others are within one
BY_WORKER = {"process": "multiprocess", "thread": "multithread"}


@dataclass(frozen=True)
class Actor:
    """A process, thread or the like, or many of them, and what it does."""

    who: str
    many: str = ""
    accepts: bool = False
    waits_one: str = ""  # the call in which it waits for one client
    waits_all: str = ""  # the same for all of its clients at once
    works: bool = False

    def __post_init__(self) -> None:
        if self.who not in WHO or self.many not in ("", *MANY):
            raise ValueError(f"{self.who}, {self.many}: not one of {WHO}, {MANY}")

    @property
    def is_process(self) -> bool:
        return self.who in PROCESSES

    @property
    def several(self) -> bool:
        return self.many not in ("", "one")


@dataclass(frozen=True)
class Facts:
    """An architecture: who gets connections first, and to whom they go on."""

    front: Actor | None = None
    hands: str = ""
    workers: Actor | None = None
    back: str = ""
    queues: str = ""

    @property
    def actors(self) -> list[Actor]:
        return [actor for actor in (self.front, self.workers) if actor]

    @classmethod
    def of(cls, declared: Mapping[str, Any]) -> Facts:
        """Return what an entry of the file declares; raise `ValueError`."""
        if unknown := set(declared) - {field.name for field in fields(cls)}:
            raise ValueError(f"no fact of an architecture: {sorted(unknown)}")
        actors = {
            n: Actor(**declared[n]) for n in ("front", "workers") if n in declared
        }
        return cls(**{**declared, **actors})


@functools.cache
def declared() -> dict[str, Facts]:
    """Return the facts of all servers that the file has, by their names."""
    return {name: Facts.of(entry) for name, entry in read_yaml(FILE).items()}


def facts(impl: Mapping[str, Any]) -> Facts | None:
    """Return the facts of an implementation, by its settings; None if there are none.

    A server of one's own may have the name of one of ours, but not its command.
    """
    known = declared()
    if impl.get("submission") is None and impl["name"] in known:
        return known[impl["name"]]
    return known.get(BY_WORKER.get(impl.get("worker") or "", ""))
