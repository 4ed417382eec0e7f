"""The cases that need only bytes, by group: all but those of `clients.py`."""

from __future__ import annotations

from conformance.cases import connection, fields, framing, lines

GROUPS = {
    "methods": lines.METHODS,
    "targets": lines.TARGETS,
    "request lines and versions": lines.LINES,
    "Host": fields.HOSTS,
    "header lines": fields.SYNTAX,
    "sizes": fields.SIZES,
    "Content-Length": framing.LENGTHS,
    "chunks": framing.CHUNKS_IN_ORDER,
    "broken chunks": framing.CHUNKS_BROKEN,
    "smuggling": framing.SMUGGLING,
    "kept connections": connection.KEPT,
    "pipelining": connection.PIPELINED,
    "Expect": connection.EXPECT,
    "HEAD": connection.HEADS,
    "Upgrade": connection.UPGRADE,
    "a client that ends": connection.ENDS,
}
CASES = [case for cases in GROUPS.values() for case in cases]
