"""What limited a cell: one verdict, and the evidence for it in a sentence.

Rules of this module:
- The first rule that applies gives the verdict. They stand in the order in which
  one limit hides another: a starved load generator makes every other figure
  untrue, a server without CPU makes every queue long.
- What was not read proves nothing. Where no rule applies the verdict is `unclear`,
  and says what is known.
- Thresholds are named here, with the reason beside them, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analysis.evidence import Evidence

# A core is never quite full: the kernel's own work and the moments between two
# requests take some per cent of it. Below this there was room for more.
BUSY = 0.90
# A core may also be filled by the kernel, on behalf of a server that has most of it.
NO_IDLE, MOST = 0.10, 0.60
# An event loop that wakes this late, in half of all seconds, adds as much to each
# response time; on a core of its own it is a millisecond or two.
LATE_MS = 50.0
# A shaped link carries its rate less what retransmissions and gaps leave unused.
FULL_LINK = 0.90
# Of descriptors or workers: a few are always about to be freed, or taken by what is
# no connection.
FULL = 0.97
# Idle connections hold a bound where more than half of it is theirs.
HELD = 0.5
# In half of all looks at the accept queue somebody waited there.
QUEUED = 0.5
# Users that think, or wait for a page that waits, most of the time, and responses
# that did not get slower.
SLOWER, THINKING = 2.0, 0.25
# Where responses are shorter than that part of it, the fastest server would get no more
# than a tenth more requests of its users.
FELT = 0.10
# Who asks for more than twice as much as is answered is not kept by thinking.
KEPT_UP = 0.5

SERVER = {
    "server-cpu",
    "server-serial",
    "server-workers",
    "server-descriptors",
    "accept-queue",
    "crashed",
}
OUTSIDE = {"link", "generator-cpu", "generator-ports", "generator-files", "think-time"}
LIMITS = {
    "server-cpu": "the server had no CPU time left",
    "server-serial": "the server made clients wait while it had CPU time to spare",
    "server-workers": "the server's own bound on processes or threads",
    "server-descriptors": "the server's bound on descriptors",
    "accept-queue": "the accept queue overflowed before anything else was full",
    "link": "the link was full",
    "generator-cpu": "the load generator had no CPU time left",
    "generator-ports": "the load generator had no local port left",
    "generator-files": "the load generator had no file left to open",
    "think-time": "users thought, or their page waited, most of the time: a faster "
    "server would have got hardly more of them",
    "crashed": "the server died",
    "unclear": "the evidence does not say",
}


@dataclass(frozen=True)
class Verdict:
    """What limited a cell: a key of `LIMITS`, and why it is taken to be that."""

    limit: str
    because: str


def verdict(e: Evidence) -> Verdict:
    """Return what the evidence says limited the cell."""
    for rule in RULES:
        for limit, because in rule(e):
            return Verdict(limit, because)
    return Verdict("unclear", _unclear(e))


def _crashed(e: Evidence) -> Iterator[tuple[str, str]]:
    if e.crashed is not None:
        yield "crashed", f"the server died: {e.crashed}"


def _refused_to_generator(e: Evidence) -> Iterator[tuple[str, str]]:
    """What the generator's own kernel refused never reached the server."""
    failure = e.failure or ""
    if failure.startswith("Cannot assign requested address"):
        yield "generator-ports", "connections failed for want of a local port"
    if failure.startswith(("Too many open files", "No file descriptors")):
        yield "generator-files", "connections failed since Locust had no file to open"


def _idle(e: Evidence) -> Iterator[tuple[str, str]]:
    """What idle connections hold, no CPU time and no load generator frees."""
    if not e.idle or e.idle_asked is None or e.idle >= e.idle_asked:
        return  # of none that are open nothing is held
    took = f"it took {e.idle:,} of {e.idle_asked:,} idle connections"
    if _full(e.descriptors, e.most_descriptors) and _holds(e.idle, e.most_descriptors):
        yield (
            "server-descriptors",
            f"{took}, which hold most of its {e.most_descriptors:,} descriptors, and "
            "none is left",
        )
    if e.most_workers == 1:
        yield "server-serial", f"{took}, and serves one client at a time"
    if _full(e.workers, e.most_workers) and _holds(e.idle, e.most_workers):
        yield (
            "server-workers",
            f"{took}, which hold most of its {e.most_workers:,} workers, and none is "
            "left",
        )


def _holds(idle: int, most: int | None) -> bool:
    return most is not None and idle > HELD * most


def _generator(e: Evidence) -> Iterator[tuple[str, str]]:
    late = e.lateness_ms is not None and e.lateness_ms >= LATE_MS
    shares = [s for s in (e.generator_busiest, e.generator_cpu) if s is not None]
    used = max(shares, default=None)
    if used is not None and used >= BUSY:
        if e.server_cpu is not None and e.server_cpu >= BUSY:
            yield (
                "unclear",
                f"server ({_percent(e.server_cpu)} of its CPU) and load generator "
                f"({_percent(used)}) were both busy",
            )
        yield "generator-cpu", f"Locust used {_percent(used)} of its CPU time"
    if late:
        yield (
            "generator-cpu",
            f"Locust's event loop woke {e.lateness_ms:,.0f} ms late, so that it "
            "measured itself",
        )


