"""Command lines whose errors are one line, as all errors here are."""

from __future__ import annotations

import argparse
from typing import NoReturn

from contract.text import one_line

WRONG_USE = 2  # as argparse has it


class Parser(argparse.ArgumentParser):
    """A parser that tells of an error in one line, and ends with `WRONG_USE`."""

    def error(self, message: str) -> NoReturn:
        hint = f"{self.prog} --help says what is right"
        self.exit(WRONG_USE, f"firstfail: {one_line(message)}: {hint}\n")
