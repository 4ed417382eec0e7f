"""NAME: who accepts, who waits for clients and who works, in a sentence.

To add an architecture, copy this file to `servers/NAME.py` and
`conf/impl/TEMPLATE.yaml` to `conf/impl/NAME.yaml`, write its name for each NAME, and
replace the text of this docstring. The code below serves one client after another, with
an option to rename or to take away.

How: what happens to a connection, from accept to close.

When it fits: for which clients, pages and machines.

What limits it: what is used up first, and what clients then notice.

Source: the book, paper or program that it is from.
"""

from __future__ import annotations

import argparse

from servers.command_line.options import number
from servers.serving.blocking_connection import serve_connection
from servers.serving.listener import Listener
from servers.serving.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that `serve` gets by name. Without any, this function goes."""
    parser.add_argument(
        "--max-clients",
        type=number(int, 1, 1_000_000),
        default=1_000_000,
        metavar="N",
        help="stop after so many (default: 1000000)",
    )


def serve(listener: Listener, settings: Settings, max_clients: int) -> None:
    """Serve until told to stop."""
    # Essential: WHAT MAKES IT WHAT IT IS. The report shows these lines.
    for _ in range(max_clients):
        connection = listener.accept()
        if connection is None:  # told to stop
            break
        serve_connection(connection, listener.stop, settings)
    # End of the essential lines.
    listener.close()
