"""The application that the options of a server ask for.

Rules of this module:
- An option that the application does not have is refused, with one line.
"""

from __future__ import annotations

from typing import Any

from servers.command_line.options import Parser
from servers.protocol.attendance import MAX_CODE, Attendance
from servers.protocol.http import Protocol
from servers.protocol.pages import load_page
from servers.protocol.steps import Application


def application(parser: Parser, arguments: dict[str, Any]) -> Application:
    """Return what makes a conversation for each connection.

    Raises OSError where the page cannot be read, and ValueError where it cannot be
    served this way.
    """
    if arguments["app"] == "page":
        return _page(parser, arguments)
    return _attendance(parser, arguments)


def _page(parser: Parser, arguments: dict[str, Any]) -> Application:
    if arguments["code"] is not None:
        parser.error("--code: a page has none; add --app attendance")
    if arguments["page_cpu_ms"] and arguments["page"] != "rendered":
        parser.error("--page-cpu-ms: only a rendered page has it; add --page rendered")
    page = load_page(
        arguments["page"],
        arguments["page_file"],
        arguments["page_wait_ms"] / 1000,
        arguments["page_rounds"],
        arguments["page_cpu_ms"] / 1000,
        arguments["page_rows"],
    )
    keep_alive = arguments["keep_alive"]
    return lambda: Protocol(page, keep_alive)


def _attendance(parser: Parser, arguments: dict[str, Any]) -> Application:
    text, keep_alive = arguments["code"] or "", arguments["keep_alive"]
    code = text.encode(errors="surrogateescape")
    if not (0 < len(code) <= MAX_CODE and code.isascii() and text.isprintable()):
        parser.error(
            f"--app attendance: --code must give a code of 1 to {MAX_CODE} letters, "
            "digits and the like"
        )
    return lambda: Attendance(code, keep_alive)
