"""The cases that any server of a page must pass, and what the RFC says about each.

All of `groups.py` is for those who write a server for others. These cases are about
what a client relies on, whoever has written the server.

Rules of this module:
- A case is here if a server of one page has to pass it, whatever it does beside that.
  So what a POST or another path gets is not tried: an application may serve both.
- It is a MUST of RFC 9110 or 9112, or of RFC 3986 for what a Host is; or a SHOULD that
  keeps a server up: for clients that leave, and for bytes that are no request.
- A server that closes after each response can pass all of them.
"""

from __future__ import annotations

from conformance.cases import clients, groups
from conformance.cases.case import Case

_ALL = {
    case.name: (group, case)
    for group, cases in {**groups.GROUPS, **clients.GROUPS}.items()
    for case in cases
}
RULES = {
    "GET": "all servers MUST support GET",
    "HEAD": "all servers MUST support HEAD, and the response MUST NOT have content",
    "HEAD has the length of GET": (
        "a Content-Length in the response to HEAD MUST be that of GET"
    ),
    "a method in lower case is another": (
        "methods are case-sensitive, so get is unknown: 501, 405 or 400"
    ),
    "CONNECT without a port": "CONNECT without a valid port MUST be rejected",
    "absolute form": "a target in absolute form MUST be accepted",
    "a target above the root": "a target MUST NOT lead out of what is served",
    "a target of 200,000 bytes": "a target that is too long MUST get a 414",
    "a value of 100,000 bytes": "fields that are too large MUST get a 4xx",
    "bytes that mean nothing": "what is no request SHOULD get a 400, and the end",
    "a carriage return alone begins no field": (
        "CR alone MUST be invalid, or read as a space; it ends no line"
    ),
    "a request line byte by byte": "a request is a sequence of bytes, however it comes",
    "a head in two pieces": "a request is answered when its head has ended",
    "lines of a head end with CR LF": "each line of a head MUST end with CR LF",
    "no Host": "a request without Host MUST get a 400",
    "two Hosts": "a request with two Hosts MUST get a 400",
    "a Host with a space": "a Host that is no host MUST get a 400",
    "HTTP/1.0 without Host": "only HTTP/1.1 needs a Host",
    "a Host with a port": "a Host may have a port",
    "a Host in upper case": "names of fields and hosts are case-insensitive",
    "a space before the colon": (
        "a space between a field's name and the colon MUST get a 400"
    ),
    "no space before the value": "the space before a value is optional",
    "content that looks like a request": (
        "content of so many bytes belongs to its request: it is no request"
    ),
    "content after a pause": "the content of a request ends with its last byte",
    "five": "an invalid Content-Length MUST get a 400, and the end",
    "5 and 6": "two different lengths MUST get a 400, and the end",
    "chunks that look like a request": "a server MUST be able to read chunks",
    "length, then chunks": (
        "with both lengths the connection MUST be closed after the response"
    ),
    "chunked is not the last": "a length that is not known MUST get a 400, and the end",
    "close": "after the response to close the server MUST close",
    "close in a list": "close counts among other options, too",
    "a connection that is closed was said to be": (
        "a server that does not keep a connection MUST say close"
    ),
    "HTTP/1.0": "without keep-alive HTTP/1.0 closes after the response",
    "HTTP/1.0, keep-alive": "who keeps a connection of HTTP/1.0 MUST say keep-alive",
    "HTTP/1.0 gets no chunks": "chunks MUST NOT be sent to HTTP/1.0",
    "Date": "a response MUST have a Date",
    "three requests at once": "requests at once MUST be answered one after another",
    "a request after one that says close": "what follows close MUST NOT be answered",
    "a request after one that is malformed": (
        "after a request without a known end, nothing may be answered"
    ),
    "100-continue": "who expects 100-continue MUST get a 100 or a final status",
    "HTTP/1.0 gets no 100": "a 100 MUST NOT be sent to HTTP/1.0",
    "an end within the request line": "half a request MUST NOT be served",
    "an end before anything": "a client may end before it asks",
    "a client that leaves within its head": "a client may leave at any time",
    "a client that leaves before its answer": "a client may leave at any time",
}
CHOSEN: dict[str, Case] = {name: _ALL[name][1] for name in RULES}


def title(case: Case) -> str:
    """Return the name of a case that stands for itself, with its group."""
    return f"{_ALL[case.name][0]}: {case.name}"
