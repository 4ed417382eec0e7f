"""Starting a process of a run, reading its log, and waiting for its end.

The server and Locust both start here: on their cores, in the run's environment, with
all they print in a log file. They die with the runner.

Rules of this module:
- Child output is untrusted. The amount that is read and kept is bounded, and the last
  line is sanitised before it is shown.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from contract.text import one_line
from load.errors import CellError
from load.host.guard import die_with_parent

KEPT_BYTES = 1_000_000  # of the beginning of a log, and of its end
LAST_BYTES = 65_536  # of a log, in which its last line is looked for
CHARACTERS = 200  # of that line that are shown
# What make prints after a command that failed, and the source line that a compiler
# quotes. The line before them says what was wrong.
BUILD_NOISE = re.compile(r"make(\[\d+\])?: (\*\*\*|Leaving directory) |\s*\d*\s+\|")


def start(
    words: list[str],
    log: Path,
    environment: dict[str, str],
    cores: list[int] | None,
    enter: Callable[[], None] = lambda: None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start `words`; raise `CellError` where there is no such program.

    `enter` is called in the new process, before it becomes the program. The program
    starts in `folder`, or in the runner's own if none is given.
    """

    def in_child() -> None:
        die_with_parent()
        heed_signals()
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


def heed_signals() -> None:
    """Let this process heed all signals, as programs expect when they start.

    A shell may have the runner ignore a signal (`nohup`, `&`). The program would
    inherit that, and may have to end on this very signal.
    """
    for number in signal.valid_signals():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def last_line(
    log: Path,
    telling: re.Pattern[str] | None = None,
    noise: re.Pattern[str] = BUILD_NOISE,
) -> str:
    """Return `: ` and the last line that a process has printed, or nothing.

    The last that is `telling` comes first, without what stands before its group. One
    that is `noise` comes last.
    """
    with log.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - LAST_BYTES, 0))
        text = file.read(LAST_BYTES).decode(errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    found = (telling.search(line) for line in reversed(lines)) if telling else ()
    said = (match[1] for match in found if match)
    rest = (line for line in reversed(lines) if not noise.match(line))
    last = one_line(next(chain(said, rest, lines[-1:])).strip())
    return f": {last if len(last) <= CHARACTERS else last[: CHARACTERS - 1] + '…'}"


def cut(log: Path) -> None:
    """Keep the beginning and the end of a log, where it is longer than both.

    To be called when nobody writes to it any more. It needs no space on the disk, which
    may be full by then.
    """
    with log.open("r+b") as file:
        left_out = file.seek(0, os.SEEK_END) - 2 * KEPT_BYTES
        if left_out <= 0:
            return
        file.seek(-KEPT_BYTES, os.SEEK_END)
        end = file.read(KEPT_BYTES)
        file.seek(KEPT_BYTES)
        file.write(b"\n[firstfail: %d bytes are left out here]\n" % left_out + end)
        file.truncate()


class Ending:
    """The end of a process, to be waited for without polling."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.descriptor: int | None = None
        self.poll = select.poll()
        if hasattr(os, "pidfd_open"):  # Linux
            self.descriptor = os.pidfd_open(process.pid)
            self.poll.register(self.descriptor, select.POLLIN)

    def __enter__(self) -> Ending:
        return self

    def __exit__(self, *_: object) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)

    def wait(self, most_s: float) -> bool:
        """Wait for so long at most; return whether the process has ended."""
        self.poll.poll(max(most_s, 0) * 1000)
        return self.process.poll() is not None
