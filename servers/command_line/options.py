"""The options that servers take, and how a wrong value is told."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from typing import Any

WIDTH = 79  # of what --help says


class Parser(argparse.ArgumentParser):
    """A parser that says on one line what is wrong; --help has the usage."""

    def _get_formatter(self) -> argparse.HelpFormatter:
        # One that is told no width loads shutil, with three libraries to decompress by:
        # what is forked for each connection pays for them.
        return argparse.HelpFormatter(self.prog, width=WIDTH)

    def error(self, message: str) -> Any:
        line = " ".join(message.split())  # whatever was given may hold more of them
        self.exit(2, f"{self.prog}: {line}\n")


def number(kind: Callable[[str], float], least: float, most: float) -> Any:
    """Return a type of option: a number of `kind` from `least` to `most`."""

    what = "a whole number" if kind is int else "a number"

    def convert(text: str) -> float:
        with contextlib.suppress(ValueError):
            value = kind(text)
            if least <= value <= most:  # which a NaN is not
                return value
        raise argparse.ArgumentTypeError(
            f"must be {what} from {least:,.12g} to {most:,.12g}, not {text[:40]!r}"
        )

    return convert


def add_max_workers(
    parser: argparse.ArgumentParser, workers: str, default: int = 1000
) -> None:
    """Add the bound on how many `workers`, processes or threads, live at once."""
    parser.add_argument(
        "--max-workers",
        type=number(int, 1, 100_000),
        default=default,
        metavar="N",
        help=f"{workers} at once (default: {default})",
    )
