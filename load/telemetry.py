"""What server, network and generator do during a run: `telemetry.csv`.

Rules of this module:
- A row once a second, of readings as the kernel gives them: counters that only
  grow, from whenever they began, and values of the moment. What they mean is said
  elsewhere.
- What can't be read here is empty, never 0.
- It is the runner that reads, on the generator's core: neither the server nor
  Locust does anything for it. What that costs is kept with the record.
"""

from __future__ import annotations

import csv
import resource
import time
from pathlib import Path
from typing import Any, TextIO

from load.network import Network
from load.proc import Switches, Tree, cores_idle_s, most_descriptors
from load.tcp import COUNTERS, AcceptQueue, Stack

EVERY_S = 1.0
LINK = ("received_bytes", "sent_bytes")
COLUMNS = (
    "at_s",  # time.monotonic(), which is the same for all processes of a host
    *("server_user_s", "server_system_s", "server_rss_bytes", "server_threads"),
    *("server_processes", "server_descriptors", "server_switches"),
    *("server_cores_idle_s", "queue", "backlog"),
    *(f"server_{name}" for name in (*COUNTERS, *LINK)),
    *(f"users_{name}" for name in COUNTERS),
    *("generator_cpu_s", "generator_busiest_s", "generator_descriptors"),
    *("generator_cores_idle_s", "ports"),
)


class Telemetry:
    """Readings of one run, taken by calling `update` often.

    `cores` are the server's and the generator's, None where they are not set.
    """

    def __init__(
        self,
        network: Network,
        port: int,
        server: int,
        cores: tuple[list[int], list[int]] | None,
    ) -> None:
        self.server_cores = cores[0] if cores else None
        self.generator_cores = cores[1] if cores else None
        self.server = Tree(server)
        self.switches = Switches(server)
        self.generator: Tree | None = None  # not started yet
        self.users_side = Stack(network.link)
        with network.on_server_side():
            self.server_side = Stack(network.link)
            self.queue = AcceptQueue(port)
        # On the loopback the ports of both ends are counted together.
        self.count_ports = network.server_side is not None
        self.cost_s = 0.0
        self.file: TextIO | None = None
        self.due = 0.0

    def begin(self, path: Path, generator: int) -> None:
        """Begin to write rows to `path`; `generator` is Locust's process."""
        self.generator = Tree(generator)
        # Not sooner: what starts a server may have changed it by now.
        self.most_descriptors = most_descriptors(self.server.root)
        self.file = path.open("w", newline="", encoding="utf-8")
        self.writer = csv.DictWriter(self.file, COLUMNS, lineterminator="\n")
        self.writer.writeheader()
        self.sample()

    def update(self) -> None:
        """Add a row if a second has passed since the last."""
        if time.monotonic() >= self.due:
            self.sample()

    def sample(self) -> None:
        assert self.file is not None
        began = time.thread_time()
        now = time.monotonic()
        # In step with the clock, but never to catch up: two at once say nothing.
        self.due = max(self.due + EVERY_S, now + EVERY_S / 2)
        self.writer.writerow({"at_s": f"{now:.6f}", **self.readings()})
        self.cost_s += time.thread_time() - began

    def readings(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "server_switches": self.switches.read(),
            "server_cores_idle_s": cores_idle_s(self.server_cores),
            "generator_cores_idle_s": cores_idle_s(self.generator_cores),
            "ports": self.users_side.ports() if self.count_ports else None,
        }
        if used := self.server.usage():
            for name in ("user_s", "system_s", "rss_bytes", "threads", "processes"):
                found[f"server_{name}"] = getattr(used, name)
            found["server_descriptors"] = used.descriptors
        if self.generator is not None and (used := self.generator.usage()):
            found["generator_cpu_s"] = used.user_s + used.system_s
            found["generator_busiest_s"] = used.busiest_s
            found["generator_descriptors"] = used.descriptors
        if queue := self.queue.read():
            found["queue"], found["backlog"] = queue
        server = self.server_side.counters()
        found |= {f"server_{name}": value for name, value in server.items()}
        users = self.users_side.counters()
        found |= {f"users_{name}": users[name] for name in COUNTERS if name in users}
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in found.items()
        }

    def end(self) -> dict[str, Any]:
        """Add a last row; return what holds for the whole run."""
        assert self.file is not None
        self.sample()
        self.file.close()
        return {
            "cost_s": round(self.cost_s, 4),
            "server_most_descriptors": self.most_descriptors,
        }


def children_usage() -> dict[str, float]:
    """Return what all children of this process used that have ended and were reaped.

    Theirs is in it, too (getrusage(2), RUSAGE_CHILDREN).
    """
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "user_s": used.ru_utime,
        "system_s": used.ru_stime,
        "voluntary_switches": used.ru_nvcsw,
        "involuntary_switches": used.ru_nivcsw,
    }
