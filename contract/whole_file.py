"""Files that appear at once and complete: nobody reads a half of one.

Rules of this module:
- A file is written beside its place, and then renamed. If that fails, nothing is left.
- What is there and no file, as /dev/null and a pipe are, is written to as it stands: a
  new file in its place would be another one for everybody.
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
    if path.exists() and not (path.is_file() or path.is_dir()):
        write(path)
        return
    # The suffix stays: it tells matplotlib what to write.
    partial = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        partial.rename(path)
    except BaseException:  # the user may interrupt it
        with contextlib.suppress(OSError):  # the first error says what is wrong
            partial.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a file that holds `text`."""
    produce(path, lambda partial: partial.write_text(text))
