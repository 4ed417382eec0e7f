"""The likely cause of each kind of failure, from the same evidence as the verdict.

Rules of this module:
- Texts of failures are those of the record; what follows `: ` is detail.
- The cause of a time-out is what those requests waited for most (`waiting.py`).
- A cause is named only if a reading supports it.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis.diagnosis.account import percent
from analysis.diagnosis.evidence import Evidence
from analysis.limits import LIMITS

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
# How connections end that were open when their server died.
CUT_OFF = ("short body", "no response")


def cause(error: str, e: Evidence, waited_for: Mapping[str, float] | None) -> str:
    """Return the likely cause of failures of the kind `error`, or an empty text.

    `waited_for` are the shares of what they waited for; None if they did not wait.
    """
    if e.server.crashed is not None and error.startswith(CUT_OFF):
        return f"the server died: {e.server.crashed}"
    for beginning, because in SAID_BY_ITSELF.items():
        if error.startswith(beginning):
            return because
    kind = error.partition(":")[0]
    if e.server.crashed is not None:
        return f"the server died: {e.server.crashed}"
    if "reset" in kind.lower():
        return _reset(e)
    if kind.startswith(("timed out", "slower than")):
        return _too_late(e, waited_for or {}, connecting=kind.endswith("connecting"))
    return "nobody listened" if "refused" in kind else ""


def _too_late(e: Evidence, waited_for: Mapping[str, float], *, connecting: bool) -> str:
    part = max(waited_for, key=waited_for.__getitem__, default="unclear")
    reasons = []
    if part != "unclear":
        share = percent(waited_for[part])
        reasons.append(f"{share} of the wait was for {LIMITS[part].waited_for}")
    if e.server.overflows and (connecting or part == "accept-queue"):
        # The client's side of a handshake is done when the server drops its last
        # packet: the client sends a request that nobody accepts.
        dropped = "SYNs" if connecting else "connections that clients took for open"
        reasons.append(
            f"the accept queue overflowed {e.server.overflows:,} times, and dropped "
            f"{dropped}"
        )
    if not reasons and e.network.loss_percent:
        reasons.append(f"the link loses {e.network.loss_percent:g} % of all packets")
    return "; ".join(reasons)


def _reset(e: Evidence) -> str:
    if e.server.overflows:
        overflows = f"{e.server.overflows:,}"
        return f"reset by the accept queue, which overflowed {overflows} times"
    return "reset by the server" if e.server.resets_sent else ""
