"""The kind of a failure, in the words of the record (`contract/failures.py`).

Rules of this module:
- The same kind has the same text, with any client. No port, address or time is in it.
- An exception of the lean client is its kind. Locust's clients wrap exceptions: the
  innermost one that is known counts.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator

from contract.failures import (
    BAD_RESPONSE,
    CONNECTING,
    NO_RESPONSE,
    READING,
    STATUS,
    TIMED_OUT,
    TOO_SLOW,
    WRONG_BODY,
)
from load.client.malformed import CUT_HEAD, NO_CHUNK, NO_STATUS_LINE, in_body
from load.client.response import MAX_HEAD, short
from load.client.target import RequestError

# Messages of the libraries, and our texts for them.
_TEXTS = (
    (r"RemoteDisconnected|connection closed\.?$", NO_RESPONSE),
    (r"BadStatusLine|Expected HTTP/", f"{BAD_RESPONSE}: {NO_STATUS_LINE}"),
    (r"LineTooLong", f"{BAD_RESPONSE}: a head over {MAX_HEAD:,} bytes"),
    (r"Invalid EOF|before end of the headers", f"{BAD_RESPONSE}: {CUT_HEAD}"),
    (r"InvalidChunkLength", f"{BAD_RESPONSE}: {NO_CHUNK}"),
)
_INCOMPLETE = re.compile(r"IncompleteRead\((\d+) bytes read, (\d+) more expected\)")


def failure(
    error: BaseException | None, response_ms: float, slow_ms: float | None
) -> str:
    """Return the kind of failure of a finished request, '' for a success.

    A response that took longer than `slow_ms` is a failure.
    """
    if error is not None:
        return classify(error)
    if slow_ms is not None and response_ms > slow_ms:
        return f"{TOO_SLOW} {slow_ms:,g} ms"
    return ""


def wrong_page(status: int | None, body: bytes, page: bytes | None) -> str:
    """Return what is wrong with a response, or ''; without `page` any body is right."""
    if status is not None and not 200 <= status < 300:
        return f"{STATUS}{status}"
    if page is not None and body != page:
        return f"{WRONG_BODY}: {len(body):,} bytes for {len(page):,}"
    return ""


def classify(error: BaseException) -> str:
    """Return the kind of failure that an exception means."""
    if isinstance(error, RequestError):
        return str(error)
    wrapped = list(_inwards(error))
    connecting = any(_while_connecting(each) for each in wrapped)
    for each in reversed(wrapped):
        if text := _kind(each, connecting):
            return text
    return " ".join(str(error).split()) or type(error).__name__


def _kind(error: BaseException, connecting: bool) -> str:
    """Return the kind that this exception alone means, or ''."""
    name = type(error).__name__
    message = f"{name} {error}"
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return f"{TIMED_OUT}{CONNECTING if connecting else READING}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{CONNECTING if connecting else ''}"
    if match := _INCOMPLETE.search(message):
        received, more = map(int, match.groups())
        return short(received, received + more)
    for pattern, text in _TEXTS:
        if re.search(pattern, message):
            return text
    if name == "HTTPParseError":  # a text and a number
        return f"{BAD_RESPONSE}: {in_body(str(error.args[0]))}"
    return ""


def _inwards(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it wraps, from the outermost inwards."""
    seen: set[int] = set()
    left = [error]
    while left:
        each = left.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        within = (
            *(getattr(each, name, None) for name in ("original", "reason")),
            *(each.__cause__, each.__context__, *each.args),
        )
        left += [w for w in within if isinstance(w, BaseException)]


def _while_connecting(error: BaseException) -> bool:
    """Return whether it was raised while geventhttpclient or urllib3 connected."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(
        frame.f_code.co_name in ("_create_socket", "create_connection")
        for frame, _ in frames
    )
