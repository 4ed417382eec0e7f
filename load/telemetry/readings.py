"""What server, network and generator do during a run: `telemetry.csv`.

Rules of this module:
- There are ten rows a second. Each has what is cheap to read; one in ten has all.
- Readings are as the kernel gives them: counters that only grow, from whenever they
  began, and values of the moment. `analysis/` gives them a meaning.
- What can't be read here, or was not read this time, is empty, never 0.
- The runner reads, on Locust's core. Neither the server nor Locust does anything for
  it. The record keeps what the readings cost.
"""

from __future__ import annotations

import csv
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TextIO

from contract.record import TELEMETRY_COLUMNS
from load.network.namespaces import LOOPBACK_LINK, Network
from load.telemetry.cgroup import Quota
from load.telemetry.proc import (
    CONTEXT_SWITCHES,
    CPU_CLOCK_NS,
    Clocks,
    Counter,
    Tree,
    core_times,
    most_descriptors,
)
from load.telemetry.tcp import AcceptQueue, Stack

EVERY_S = 0.1
ALL_EVERY_S = 1.0


class Readings(Protocol):
    """What can be read of one side of a run."""

    def begin(self) -> None:
        """To be called when the load is about to begin."""

    def cheap(self) -> dict[str, Any]:
        """Return what is read ten times a second."""

    def all_else(self) -> dict[str, Any]:
        """Return what is read once a second."""

    def end(self) -> dict[str, Any]:
        """Return values that hold for the whole run."""


class ServerReadings:
    """Readings of the server's side.

    `server` is the server's process, which listens on `port`.
    """

    def __init__(
        self, network: Network, port: int, server: int, cores: list[int] | None
    ) -> None:
        # First of all: processes that the server has started before are not counted.
        self.cpu = Counter(server, CPU_CLOCK_NS)
        self.switches = Counter(server, CONTEXT_SWITCHES)
        self.cores = cores
        self.process = server
        self.server = Tree(server)
        with network.on_server_side():
            self.stack = Stack(network.link)
            self.queue = AcceptQueue(port)

    def begin(self) -> None:
        # Not sooner: the program that starts a server may change its limits first, or
        # move it into a cgroup of its own.
        self.most_descriptors = most_descriptors(self.process)
        self.quota = Quota(self.process)

    def cheap(self) -> dict[str, Any]:
        row: dict[str, Any] = {"throttled_s": self.quota.throttled_s()}
        if (used_ns := self.cpu.read()) is not None:
            row["server_cpu_s"] = used_ns / 1e9
        row |= _of_cores("server", self.cores)
        if queue := self.queue.read():
            row["queue"], row["backlog"] = queue
        counters = self.stack.listener() | self.stack.carried()
        return row | {f"server_{name}": value for name, value in counters.items()}

    def all_else(self) -> dict[str, Any]:
        row: dict[str, Any] = {"server_switches": self.switches.read()}
        if used := self.server.usage():
            for name in ("user_s", "system_s", "rss_bytes", "threads", "processes"):
                row[f"server_{name}"] = getattr(used, name)
            row["server_descriptors"] = used.descriptors
            row["server_busiest_s"] = used.busiest_s
            row["server_delayed_s"] = used.delayed_s
        counters = self.stack.counters()
        return row | {f"server_{name}": value for name, value in counters.items()}

    def end(self) -> dict[str, Any]:
        self.quota.close()
        return {"server_most_descriptors": self.most_descriptors}


class UsersReadings:
    """Readings of the users' side, in whose namespace this is made.

    `generator` has Locust's processes, as far as these have not started each other.
    """

    def __init__(
        self, network: Network, generator: Sequence[int], cores: list[int] | None
    ) -> None:
        self.cores = cores
        self.generator = Tree(*generator)
        self.clocks = Clocks()
        self.stack = Stack(network.link)
        # On the loopback the ports of both ends are counted together.
        self.count_ports = network.link != LOOPBACK_LINK

    def begin(self) -> None:
        pass

    def cheap(self) -> dict[str, Any]:
        row = _of_cores("generator", self.cores)
        if used := self.clocks.read():
            row["generator_cpu_s"], row["generator_busiest_s"] = used
        return row

    def all_else(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "ports": self.stack.ports() if self.count_ports else None
        }
        if used := self.generator.usage():
            row["generator_descriptors"] = used.descriptors
            self.clocks.read(self.generator.pids())
        counters = self.stack.counters()
        return row | {f"users_{name}": value for name, value in counters.items()}

    def end(self) -> dict[str, Any]:
        return {}


class Sampler:
    """Takes readings by calling `update` often, and passes rows on to `write`."""

    def __init__(
        self, sides: Sequence[Readings], write: Callable[[dict[str, Any]], object]
    ) -> None:
        self.sides = sides
        self.write = write
        self.cost_s = 0.0
        self.due = self.all_due = 0.0

    def begin(self) -> None:
        for side in self.sides:
            side.begin()
        self.sample(everything=True)

    def update(self) -> None:
        """Add a row if it is time for one."""
        now = time.monotonic()
        if now >= self.due:
            self.sample(everything=now >= self.all_due)

    def wait_s(self) -> float:
        """Return how long it is until the next row is due."""
        return max(self.due - time.monotonic(), 0.0)

    def sample(self, everything: bool) -> None:
        """Add a row of what is cheap to read, or of `everything`."""
        began = time.thread_time()
        now = time.monotonic()
        # In step with the clock, but late rows are not made up for: two at once say
        # nothing.
        self.due = max(self.due + EVERY_S, now + EVERY_S / 2)
        row: dict[str, Any] = {"at_s": f"{now:.6f}"}
        for side in self.sides:
            row |= side.cheap()
        if everything:
            self.all_due = max(self.all_due + ALL_EVERY_S, now + ALL_EVERY_S / 2)
            for side in self.sides:
                row |= side.all_else()
        self.write(
            {
                name: round(value, 4) if isinstance(value, float) else value
                for name, value in row.items()
            }
        )
        self.cost_s += time.thread_time() - began

    def end(self) -> dict[str, Any]:
        """Add a last row; return values that hold for the whole run."""
        self.sample(everything=True)
        values: dict[str, Any] = {"cost_s": round(self.cost_s, 4)}
        for side in self.sides:
            values |= side.end()
        return values


class Telemetry:
    """The readings of a run whose two sides are on this host."""

    def __init__(self, path: Path, sides: Sequence[Readings]) -> None:
        self.file = path.open("w", newline="", encoding="utf-8")
        writer = rows_of(self.file)
        self.sampler = Sampler(sides, writer.writerow)
        self.sampler.begin()

    @property
    def due(self) -> float:
        """When the next row is due."""
        return self.sampler.due

    def update(self) -> None:
        self.sampler.update()

    def end(self) -> dict[str, Any]:
        values = self.sampler.end()
        self.file.close()
        return values


def rows_of(file: TextIO) -> csv.DictWriter[str]:
    """Return what writes rows of readings to a file that is empty yet."""
    writer = csv.DictWriter(file, TELEMETRY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    return writer


def _of_cores(side: str, numbers: list[int] | None) -> dict[str, float]:
    times = core_times(numbers)
    if times is None:
        return {}
    return {f"{side}_cores_{name}_s": each for name, each in times._asdict().items()}


def children_usage() -> dict[str, float]:
    """Return what children of this process have used that have ended and were reaped.

    It includes what their own children used (getrusage(2), RUSAGE_CHILDREN).
    """
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "user_s": used.ru_utime,
        "system_s": used.ru_stime,
        "voluntary_switches": used.ru_nvcsw,
        "involuntary_switches": used.ru_nivcsw,
    }
