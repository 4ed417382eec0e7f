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
from pathlib import Path
from typing import Any, TextIO

from contract.record import TELEMETRY_COLUMNS
from load.host.cores import Cores
from load.network.namespaces import Network
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


class Telemetry:
    """Readings of one run, taken by calling `update` often.

    `server` is the server's process, which listens on `port`.
    """

    def __init__(
        self,
        network: Network,
        port: int,
        server: int,
        cores: Cores,
    ) -> None:
        # First of all: processes that the server has started before are not counted.
        self.server_cpu = Counter(server, CPU_CLOCK_NS)
        self.switches = Counter(server, CONTEXT_SWITCHES)
        self.cores = cores
        self.server = Tree(server)
        self.generator: Tree | None = None  # not started yet
        self.generator_clocks = Clocks()
        self.users_side = Stack(network.link)
        with network.on_server_side():
            self.server_side = Stack(network.link)
            self.queue = AcceptQueue(port)
        # On the loopback the ports of both ends are counted together.
        self.count_ports = network.server_side is not None
        self.cost_s = 0.0
        self.file: TextIO | None = None
        self.due = self.all_due = 0.0

    def begin(self, path: Path, generator: int) -> None:
        """Begin to write rows to `path`; `generator` is Locust's process."""
        self.generator = Tree(generator)
        # Not sooner: the program that starts a server may change its limits first, or
        # move it into a cgroup of its own.
        self.most_descriptors = most_descriptors(self.server.root)
        self.quota = Quota(self.server.root)
        self.file = path.open("w", newline="", encoding="utf-8")
        self.writer = csv.DictWriter(self.file, TELEMETRY_COLUMNS, lineterminator="\n")
        self.writer.writeheader()
        self.sample(everything=True)

    def update(self) -> None:
        """Add a row if it is time for one."""
        now = time.monotonic()
        if now >= self.due:
            self.sample(everything=now >= self.all_due)

    def sample(self, everything: bool) -> None:
        """Add a row of what is cheap to read, or of `everything`."""
        assert self.file is not None
        began = time.thread_time()
        now = time.monotonic()
        # In step with the clock, but late rows are not made up for: two at once say
        # nothing.
        self.due = max(self.due + EVERY_S, now + EVERY_S / 2)
        row = self.cheap()
        if everything:
            self.all_due = max(self.all_due + ALL_EVERY_S, now + ALL_EVERY_S / 2)
            row |= self.all_else()
        self.writer.writerow(
            {"at_s": f"{now:.6f}"}
            | {
                name: round(value, 4) if isinstance(value, float) else value
                for name, value in row.items()
            }
        )
        self.cost_s += time.thread_time() - began

    def cheap(self) -> dict[str, Any]:
        """Return what is read ten times a second."""
        row: dict[str, Any] = {"throttled_s": self.quota.throttled_s()}
        if (used_ns := self.server_cpu.read()) is not None:
            row["server_cpu_s"] = used_ns / 1e9
        for side, numbers in (
            ("server", self.cores.server),
            ("generator", self.cores.locust),
        ):
            if times := core_times(numbers):
                for name, value in times._asdict().items():
                    row[f"{side}_cores_{name}_s"] = value
        if used := self.generator_clocks.read():
            row["generator_cpu_s"], row["generator_busiest_s"] = used
        if queue := self.queue.read():
            row["queue"], row["backlog"] = queue
        return row | {
            f"server_{name}": value
            for name, value in (
                self.server_side.listener() | self.server_side.carried()
            ).items()
        }

    def all_else(self) -> dict[str, Any]:
        """Return what is read once a second."""
        row: dict[str, Any] = {
            "server_switches": self.switches.read(),
            "ports": self.users_side.ports() if self.count_ports else None,
        }
        if used := self.server.usage():
            for name in ("user_s", "system_s", "rss_bytes", "threads", "processes"):
                row[f"server_{name}"] = getattr(used, name)
            row["server_descriptors"] = used.descriptors
            row["server_busiest_s"] = used.busiest_s
            row["server_delayed_s"] = used.delayed_s
        if self.generator is not None and (used := self.generator.usage()):
            row["generator_descriptors"] = used.descriptors
            self.generator_clocks.read(self.generator.pids())
        server = self.server_side.counters()
        row |= {f"server_{name}": value for name, value in server.items()}
        users = self.users_side.counters()
        return row | {f"users_{name}": value for name, value in users.items()}

    def end(self) -> dict[str, Any]:
        """Add a last row; return values that hold for the whole run."""
        assert self.file is not None
        self.sample(everything=True)
        self.file.close()
        self.quota.close()
        return {
            "cost_s": round(self.cost_s, 4),
            "server_most_descriptors": self.most_descriptors,
        }


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
