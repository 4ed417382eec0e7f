"""The likely cause of each kind of failure, from the same evidence as the verdict.

Rules of this module:
- Texts of failures are those of the record; what follows `: ` is detail.
- A cause is said only where something that was read speaks for it.
"""

from __future__ import annotations

from analysis.evidence import Evidence
from analysis.waiting import CPU_FULL, LINK_FULL

SAID_BY_ITSELF = {
    "Cannot assign requested address": "no local port was left on the users' side",
    "Too many open files": "Locust had no file left to open",
    "not sent": "the user had as many requests waiting as it may have",
    "HTTP ": "the server answered so",
    "wrong body": "the server answered so",
    "bad response": "the server answered so",
    "short body": "the server closed the connection within its answer",
    "no response": "the server closed the connection without an answer",
}


def cause(error: str, e: Evidence) -> str:
    """Return the likely cause of failures of the kind `error`, or an empty text."""
    for beginning, because in SAID_BY_ITSELF.items():
        if error.startswith(beginning):
            return because
    kind = error.partition(":")[0]
    if e.crashed is not None:
        return f"the server died: {e.crashed}"
    if "reset" in kind.lower():
        return _reset(e)
    if kind.startswith(("timed out", "slower than")):
        return _timed_out(e, connecting=kind.endswith("connecting"))
    return "nobody listened" if "refused" in kind else ""


def _timed_out(e: Evidence, *, connecting: bool) -> str:
    if connecting and e.overflows:
        return f"SYNs dropped: the accept queue overflowed {e.overflows:,} times"
    if connecting:
        return _lost(e)
    said = []
    if e.server_cpu is not None and e.server_cpu >= CPU_FULL:
        said.append(f"the server was busy ({e.server_cpu:.0%} CPU)")
    if e.overflows:
        # The client's side of a handshake is done when the server drops its last
        # packet: the client sends a request that nobody accepts.
        said.append(
            f"the accept queue overflowed {e.overflows:,} times, and dropped "
            "connections that clients took for open"
        )
    if not said and e.queued:
        said.append(f"connections waited to be accepted ({e.queue:,.0f} on average)")
    return "; ".join(said) or _lost(e)


def _reset(e: Evidence) -> str:
    if e.overflows:
        return f"reset by the accept queue, which overflowed {e.overflows:,} times"
    return "reset by the server" if e.resets_sent else ""


def _lost(e: Evidence) -> str:
    if e.link is not None and e.link >= LINK_FULL:
        return f"the link was full ({e.link:.0%} of its rate)"
    if e.loss_percent:
        return f"the link loses {e.loss_percent:g} % of all packets"
    return ""
