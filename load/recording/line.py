"""A finished request as it goes into the record: the text of its line, and its order.

Rules of this module:
- The process that made the request makes the text. The process that writes the record
  may have those of 64 others to write.
- Only the number of users is left out: it is that of all processes, and stands between
  the text and the error.
- Every request passes here, so each may cost only a microsecond or two.
"""

from __future__ import annotations

from collections.abc import Sequence

from load.client.phases import Phases, Unfinished

BOTH = "%.3f,%.3f"  # this takes less time than an f-string
# A request: finished_s, response_ms, its phases, status, bytes, users, error.
Row = tuple[float, float, Phases, int | None, int, int, str]
# Its line: finished_s, response_ms, the fields before the users, users, the error's.
Line = tuple[float, float, str, int, str]
CONNECT_MS = 2  # the place of the phases among these fields


def line(row: Row, began_s: float) -> Line:
    """Return the line of a request in a record that began at `began_s`."""
    finished_s, response_ms, phases, status, size, users, error = row
    # The csv module takes twice as long, and only errors need its quotes.
    start = finished_s - began_s - response_ms / 1000
    begun = known(phases) if phases[1] is None else BOTH % tuple(phases)
    text = (
        f"{start if start > 0 else 0:.6f},{response_ms:.3f},{begun},"
        f"{status or ''},{size},"
    )
    return finished_s, response_ms, text, users, _quoted(error) if error else ""


def in_flight(of: Line) -> Unfinished:
    """Return the request of a line as it was before it finished."""
    finished_s, response_ms, text, *_ = of
    fields = text.split(",")
    connect, first_byte = (
        float(field) if field else None for field in fields[CONNECT_MS : CONNECT_MS + 2]
    )
    return finished_s - response_ms / 1000, connect, first_byte


def as_of(at_s: float, request: Unfinished) -> Unfinished:
    """Return a request in flight as it was at `at_s`.

    Processes are asked a moment later, when it may have got more.
    """
    since, *after_ms = request
    connect, first_byte = (
        None if ms is None or since + ms / 1000 > at_s else ms for ms in after_ms
    )
    return since, connect, first_byte


def known(phases: Sequence[float | None]) -> str:
    """Return phases as two fields of a CSV row, empty where they are unknown."""
    return ",".join("" if ms is None else f"{ms:.3f}" for ms in phases)


def _quoted(text: str) -> str:
    """Return text as a field of a CSV row, on one line."""
    text = " ".join(text.split())
    if "," in text or '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return text
