"""Clients that are slow, that leave, or that rely on what a server says.

A client that leaves has seen nothing. Whether the server is still there is seen by the
next client, who comes after each case (`trying.py`).

Rules of this module:
- These cases need a server and a clock: a protocol in memory is not tried with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.cases.case import (
    AWAIT,
    LEAVE,
    LEFT,
    MUST,
    PAUSE,
    SERVED,
    SHOULD,
    WITH_BODY,
    Case,
    Response,
    request,
)

GET = request()
ABOVE = request(line="GET /../../../../../../etc/passwd HTTP/1.1")


def _is_honest(responses: Sequence[Response]) -> bool:
    """Whether a connection that was closed after a response was said to be."""
    said = responses[0].fields.get("connection", "").lower()
    if len(responses) > 1 or "close" in said:
        return True
    return responses[0].minor == 0 and "keep-alive" not in said


def _ends_lines(responses: Sequence[Response]) -> bool:
    return not any(response.bare_lf for response in responses)


# fmt: off
SLOW = (
    Case("a head in two pieces", "9112 2.2", MUST, SERVED, (GET[:20], PAUSE, GET[20:])),
    Case("content after a pause", "9112 6.2", MUST, rf"(early )?({WITH_BODY})",
         (request("Content-Length: 5"), PAUSE, b"hello")),
)
LEAVING = (
    Case("a client that leaves within its head", "9112 9.5", SHOULD, LEFT,
         (GET[:20], PAUSE, LEAVE)),
    Case("a client that leaves before its answer", "9112 9.5", SHOULD, LEFT,
         (GET, LEAVE)),
)
RELYING = (
    Case("a connection that is closed was said to be", "9112 9.3", MUST,
         r"200( 200){0,2} closed", (GET, AWAIT, GET), 2, check=_is_honest),
    Case("lines of a head end with CR LF", "9112 2.2", MUST, SERVED, (GET,),
         check=_ends_lines),
    Case("a target above the root", "9110 17.3", MUST,
         r"(200|400|403|404|301)( 200)? closed", (ABOVE,)),
)
# fmt: on
GROUPS = {
    "slow clients": SLOW,
    "clients that leave": LEAVING,
    "what clients rely on": RELYING,
}
