"""The options that every server takes.

Rules of this module:
- Each setting of `server` and `page` in `conf/schema.py` that a server must know is an
  option. `{options}` in a command stands for them.
- An architecture adds its own options to this parser.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from servers.command_line.options import Parser, number
from servers.protocol.pages import KINDS
from servers.protocol.render import FILE, LEAST_ROWS, ROWS


def server_parser(architectures: Sequence[str]) -> Parser:
    """Return a parser of the options that all architectures share."""
    parser = Parser(prog="python -m servers", description="Start a web server.")
    # Not `choices`: the architecture adds its own options, so it is read before the
    # others are parsed.
    parser.add_argument("architecture", help=", ".join(architectures))
    _add_listening(parser)
    parser.add_argument(
        "--app",
        choices=("page", "attendance"),
        default="page",
        help="what it serves: a page over HTTP, or attendance over bare TCP",
    )
    parser.add_argument("--code", help="the code of attendance; the answer to it is OK")
    _add_page(parser)
    _add_connections(parser)
    return parser


def _add_listening(parser: Parser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="where to listen (default: 127.0.0.1)"
    )
    parser.add_argument(
        "--port",
        type=number(int, 0, 65_535),
        default=0,
        help="where to listen; 0 takes any that is free (default: 0)",
    )
    parser.add_argument(
        "--backlog",
        type=number(int, 1, 65_535),
        default=128,
        metavar="N",
        help="connections that may wait to be accepted (default: 128)",
    )


def _add_page(parser: Parser) -> None:
    parser.add_argument(
        "--page",
        choices=KINDS,
        default="static",
        help="from memory, from its file, or made for each request",
    )
    parser.add_argument(
        "--page-file", type=Path, default=FILE, metavar="FILE", help="its content"
    )
    parser.add_argument(
        "--page-wait-ms",
        type=number(float, 0, 3_600_000),
        default=0,
        metavar="MS",
        help="wait so long for a backend, for each request",
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
        help="the CPU time that rendering takes at least",
    )
    parser.add_argument(
        "--page-rows",
        type=number(int, LEAST_ROWS, ROWS),
        default=ROWS,
        metavar="N",
        help=f"rows of the table of a rendered page, at most (default: {ROWS})",
    )


def _add_connections(parser: Parser) -> None:
    parser.add_argument(
        "--keep-alive",
        action="store_true",
        help="serve several requests on a connection (default: one, then close)",
    )
    for option, default, purpose in (
        ("--request-timeout", 10, "for a client to send a request"),
        ("--response-timeout", 10, "for a client to take a response"),
        ("--grace", 2, "for requests in flight when told to stop"),
    ):
        parser.add_argument(
            option,
            type=number(float, 0.001, 86_400),
            default=default,
            metavar="S",
            help=f"seconds {purpose} (default: {default})",
        )
