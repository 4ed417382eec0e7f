"""Start one of the servers; see `python -m servers --help`.

An architecture is a module of this package with a function `serve(listener,
settings)`, and `add_arguments(parser)` where it takes options of its own, which
`serve` then gets by name. A new one is one new file, and nothing else.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import re
import sys
from pathlib import Path
from typing import Any

from servers.attendance import MAX_CODE, Attendance
from servers.http import Protocol
from servers.listener import Listener, announce
from servers.options import Parser, number
from servers.pages import KINDS, load_page
from servers.render import FILE, LEAST_ROWS, ROWS
from servers.steps import Application
from servers.talk import Settings

REHEARSAL = b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_SERVE = re.compile(r"^def serve\(\s*listener\b", re.MULTILINE)


def architectures() -> list[str]:
    """Return the names of all architectures, without importing any."""
    files = Path(__file__).parent.glob("[!_]*.py")
    return sorted(f.stem for f in files if _SERVE.search(f.read_text("utf-8")))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m servers", description="Start a web server.")
    # Not `choices`: the module of the one chosen adds its own options first, for
    # which it has to be known before they are parsed.
    parser.add_argument("architecture", help=", ".join(architectures()))
    parser.add_argument("--host", default="127.0.0.1", help="(default: 127.0.0.1)")
    parser.add_argument(
        "--port",
        type=number(int, 0, 65_535),
        default=0,
        help="0 takes any that is free (default: 0)",
    )
    parser.add_argument(
        "--backlog",
        type=number(int, 1, 65_535),
        default=128,
        metavar="N",
        help="connections that may wait to be accepted (default: 128)",
    )
    parser.add_argument(
        "--app",
        choices=("page", "attendance"),
        default="page",
        help="what it serves: a page over HTTP, or attendance over bare TCP",
    )
    parser.add_argument(
        "--code", help="the code of attendance, the right answer to which is OK"
    )
    _add_page(parser)
    parser.add_argument(
        "--keep-alive",
        action="store_true",
        help="serve several requests on a connection (default: one, then close)",
    )
    for option, default, what in (
        ("--request-timeout", 10, "for a client to send a request"),
        ("--response-timeout", 10, "for a client to take a response"),
        ("--grace", 2, "for requests in flight when told to stop"),
    ):
        parser.add_argument(
            option,
            type=number(float, 0.001, 86_400),
            default=default,
            metavar="S",
            help=f"seconds {what} (default: {default})",
        )
    return parser


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--page",
        choices=KINDS,
        default="static",
        help="from memory, from its file, or made anew for each request",
    )
    parser.add_argument(
        "--page-file", type=Path, default=FILE, metavar="FILE", help="what it holds"
    )
    parser.add_argument(
        "--page-wait-ms",
        type=number(float, 0, 3_600_000),
        default=0,
        metavar="MS",
        help="wait for a backend that takes so long, for each request",
    )
    parser.add_argument(
        "--page-rounds",
        type=number(int, 0, 10**9),
        default=0,
        metavar="N",
        help="compute so many rounds of a hash for each request",
    )
    parser.add_argument(
        "--page-cpu-ms",
        type=number(float, 0, 10_000),
        default=0,
        metavar="MS",
        help="take so much CPU time to render it, where that takes less",
    )
    parser.add_argument(
        "--page-rows",
        type=number(int, LEAST_ROWS, ROWS),
        default=ROWS,
        metavar="N",
        help=f"of the table that is rendered, at most (default: {ROWS})",
    )


def main() -> int:
    parser = _parser()
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in ("-h", "--help"):
        parser.parse_args()
    if name not in architectures():
        parser.error(
            f"the first word must be an architecture, not {name!r}: "
            f"choose from {', '.join(architectures())}"
        )
    try:
        module = importlib.import_module(f"servers.{name}")
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith("servers"):
            raise  # its author has to see where
        print(f"{name}: needs {error.name}; pip install {error.name}", file=sys.stderr)
        return 1
    known = {action.dest for action in parser._actions}
    if hasattr(module, "add_arguments"):
        module.add_arguments(parser)
    asked = vars(parser.parse_args())
    own = {key: value for key, value in asked.items() if key not in known}
    try:
        app = _application(parser, asked)
    except OSError as error:
        where = asked["page_file"]
        print(f"{name}: cannot read {where}: {error.strerror}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"{name}: {asked['page_file']}: {error}", file=sys.stderr)
        return 1
    settings = Settings(
        app=app,
        request_s=asked["request_timeout"],
        response_s=asked["response_timeout"],
        grace_s=asked["grace"],
        rehearsal=REHEARSAL if asked["app"] == "page" else b"",
    )
    try:
        listener = Listener(asked["host"], asked["port"], asked["backlog"])
    except (OSError, UnicodeError) as error:  # the latter of a name that is none
        where = f"{asked['host']} port {asked['port']}"
        print(f"{name}: cannot listen on {where}: {_reason(error)}", file=sys.stderr)
        return 1
    announce(listener, name, "http" if asked["app"] == "page" else "tcp")
    module.serve(listener, settings, **own)
    return 0


def _application(parser: argparse.ArgumentParser, asked: dict[str, Any]) -> Application:
    """Return what makes a conversation for each connection."""
    keep_alive = asked["keep_alive"]
    if asked["app"] == "page":
        if asked["code"] is not None:
            parser.error("--code: a page has none; add --app attendance")
        if asked["page_cpu_ms"] and asked["page"] != "rendered":
            parser.error("--page-cpu-ms: of a page that is made; add --page rendered")
        page = load_page(
            asked["page"],
            asked["page_file"],
            asked["page_wait_ms"] / 1000,
            asked["page_rounds"],
            asked["page_cpu_ms"] / 1000,
            asked["page_rows"],
        )
        return lambda: Protocol(page, keep_alive)
    code = (asked["code"] or "").encode(errors="surrogateescape")
    if (
        not 0 < len(code) <= MAX_CODE
        or not code.isascii()
        or not asked["code"].isprintable()
    ):
        parser.error(
            f"--app attendance: --code must give a code of 1 to {MAX_CODE} letters, "
            "digits and the like"
        )
    return lambda: Attendance(code, keep_alive)


def _reason(error: OSError | UnicodeError) -> str:
    """Return what is wrong with an address, and what would be right."""
    if not isinstance(error, OSError):
        return "not the name of a host; --host takes a name or address of this one"
    if error.errno == errno.EADDRINUSE:
        return f"{error.strerror}; --port 0 takes any that is free"
    if error.errno == errno.EACCES:
        return f"{error.strerror}; --port 1024 and above need no privileges"
    return f"{error.strerror}; --host takes a name or address of this machine"


if __name__ == "__main__":
    sys.exit(main())
