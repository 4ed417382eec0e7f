"""Files that appear at once and complete: nobody reads a half of one.

Rules of this module:
- A file is written beside its place, and then renamed. If that fails, nothing is left.
- Whatever can't be written raises `OSError`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path


def produce(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` write a file, which then appears at `path`.

    Folders that are missing above it are made.
    """
    # The suffix stays: it tells matplotlib what to write.
    partial = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        partial.rename(path)
    finally:
        # If this fails as well, the first error says why.
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a file that holds `text`."""
    produce(path, lambda partial: partial.write_text(text))
