"""The command of a run, with its results, as the Snakefile gives it."""

from __future__ import annotations

import sys
from pathlib import Path


def run_command(config: Path, folder: Path) -> list[str]:
    """Return the words that measure the cell of `config` into `folder`."""
    python = sys.executable
    words = [python, "-m", "load", str(config), str(folder)]
    return [*words, "--post-process", f"{python} -m analysis cell"]
