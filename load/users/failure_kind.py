"""What kind of failure an exception is, in the words of a record.

Rules of this module:
- The same text for the same kind, whichever client met it: no port, no address,
  no time is part of it.
- The lean client's exceptions say their kind themselves. Locust's clients wrap
  what happened; the innermost exception that says something is taken.
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
from load.client.lean_client import RequestError
from load.client.malformed import CUT_HEAD, NO_CHUNK, NO_STATUS_LINE, in_body
from load.client.response import MAX_HEAD, short

# What the libraries say → what is said here, with the bytes that they name.
_SAID = (
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
    """Return the kind of failure that a finished request is, '' where it is none.

    One that took longer than `slow_ms` is one.
    """
    if error is not None:
        return kind(error)
    if slow_ms is not None and response_ms > slow_ms:
        return f"{TOO_SLOW} {slow_ms:,g} ms"
    return ""


def judge(status: int | None, body: bytes, page: bytes | None) -> str:
    """Return what is wrong with a response, or ''. `page` None: any body counts."""
    if status is not None and not 200 <= status < 300:
        return f"{STATUS}{status}"
    if page is not None and body != page:
        return f"{WRONG_BODY}: {len(body):,} bytes for {len(page):,}"
    return ""


def kind(error: BaseException) -> str:
    """Return the kind of a failure: the same text for the same kind."""
    if isinstance(error, RequestError):
        return str(error)
    wrapped = list(_inwards(error))
    connecting = any(_while_connecting(each) for each in wrapped)
    for each in reversed(wrapped):
        if text := _say(each, connecting):
            return text
    return " ".join(str(error).split()) or type(error).__name__


def _say(error: BaseException, connecting: bool) -> str:
    """Return the kind that this exception tells by itself, or ''."""
    name = type(error).__name__
    said = f"{name} {error}"
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return f"{TIMED_OUT}{CONNECTING if connecting else READING}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{CONNECTING if connecting else ''}"
    if found := _INCOMPLETE.search(said):
        got, more = map(int, found.groups())
        return short(got, got + more)
    for pattern, text in _SAID:
        if re.search(pattern, said):
            return text
    if name == "HTTPParseError":  # a text and a number
        return f"{BAD_RESPONSE}: {in_body(str(error.args[0]))}"
    return ""


def _inwards(error: BaseException) -> Iterator[BaseException]:
    """Give an exception and those that it wraps, from the outermost in."""
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
    """Whether an exception was raised while geventhttpclient or urllib3 connected."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(
        frame.f_code.co_name in ("_create_socket", "create_connection")
        for frame, _ in frames
    )
