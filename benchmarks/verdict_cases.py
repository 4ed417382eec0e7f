"""Cells whose limit is built in: the table that `benchmarks/verdicts.py` measures.

Rules of this module:
- It is a table. A case is a setting under which one thing must be the limit, for the
  reason that stands beside it; or two, which lie near each other.
- A limit comes in three shapes: steady, so many users for some seconds; ramp, users who
  join up to the first failure, or up to their cap; burst, all at once, and the first so
  many requests that finish.
- What a shape has in common stands in `verdicts.configuration`. Here is what a case
  changes of it.
- Cases are short: one takes 2 to 12 s of load.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Settings = dict[str, Any]  # by dotted name
STEADY, RAMP, BURST = SHAPES = ("steady", "ramp", "burst")
STARVED_BY = 12  # processes that do nothing but take turns with Locust on its core


@dataclass(frozen=True)
class Case:
    """One cell with its limit, or two, built in.

    `wrapped` is put before the server's command line, `files` the hard limit of the
    runner's own open files. So many programs are kept `busy_beside_server` or
    `busy_beside_locust`, on that one's core. `quota` is the cores that server and
    Locust have together, or the server where it is `quota_alone`. Of two limits both
    have to be named, or neither, but where `one_is_enough`.
    """

    limits: tuple[str, ...]
    shape: str
    impl: str
    why: str
    settings: Settings = field(default_factory=dict)
    wrapped: str = ""
    files: int | None = None
    busy_beside_server: int = 0
    busy_beside_locust: int = 0
    quota: float | None = None
    quota_alone: bool = False
    one_is_enough: bool = False

    @property
    def limit(self) -> str:
        return " + ".join(self.limits)

    @property
    def name(self) -> str:
        return f"{self.limit}, {self.shape}, {self.impl}: {self.why}"

    def is_right(self, verdict: str) -> bool:
        """Whether a verdict names what is built in."""
        named = set(verdict.split(" + "))
        if len(self.limits) == 1 or self.one_is_enough:
            return bool(named) and named <= set(self.limits)
        return named == set(self.limits) or verdict == "unclear"


FOUR = ("single", "multiprocess", "multithread", "select")
# One client after another, whatever it is that serves them.
SERIAL = ("single", "multithread_join", "multiprocess_join")
POOLS = ("thread_pool", "prefork", "prethread")


def think(least_s: float, most_s: float) -> Settings:
    return {"load.think_min_s": least_s, "load.think_max_s": most_s}


NO_PAUSE = think(0, 0)
STATIC = {"page": "static", "users": 100, **think(0, 0.2)}
PRESSED = {"users": 60, **think(0, 0.02)}
KEPT = {**STATIC, "server.keep_alive": True}
WAITING = {**STATIC, "page": "waiting"}


def cases() -> Iterator[Case]:
    """Yield all cases."""
    for limit in (
        *(_server_cpu, _quoted, _serial, _workers, _descriptors, _accept_queue),
        *(_link, _generator_cpu, _generator_ports, _generator_files, _machine),
        *(_think_time, _backend, _crashed, _two),
    ):
        yield from limit()


def _server_cpu() -> Iterator[Case]:
    limit = ("server-cpu",)
    for impl in FOUR:
        yield Case(limit, STEADY, impl, "a page that takes 2 ms of CPU", PRESSED)
    # What waits to be accepted is what a full core has not got to.
    for impl in ("epoll", "asyncio"):
        why = "2 ms of CPU, for users who ask for twice what a core can do"
        asked = {"users": 400, "hatch_rate": 100, **think(0.2, 0.4)}
        yield Case(limit, RAMP, impl, why, {**asked, "server.backlog": 1024})
    for impl in ("thread_pool", "prefork"):
        why = "100 at once, who get 1,500 pages of 2 ms"
        asked = {"users": 100, "experiment.requests": 1500, **think(0, 0.1)}
        yield Case(limit, BURST, impl, why, asked)


def _quoted() -> Iterator[Case]:
    """Yield cells that had other verdicts before waiting decided."""
    limit, fixed = ("server-cpu",), {"page": "fixed_cost"}
    for impl in FOUR:
        asked = {"study": "demo", **fixed}
        yield Case(limit, RAMP, impl, "the demo, 4 ms of CPU a page", asked)
        yield Case(limit, BURST, impl, "the demo, 4 ms of CPU a page", asked)
    yield Case(
        limit,
        BURST,
        "epoll",
        "1,000 at once who think for 4 s: a core does half of what they ask for",
        {**fixed, "users": 1000, "experiment.requests": 2000, **think(4, 4)}
        | {"load.timeout_s": 10},
    )
    yield Case(
        limit,
        BURST,
        "select",
        "2,000 at once, 4 ms of CPU a page",
        {**fixed, "users": 2000, "experiment.requests": 2400, **think(1, 8)}
        | {"load.timeout_s": 10},
    )
    for impl in ("multithread", "select"):
        yield Case(
            ("link",),
            RAMP,
            impl,
            "the demo on 35 Mbit/s, which 275 pages fill",
            {"study": "demo", "page": "static"}
            | {"network": "netns_62mbit", "network.rate_mbit": 35},
        )


def _serial() -> Iterator[Case]:
    limit = ("server-serial",)
    one_worker = {"impl.options.max_workers": 1}
    for impl in SERIAL:
        why = "kept connections: one client has it alone"
        yield Case(limit, STEADY, impl, why, KEPT)
    yield Case(limit, STEADY, "single", "a page that waits 20 ms", WAITING)
    yield Case(
        limit,
        STEADY,
        "single",
        "a page that waits 20 ms, and 300 users, whom its accept queue has no room for",
        {**WAITING, "users": 300, **think(0.5, 1.5)},
    )
    why = "a page that waits 20 ms, 50 times a second at most"
    for impl in ("single", "multiprocess_join"):
        asked = {"page": "waiting", "users": 200, "hatch_rate": 20}
        yield Case(limit, RAMP, impl, why, asked)
    for impl, own in (("multithread_join", {}), ("prethread", one_worker)):
        asked = {"page": "waiting", "users": 80, "experiment.requests": 200, **own}
        yield Case(limit, BURST, impl, why, asked)


def _workers() -> Iterator[Case]:
    limit = ("server-workers",)
    eight = {"impl.options.max_workers": 8}
    for impl in ("multithread", "thread_pool", "event_pool"):
        why = "8 workers, and a page that waits 20 ms"
        yield Case(limit, STEADY, impl, why, {**WAITING, **eight})
    for impl in ("multiprocess", "multithread", *POOLS):
        why = "4 workers, whose clients think in between"
        yield Case(limit, STEADY, impl, why, {**KEPT, "impl.options.max_workers": 4})
    many = {**KEPT, "impl.options.max_workers": 40}
    yield Case(limit, STEADY, "multithread", "40 workers", many)
    waits = {"page": "waiting", "page.wait_ms": 100, **eight}
    why = "8 workers, and a page that waits 100 ms: 80 a second at most"
    for impl in ("multithread", "thread_pool", "event_pool"):
        yield Case(limit, RAMP, impl, why, {**waits, "users": 300, "hatch_rate": 30})
    for impl in ("multiprocess", "prefork", "prethread"):
        asked = {**waits, "users": 100, "experiment.requests": 240}
        yield Case(limit, BURST, impl, why, asked)


def _descriptors() -> Iterator[Case]:
    limit = ("server-descriptors",)
    few = "sh -c 'ulimit -n 64; exec \"$@\"' sh"
    yield Case(
        limit,
        STEADY,
        "select",
        "FD_SETSIZE, with 1,200 kept connections",
        {**KEPT, "users": 1200, **think(2, 4)},
    )
    yield Case(
        limit,
        RAMP,
        "select",
        "FD_SETSIZE, with 1,200 kept connections",
        {**KEPT, "users": 1200, "hatch_rate": 100, **think(0.5, 1.5)},
    )
    why = "64 open files, 100 kept connections"
    for impl in ("select", "multithread"):
        yield Case(limit, STEADY, impl, why, KEPT, wrapped=few)
    kept = {"page": "static", "server.keep_alive": True, "users": 100}
    for impl in ("multithread", "epoll"):
        asked = {**kept, "hatch_rate": 20}
        yield Case(limit, RAMP, impl, why, asked, wrapped=few)
    for impl in ("select", "poll"):
        asked = {**kept, "experiment.requests": 250}
        yield Case(limit, BURST, impl, why, asked, wrapped=few)


def _accept_queue() -> Iterator[Case]:
    limit = ("accept-queue",)
    short = {**STATIC, "server.backlog": 1}
    # An event loop empties its queue so fast that nobody is lost.
    for impl in ("single", "multithread", "thread_pool"):
        why = "backlog 1, and 300 users who ask at the same time"
        asked = {**short, "users": 300, **think(0.9, 0.9)}
        yield Case(limit, STEADY, impl, why, asked)
    # Its queue is too short for them, though a tenth of its CPU time would be enough.
    lost = {"page": "static", "server.backlog": 1, "load.timeout_s": 2}
    why = "backlog 1, and 50 more join at once every second"
    for impl in ("single", "multiprocess", "multithread"):
        asked = {**lost, "users": 200, "hatch_rate": 50, **think(0.9, 0.9)}
        yield Case(limit, RAMP, impl, why, asked)
    why = "backlog 1, 150 users at once, who get 300 pages"
    for impl in ("single", "multithread", "thread_pool"):
        asked = {**lost, "users": 150, "experiment.requests": 300, **think(0.5, 1.5)}
        yield Case(limit, BURST, impl, why, asked)


def _link() -> Iterator[Case]:
    limit = ("link",)
    narrow = {"page": "static", "network.rate_mbit": 20}
    why = "20 Mbit/s, which 165 pages fill"
    for impl in FOUR:
        yield Case(limit, STEADY, impl, why, {**STATIC, **narrow})
    for impl in ("single", "multiprocess"):
        asked = {**narrow, "users": 500, "hatch_rate": 50}
        yield Case(limit, RAMP, impl, why, asked)
    for impl in ("multithread", "select", "epoll"):
        asked = {**narrow, "users": 100, "experiment.requests": 600, **think(0, 0.2)}
        yield Case(limit, BURST, impl, why, asked)


def _generator_cpu() -> Iterator[Case]:
    limit = ("generator-cpu",)
    http = {"page": "static", "load.client": "http", **NO_PAUSE}
    fast = {"page": "static", "load.client": "fast", **NO_PAUSE}
    why = "Locust's HttpUser, which asks without a pause"
    for impl in ("select", "multithread"):
        yield Case(limit, STEADY, impl, why, {**http, "users": 100})
    for impl in ("single", "multithread"):
        yield Case(limit, RAMP, impl, why, {**http, "users": 60, "hatch_rate": 20})
    for impl in ("select", "epoll"):
        asked = {**http, "users": 60, "experiment.requests": 2000}
        yield Case(limit, BURST, impl, why, asked)
    why = f"its FastHttpUser, whose core {STARVED_BY} others share"
    for impl, shape, more in (
        ("single", STEADY, {"users": 100}),
        ("select", STEADY, {"users": 100}),
        ("epoll", RAMP, {"users": 60, "hatch_rate": 20, "load.timeout_s": 2}),
        ("multithread", BURST, {"users": 60, "experiment.requests": 600}),
    ):
        asked = {**fast, **more}
        yield Case(limit, shape, impl, why, asked, busy_beside_locust=STARVED_BY)


def _generator_ports() -> Iterator[Case]:
    limit = ("generator-ports",)
    few = {**KEPT, "users": 200, "network.ip_local_port_range": "40000-40049"}
    why = "50 ports, 200 kept connections"
    for impl in ("multiprocess", "multithread", "select"):
        yield Case(limit, STEADY, impl, why, few)
    for impl in ("multithread", "epoll"):
        asked = {**few, "hatch_rate": 20, **think(0.25, 0.75)}
        yield Case(limit, RAMP, impl, why, asked)
    for impl in ("multiprocess", "select"):
        yield Case(limit, BURST, impl, why, {**few, "experiment.requests": 4000})


def _generator_files() -> Iterator[Case]:
    limit = ("generator-files",)
    arriving = {"users": 56, "load.arrivals": "open", **think(0, 0.1)}
    # So that it is not the server who has none left. An ordinary user can't have that.
    enough = "sh -c 'ulimit -n 4096 2>/dev/null; exec \"$@\"' sh"
    why = "256 files, and arrivals that do not wait"
    for impl in ("single", "select"):
        yield Case(limit, STEADY, impl, why, arriving, enough, files=256)
    # 280 requests a second, each of which holds its connection for a second.
    arriving = {**arriving, "page": "waiting", "page.wait_ms": 1000, **think(0, 0.4)}
    why = "256 files, and 280 arrivals a second that wait for a second"
    for impl in ("select", "multithread"):
        asked = {**arriving, "hatch_rate": 20, "load.timeout_s": 2}
        yield Case(limit, RAMP, impl, why, asked, enough, files=256)
    for impl in ("epoll", "asyncio"):
        asked = {**arriving, "experiment.requests": 600}
        yield Case(limit, BURST, impl, why, asked, enough, files=256)


def _machine() -> Iterator[Case]:
    limit = ("machine",)
    costly = {"page": "fixed_cost", "server.backlog": 1024}
    steady = {**costly, "users": 60, **think(0, 0.02)}
    ramp = {**costly, "users": 300, "hatch_rate": 25}
    burst = {**costly, "users": 60, "experiment.requests": 250, **think(0, 0.1)}
    quota = "half a core for server and Locust together, 4 ms of CPU a page"
    busy = "three programs on the server's core, 4 ms of CPU a page"
    for shape, asked, throttled, beside in (
        (STEADY, steady, "select", "single"),
        (RAMP, ramp, "epoll", "multithread"),
        (BURST, burst, "multiprocess", "select"),
    ):
        yield Case(limit, shape, throttled, quota, asked, quota=0.5)
        yield Case(limit, shape, beside, busy, asked, busy_beside_server=3)
    quota = "0.3 of a core for the server alone, 4 ms of CPU a page"
    for shape, asked, impl in ((RAMP, ramp, "epoll"), (BURST, burst, "multithread")):
        yield Case(limit, shape, impl, quota, asked, quota=0.3, quota_alone=True)
    # It uses next to nothing of its core, and would use all of it.
    busy = "twelve programs on the server's core, 4 ms of CPU a page"
    yield Case(limit, STEADY, "asyncio", busy, steady, busy_beside_server=12)


def _think_time() -> Iterator[Case]:
    limit = ("think-time",)
    for impl in FOUR:
        asked = {**STATIC, "users": 10, **think(0.5, 1.5)}
        yield Case(limit, STEADY, impl, "ten users who think for a second", asked)
    # Its accept queue overflows as they join, and nobody waits for long after that.
    yield Case(
        limit,
        STEADY,
        "single",
        "250 users who think for two seconds, a sixth of what it can do",
        {"users": 250, "experiment.max_s": 15, **think(1, 3)},
    )
    for impl in ("multithread", "epoll", "asyncio", "event_pool"):
        why = "ten users, and a page that waits 50 ms"
        asked = {**WAITING, "page.wait_ms": 50, "users": 10, **NO_PAUSE}
        yield Case(limit, STEADY, impl, why, asked)
    for impl in ("single", "multiprocess", "select"):
        asked = {"page": "static", "users": 100, "hatch_rate": 40, **think(0.5, 1.5)}
        yield Case(limit, RAMP, impl, "a cap of 100 who think for a second", asked)
    for impl in ("single", "multithread", "epoll"):
        asked = {"page": "static", "users": 60, "experiment.requests": 240}
        asked = {**asked, **think(0.5, 1.5)}
        yield Case(limit, BURST, impl, "60 at once who think for a second", asked)


def _backend() -> Iterator[Case]:
    """A server that answers at once would give these users a fifth more."""
    limit = ("backend",)
    slow = {"page": "fixed_cost", "page.cpu_ms": 10, "page.wait_ms": 40, **NO_PAUSE}
    why = "a page that waits 40 ms and takes 10 ms of CPU, for 2 users"
    for impl in ("multithread", "epoll"):
        yield Case(limit, STEADY, impl, why, {**slow, "users": 2})
    for impl in ("asyncio", "multiprocess"):
        yield Case(limit, RAMP, impl, why, {**slow, "users": 2, "hatch_rate": 1})
    for impl in ("event_pool", "thread_pool"):
        asked = {**slow, "users": 2, "experiment.requests": 120}
        yield Case(limit, BURST, impl, why, asked)


def _crashed() -> Iterator[Case]:
    killed = "timeout --signal KILL 4"
    why = "killed after 4 s"
    for shape, impls, asked in (
        (STEADY, ("single", "select"), STATIC),
        (RAMP, ("multithread", "select"), {"page": "static", "hatch_rate": 20}),
        (BURST, ("single", "multiprocess"), {**STATIC, "experiment.requests": 10**6}),
    ):
        for impl in impls:
            yield Case(("crashed",), shape, impl, why, asked, wrapped=killed)


def _two() -> Iterator[Case]:
    """Yield cells with two limits near each other."""
    both = ("server-cpu", "link")
    full = {"page": "fixed_cost", "network.rate_mbit": 31, "server.backlog": 1024}
    why = "4 ms of CPU a page, and a link that 240 pages a second fill"
    asked = {**full, "users": 60, **think(0, 0.02)}
    yield Case(both, STEADY, "select", why, asked)
    yield Case(both, STEADY, "multithread", why, asked)
    yield Case(both, RAMP, "select", why, {**full, "users": 600, "hatch_rate": 60})
    both = ("server-cpu", "machine")
    why = "4 ms of CPU a page, and one other program on the server's core"
    asked = {"page": "fixed_cost", "users": 60, **think(0, 0.02)}
    yield Case(both, STEADY, "epoll", why, asked, busy_beside_server=1)
    asked = {"page": "fixed_cost", "users": 60, **think(0, 0.1)}
    asked = {**asked, "experiment.requests": 400}
    yield Case(both, BURST, "select", why, asked, busy_beside_server=1)
    # Half of a response is the wait for its turn, the other half the page's own.
    slow = {"page": "waiting", "page.wait_ms": 100, "impl.options.max_workers": 8}
    why = "8 workers, a page that waits 100 ms, and 16 users who do not think"
    asked = {**slow, "users": 16, **NO_PAUSE}
    yield Case(("server-workers", "backend"), STEADY, "multithread", why, asked)
    asked = {**asked, "experiment.requests": 300}
    yield Case(("server-workers", "backend"), BURST, "prefork", why, asked)
    why = "a page that waits 40 ms, and 2 users who do not think"
    asked = {"page": "waiting", "page.wait_ms": 40, "users": 2, **NO_PAUSE}
    yield Case(("server-serial", "backend"), STEADY, "single", why, asked)
    asked = {**asked, "experiment.requests": 100}
    yield Case(("server-serial", "backend"), BURST, "multithread_join", why, asked)
    # Which of the two is greater is the machine's affair.
    yield Case(
        ("server-cpu", "server-workers"),
        STEADY,
        "multithread",
        "4 workers, all of them taken, who need four fifths of a core",
        {"page": "fixed_cost", "page.wait_ms": 12, "impl.options.max_workers": 4}
        | {"users": 60, **think(0, 0.02)},
        one_is_enough=True,
    )
    both = ("server-cpu", "accept-queue")
    yield Case(
        both,
        RAMP,
        "single",
        "100 more a second, far beyond the 250 a second that it can do",
        {"page": "fixed_cost", "users": 2000, "hatch_rate": 100, **think(0.5, 1.5)}
        | {"load.timeout_s": 4},
        one_is_enough=True,
    )
    yield Case(
        both,
        BURST,
        "single",
        "600 at once, four times what its accept queue takes",
        {"page": "fixed_cost", "users": 600, "experiment.requests": 1000},
        one_is_enough=True,
    )
