"""The likely cause of each kind of failure, from the same evidence as the verdict.

Rules of this module:
- Texts of failures are those of the record; what follows `: ` is detail.
- The cause of a time-out is what those requests waited for most (`waiting.py`).
- A cause is named only if a reading supports it. A full accept queue resets nobody,
  unless the kernel is told so: it drops what clients send.
- The death of the server is no cause of what failed before it (`death.py`). The
  evidence of such a failure has no death.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis.diagnosis.account import percent
from analysis.diagnosis.evidence import Evidence
from analysis.limits import LIMITS
from contract import failures
from contract.text import numbered

ANSWERED_SO = "the server answered so"
CUT_SHORT = "the server closed the connection within its answer"
CUT_AT_ONCE = "the server closed the connection without an answer"
SAID_BY_ITSELF = {  # the first that a text begins with counts
    failures.NO_PORT: "no local port was left on the users' side",
    **dict.fromkeys(failures.NO_FILE, "Locust had no file left to open"),
    failures.NOT_SENT: "the user had as many requests waiting as it may have",
    failures.STATUS: ANSWERED_SO,
    failures.WRONG_BODY: ANSWERED_SO,
    failures.BAD_RESPONSE: ANSWERED_SO,
    failures.SHORT_BODY: CUT_SHORT,
    failures.NO_RESPONSE: CUT_AT_ONCE,
    failures.WRONG_ANSWER: ANSWERED_SO,
    failures.CUT_ANSWER: CUT_SHORT,
    failures.BAD_ANSWER: ANSWERED_SO,
    failures.NO_ANSWER: CUT_AT_ONCE,
}
TOO_LATE = (failures.TIMED_OUT, failures.TOO_SLOW)
# How connections end that were open when their server died.
CUT_OFF = (
    failures.SHORT_BODY,
    failures.NO_RESPONSE,
    failures.CUT_ANSWER,
    failures.NO_ANSWER,
)


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
    if failures.RESET in kind.lower():
        return _reset(e)
    if kind.startswith(TOO_LATE):
        return _too_late(
            e, waited_for or {}, connecting=kind.endswith(failures.CONNECTING)
        )
    return "nobody listened" if failures.REFUSED in kind else ""


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
        overflowed = numbered(f"overflowed {e.server.overflows:,} time(s)")
        reasons.append(f"the accept queue {overflowed}, and dropped {dropped}")
    if not reasons and e.network.loss_percent:
        reasons.append(f"the link loses {e.network.loss_percent:g} % of all packets")
    return "; ".join(reasons)


def _reset(e: Evidence) -> str:
    if e.server.overflows and e.server.resets_on_overflow:
        overflowed = numbered(f"overflowed {e.server.overflows:,} time(s)")
        return f"reset by the accept queue, which {overflowed}"
    return "reset by the server" if e.server.resets_sent else ""
