"""Hosts and request targets (RFC 3986, sections 3.2.2 to 3.4).

Rules of this module:
- It accepts the grammar and nothing else. There is no userinfo (RFC 9110, section
  4.2.4), and no fragment, which a client does not send.
- A path is decoded, and not changed otherwise. Dots are not resolved, so no path leads
  out of a folder.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

_PLAIN = rb"0-9A-Za-z\-._~!$&'()*+,;="  # unreserved and sub-delims
_ENCODED = rb"%[0-9A-Fa-f]{2}"
_NAME = rb"(?:[%b]++|%b)" % (_PLAIN, _ENCODED)
_ADDRESS = rb"[0-9A-Fa-f.]*+:[0-9A-Fa-f:.]++|[vV][0-9A-Fa-f]++\.[%b:]++" % _PLAIN
_LITERAL = rb"\[(?:%b)\]" % _ADDRESS
_PORT = rb"(?::[0-9]*+)?"
_SEGMENTS = rb"(?:[%b:@/]++|%b)*+" % (_PLAIN, _ENCODED)
_QUERY = rb"(?:\?(?:[%b:@/?]++|%b)*+)?" % (_PLAIN, _ENCODED)
_HOST = re.compile(rb"(?:%b|%b*+)%b" % (_LITERAL, _NAME, _PORT))
_TARGET = re.compile(
    rb"(?:[hH][tT][tT][pP][sS]?://(?:%b|%b++)%b(?=[/?]|\Z))?((?:/%b)?)%b"
    % (_LITERAL, _NAME, _PORT, _SEGMENTS, _QUERY)
)


def is_host(value: bytes) -> bool:
    """Whether a value of Host is right: a host, and perhaps a port."""
    return _HOST.fullmatch(value) is not None


def path_of(target: bytes) -> bytes | None:
    """Return the decoded path of a target in origin or absolute form.

    None if it is in neither form.
    """
    match = _TARGET.fullmatch(target)
    if not match or not (match[1] or match.start(1)):
        return None
    return unquote_to_bytes(match[1]) or b"/"
