"""A parser of options, and the types that options have.

Rules of this module:
- A wrong value gets one line that says what is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from typing import Any

WIDTH = 79  # of what --help says


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, without the usage."""

    def _get_formatter(self) -> argparse.HelpFormatter:
        # Without a width it would import shutil, with three libraries for compression.
        # That would make each fork slower.
        return argparse.HelpFormatter(self.prog, width=WIDTH)

    def error(self, message: str) -> Any:
        line = " ".join(message.split())  # a value may have line breaks
        self.exit(2, f"{self.prog}: {line}\n")


def number(kind: Callable[[str], float], least: float, most: float) -> Any:
    """Return a type of option: a number of `kind` from `least` to `most`."""

    name = "a whole number" if kind is int else "a number"

    def convert(text: str) -> float:
        with contextlib.suppress(ValueError):
            value = kind(text)
            if least <= value <= most:  # false for a NaN
                return value
        raise argparse.ArgumentTypeError(
            f"must be {name} from {least:,.12g} to {most:,.12g}, not {text[:40]!r}"
        )

    return convert


def add_max_workers(
    parser: argparse.ArgumentParser, workers: str, default: int = 1000
) -> None:
    """Add an option for the most `workers`, processes or threads, at once."""
    parser.add_argument(
        "--max-workers",
        type=number(int, 1, 100_000),
        default=default,
        metavar="N",
        help=f"{workers} at once (default: {default})",
    )
