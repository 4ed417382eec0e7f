"""What limited a cell: one verdict, and the evidence for it in a sentence.

Rules of this module:
- The verdict follows from what users waited for (`waiting.py`): it is the part that is
  more than half of it; where none is, or the next is nearly as great, the two greatest.
- Before that comes what no waiting tells: a server that died, a load generator whose
  own kernel refused it, idle connections that hold a server's bound, and users who got
  nearly all that a server which answers at once would have given them.
- What was not read proves nothing: then the verdict is `unclear`, and says what is
  known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analysis.diagnosis.account import account, percent
from analysis.diagnosis.blame import FULL
from analysis.diagnosis.evidence import Evidence
from analysis.diagnosis.waiting import Waiting
from analysis.limits import BOTH, is_outside, is_servers
from analysis.record.possible import Possible
from contract import failures

# Idle connections hold a bound where more than half of it is theirs.
HELD = 0.5
# Who got so much of what they could have got would not have got a tenth more.
NEARLY_ALL = 0.90
# Of the waiting: what is the limit by itself, where no other is nearly as great (two
# thirds of it): which of the two is greater may be chance.
MORE_THAN_HALF, NEARLY = 0.5, 2 / 3
# Of the waiting: with so much outside of the server a figure is not the server's alone.
MUCH_OUTSIDE = 1 / 3


@dataclass(frozen=True)
class Verdict:
    """What limited a cell: one or two of `limits.LIMITS`, and why it is that."""

    limit: str
    because: str


def verdict(e: Evidence, waited: Waiting | None, possible: Possible | None) -> Verdict:
    """Return what the evidence says limited the cell.

    `waited` is None where nothing was asked for, `possible` where no bound is known.
    """
    for rule in RULES:
        for limit, because in rule(e):
            return Verdict(limit, because)
    served = not e.failure or e.stray
    if possible is not None and possible.share >= NEARLY_ALL and served:
        return Verdict("think-time", _nearly_all(e, possible))
    if waited is None:
        return Verdict("unclear", "no request was sent")
    if possible is not None and (both := _beside_backend(waited, possible)):
        return Verdict(both, account(waited))
    return _from(waited)


def _beside_backend(waited: Waiting, possible: Possible) -> str | None:
    """Return `backend` and what of the server cost most of what was missed, if any.

    The page's own wait is in what was possible. So what was missed of that is not the
    backend's, however much of the waiting was.
    """
    first, second = waited.greatest()[:2]
    if first != "backend" or not is_servers(second):
        return None
    if waited.shares[second] < NEARLY * (1 - possible.share):
        return None
    return f"{first}{BOTH}{second}"


def _from(waited: Waiting) -> Verdict:
    first, second = waited.greatest()[:2]
    because = account(waited)
    greatest, next_to_it = waited.shares[first], waited.shares[second]
    alone = second == "unclear" or next_to_it < NEARLY * greatest
    if greatest > MORE_THAN_HALF and alone:
        return Verdict(f"{first}{_outside(waited, first)}", because)
    if "unclear" in (first, second):
        return Verdict("unclear", because)
    return Verdict(f"{first}{BOTH}{second}", because)


def _outside(waited: Waiting, first: str) -> str:
    """Return what is named beside a limit of the server's: ` + ` and another, or "".

    What lies outside of it counts together: a third of the waiting may be of several.
    """
    outside = [part for part in waited.greatest() if is_outside(part)]
    total = sum(waited.shares[part] for part in outside)
    much = is_servers(first) and total >= MUCH_OUTSIDE
    return f"{BOTH}{outside[0]}" if much else ""


def _nearly_all(e: Evidence, possible: Possible) -> str:
    users = "" if e.users is None else f"{e.users:,.0f} "
    waits = f" and wait {1000 * e.wait_s:g} ms for a page" if e.wait_s else ""
    server = "adds nothing to that" if e.wait_s else "answers at once"
    cpu = "" if e.server_cpu is None else f", with {percent(e.server_cpu)} of its CPU"
    return (
        f"{users}users who think for {e.think_s:g} s{waits} got "
        f"{percent(possible.share)} of the {possible.rps:,.0f} requests a second that "
        f"a server which {server} would have given them{cpu}"
    )


def _crashed(e: Evidence) -> Iterator[tuple[str, str]]:
    if e.crashed is not None:
        yield "crashed", f"the server died: {e.crashed}"


def _refused_to_generator(e: Evidence) -> Iterator[tuple[str, str]]:
    """What the generator's own kernel refused never reached the server."""
    failure = e.failure or ""
    if failure.startswith(failures.NO_PORT):
        yield "generator-ports", "connections failed for want of a local port"
    if failure.startswith(failures.NO_FILE):
        yield "generator-files", "connections failed since Locust had no file to open"


def _held(e: Evidence) -> Iterator[tuple[str, str]]:
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


def _full(found: float | None, most: int | None) -> bool:
    return found is not None and most is not None and found >= FULL * most


RULES: tuple[Callable[[Evidence], Iterator[tuple[str, str]]], ...] = (
    _crashed,
    _refused_to_generator,
    _held,
)