def _link(e: Evidence) -> Iterator[tuple[str, str]]:
    if e.link is not None and e.link >= FULL_LINK:
        yield "link", f"the link carried {_percent(e.link)} of its rate"


def _server(e: Evidence) -> Iterator[tuple[str, str]]:
    """What of the server was full, where that kept users from asking for more."""
    if not e.failure and _short(e, FELT):
        return
    for rule in (_server_cpu, _server_bounds, _queue):
        yield from rule(e)


def _server_cpu(e: Evidence) -> Iterator[tuple[str, str]]:
    if e.server_cpu is None:
        return
    full = e.server_idle is not None and e.server_idle <= NO_IDLE
    if e.server_cpu >= BUSY or (full and e.server_cpu >= MOST):
        idle = f", and its cores were idle for {_percent(e.server_idle)}"
        used = f"the server used {_percent(e.server_cpu)} of its CPU time"
        yield "server-cpu", used + idle if full else used
    elif full:
        yield (
            "unclear",
            f"the server's cores were busy, but only {_percent(e.server_cpu)} with "
            "the server: something else ran there",
        )


def _server_bounds(e: Evidence) -> Iterator[tuple[str, str]]:
    """Bounds that the server keeps, while it has CPU time to spare."""
    spare = f", with {_percent(e.server_cpu)} of its CPU time used"
    if _full(e.descriptors, e.most_descriptors):
        yield (
            "server-descriptors",
            f"it had {e.descriptors:,} descriptors of {e.most_descriptors:,} open"
            f"{spare}",
        )
    if e.most_workers != 1 and _full(e.workers, e.most_workers):
        yield (
            "server-workers",
            f"all of its {e.most_workers:,} workers were taken{spare}",
        )


def _full(found: float | None, most: int | None) -> bool:
    return found is not None and most is not None and found >= FULL * most


def _queue(e: Evidence) -> Iterator[tuple[str, str]]:
    """Clients that waited to be accepted."""
    if e.queued is not None and e.queued >= QUEUED and e.server_cpu is not None:
        many = e.most_workers is not None and e.most_workers > 1
        # One of a pool that is free accepts what waits.
        taken = f", all {e.most_workers:,} workers taken" if e.pool and many else ""
        yield (
            "server-workers" if taken else "server-serial",
            f"connections waited to be accepted in {_percent(e.queued)} of all looks"
            f"{taken}, with {_percent(e.server_cpu)} of the server's CPU time used",
        )
    if e.overflows:
        room = "" if e.backlog is None else f" of {e.backlog:,}"
        spare = "" if e.server_cpu is None else f" at {_percent(e.server_cpu)} CPU"
        yield (
            "accept-queue",
            f"its accept queue{room} overflowed {e.overflows:,} times{spare}",
        )


def _think_time(e: Evidence) -> Iterator[tuple[str, str]]:
    known = e.response_s is not None and e.users is not None and e.rps is not None
    own_s = e.think_s + e.wait_s  # of a request's round, that no server can shorten
    if not known or e.failure or e.server_cpu is None or own_s <= 0:
        return
    assert e.response_s is not None and e.users is not None and e.rps is not None
    # Who does not think presses from the beginning on: that it is flat says nothing.
    flat = e.think_s > 0 and e.grown is not None and e.grown <= SLOWER
    if flat or _short(e, THINKING):
        allowed = e.users / (e.think_s + e.response_s)
        if e.rps < KEPT_UP * allowed:
            return  # most are still waiting for what has not finished
        waits = f" and wait {1000 * e.wait_s:g} ms for a page" if e.wait_s else ""
        yield (
            "think-time",
            f"{e.users:,.0f} users who think for {e.think_s:g} s{waits} ask for "
            f"{allowed:,.0f} requests a second, and got {e.rps:,.0f}, with "
            f"{_percent(e.server_cpu)} of the server's CPU time used",
        )


def _short(e: Evidence, part: float) -> bool:
    """Whether responses took at most this part of the time that users did not wait.

    Requests that have not finished are in no mean. What they have taken is left over by
    Little's law: users are as many as requests a second times response and think time.
    """
    if e.response_s is None:
        return False
    took_s = e.response_s
    if e.users and e.rps:
        took_s = max(took_s, e.users / e.rps - e.think_s)
    return took_s - e.wait_s <= part * (e.think_s + e.wait_s)


def _starved(e: Evidence) -> Iterator[tuple[str, str]]:
    """Where nothing else was the limit, a generator without its core to itself was."""
    if e.generator_idle is not None and e.generator_idle <= NO_IDLE:
        yield (
            "generator-cpu",
            f"Locust's core was idle for {_percent(e.generator_idle)} and "
            f"{_percent(e.generator_cpu)} Locust's: something else ran there",
        )


RULES: tuple[Callable[[Evidence], Iterator[tuple[str, str]]], ...] = (
    _crashed,
    _refused_to_generator,
    _idle,
    _generator,
    _link,
    _server,
    _think_time,
    _starved,
)


def _unclear(e: Evidence) -> str:
    known = {
        "server CPU": e.server_cpu,
        "generator CPU": e.generator_busiest,
        "link": e.link,
    }
    read = [f"{name} {_percent(value)}" for name, value in known.items() if value]
    return f"nothing was at its limit ({', '.join(read) or 'nothing was read'})"


def _percent(share: float | None) -> str:
    return "an unknown part" if share is None else f"{share:.0%}"
