"""What limited a cell: one verdict, and the evidence for it in a sentence.

Rules of this module:
- The verdict follows from what users waited for (`waiting.py`). It is the part that
  took more than half of the waiting. If there is none, or if the next part is nearly as
  great, it is the two greatest parts.
- `RULES` come first, for what no waiting can show: a server that died, a load generator
  that its own kernel refused something, and idle connections that use up a bound of the
  server's. Next come users who got nearly all that a server which answers at once would
  have given them: their think time is the limit.
- A missing reading proves nothing. Then the verdict is `unclear`, and says what is
  known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analysis.diagnosis.account import account, percent
from analysis.diagnosis.blame import FULL_SHARE
from analysis.diagnosis.evidence import Evidence
from analysis.diagnosis.waiting import Waiting
from analysis.limits import BOTH, is_outside, is_servers
from analysis.record.possible import Possible
from contract import failures
from contract.text import numbered

# Idle connections use up a bound if they hold more than this share of it.
HELD_SHARE = 0.5
# Users who got this share of the possible requests would have received at most about a
# tenth more from any server.
MIN_SERVED_SHARE = 0.90
# Of the waiting: a part with more than this share is the limit by itself.
DOMINANT_SHARE = 0.5
# Of the greatest part: if the next part is as great as this, chance may have decided
# which of the two is the greater.
NEARLY_EQUAL_SHARE = 2 / 3
# Of the waiting: if this share is outside of the server, a figure is not the server's
# alone.
MUCH_OUTSIDE_SHARE = 1 / 3


@dataclass(frozen=True)
class Verdict:
    """What limited a cell: one or two of `limits.LIMITS`, and why it is that."""

    limit: str
    because: str


def verdict(e: Evidence, waited: Waiting | None, possible: Possible | None) -> Verdict:
    """Return what limited the cell, by the evidence.

    `waited` is None if no request was sent, `possible` if it could not be computed.
    """
    for rule in RULES:
        for limit, because in rule(e):
            return Verdict(limit, because)
    served = not e.failure or e.stray
    if possible is not None and possible.share >= MIN_SERVED_SHARE and served:
        return Verdict("think-time", _nearly_all(e, possible))
    if waited is None:
        return Verdict("unclear", "no request was sent")
    if possible is not None and (both := _beside_backend(waited, possible)):
        return Verdict(both, account(waited))
    return _from(waited)


def _beside_backend(waited: Waiting, possible: Possible) -> str | None:
    """Return `backend` and the server's part that cost most of what was missed, if any.

    The possible requests include the page's own wait. So what was missed of them is not
    the backend's doing, however much of the waiting was.
    """
    first, second = waited.greatest()[:2]
    if first != "backend" or not is_servers(second):
        return None
    if waited.shares[second] < NEARLY_EQUAL_SHARE * (1 - possible.share):
        return None
    return f"{first}{BOTH}{second}"


def _from(waited: Waiting) -> Verdict:
    first, second = waited.greatest()[:2]
    because = account(waited)
    greatest, next_to_it = waited.shares[first], waited.shares[second]
    alone = second == "unclear" or next_to_it < NEARLY_EQUAL_SHARE * greatest
    if greatest > DOMINANT_SHARE and alone:
        return Verdict(f"{first}{_outside(waited, first)}", because)
    if "unclear" in (first, second):
        return Verdict("unclear", because)
    beside = is_servers(second) and _outside(waited, first)
    return Verdict(f"{first}{beside or f'{BOTH}{second}'}", because)


def _outside(waited: Waiting, first: str) -> str:
    """Return what is added to a limit of the server's: ` + ` and another, or "".

    All parts outside of the server count together. The greatest of them is named. It
    comes before a second part of the server's: the figure is not the server's alone.
    """
    outside = [part for part in waited.greatest() if is_outside(part)]
    total = sum(waited.shares[part] for part in outside)
    much = is_servers(first) and total >= MUCH_OUTSIDE_SHARE
    return f"{BOTH}{outside[0]}" if much else ""


def _nearly_all(e: Evidence, possible: Possible) -> str:
    number, wait_s = e.users.mean_users, e.users.page_wait_s
    end = "s" if number is not None and round(number) == 1 else ""  # of verbs
    users = "users" if number is None else numbered(f"{number:,.0f} user(s)")
    waits = f" and wait{end} {1000 * wait_s:g} ms for a page" if wait_s else ""
    server = "adds nothing to that" if wait_s else "answers at once"
    used = e.server.cpu
    cpu = "" if used is None else f"; the server used {percent(used)} of its CPU"
    return (
        f"{users} who think{end} for {e.users.mean_think_s:g} s{waits} got "
        f"{percent(possible.share)} of the {possible.rps:,.0f} requests a second "
        f"possible with a server that {server}{cpu}"
    )


def _crashed(e: Evidence) -> Iterator[tuple[str, str]]:
    if e.server.crashed is not None:
        yield "crashed", f"the server died: {e.server.crashed}"


def _refused_to_generator(e: Evidence) -> Iterator[tuple[str, str]]:
    """A connection that the generator's own kernel refused never reached the server."""
    failure = e.failure or ""
    if failure.startswith(failures.NO_PORT):
        yield "generator-ports", "connections failed because no local port was left"
    if failure.startswith(failures.NO_FILE):
        yield (
            "generator-files",
            "connections failed because Locust had no file left to open",
        )


def _held(e: Evidence) -> Iterator[tuple[str, str]]:
    """Neither CPU time nor a better load generator frees what idle connections hold."""
    server = e.server
    idle, asked = server.idle_open, server.idle_asked
    if not idle or asked is None or idle >= asked:
        return  # none holds anything, or all were taken
    took = numbered(f"the server took {idle:,} of {asked:,} idle connection(s)")
    most = server.most_descriptors
    if _full(server.descriptors, most) and _holds(idle, most):
        yield (
            "server-descriptors",
            f"{took}, which hold most of its {most:,} descriptors; none is left",
        )
    most = server.most_workers
    if most == 1:
        yield "server-serial", f"{took}, and it serves one client at a time"
    if _full(server.workers, most) and _holds(idle, most):
        yield (
            "server-workers",
            f"{took}, which hold most of its {most:,} workers; none is left",
        )


def _holds(idle: int, most: int | None) -> bool:
    return most is not None and idle > HELD_SHARE * most


def _full(number: float | None, most: int | None) -> bool:
    return number is not None and most is not None and number >= FULL_SHARE * most


RULES: tuple[Callable[[Evidence], Iterator[tuple[str, str]]], ...] = (
    _crashed,
    _refused_to_generator,
    _held,
)
