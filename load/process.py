"""Starting a process of a run, and its last words.

Both processes of a run, the server and Locust, start here: on their cores, in
the run's environment, bound to die with the runner, with all they print in a
log file.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from load.failed import CellError
from load.guard import die_with_parent


def start(
    words: list[str],
    log: Path,
    environment: dict[str, str],
    cores: list[int] | None,
    enter: Callable[[], None] = lambda: None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start `words`; raise `CellError` where there is no such program.

    `enter` is called in the new process, before it becomes the program. It starts in
    `folder`, which is the runner's own if none is given.
    """

    def in_child() -> None:
        die_with_parent()
        enter()
        if cores is not None:
            os.sched_setaffinity(0, cores)

    with log.open("wb") as output:
        try:
            return subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                start_new_session=True,  # Ctrl-C is for the runner, which ends it
                preexec_fn=in_child,  # noqa: PLW1509 (the runner has one thread)
            )
        except OSError as error:
            where = f" in {folder}" if str(error.filename) == str(folder) else ""
            raise CellError(
                f"cannot start {words[0]}{where}: {error.strerror}"
            ) from None


def last_line(log: Path) -> str:
    """Return `: ` and the last line that a process has printed, or nothing."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return f": {lines[-1].strip()}" if lines else ""
