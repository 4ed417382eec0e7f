"""Telling runs to end when Snakemake is told to.

On SIGTERM or SIGINT, Snakemake waits for its jobs to end, which can take minutes here.
Ctrl-C in a terminal reaches the runs directly. A signal to Snakemake alone has to be
passed on.

On a cluster this is not to be asked for: there, the children of Snakemake are Slurm's
commands, and the one that cancels its jobs is started on the same signal.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading

import psutil


def pass_on_to_children() -> None:
    """From now on, pass SIGINT and SIGTERM on to all runs, as SIGTERM.

    They are the children of this process.

    The handlers of these signals stay as they are; others set them and may change them.
    The signals are seen by way of `signal.set_wakeup_fd`. To be called in the main
    thread.
    """
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    threading.Thread(target=_pass_on, args=(read_end,), daemon=True).start()


def _pass_on(read_end: int) -> None:
    while number := os.read(read_end, 1):
        if number[0] in (signal.SIGINT, signal.SIGTERM):
            for child in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    child.terminate()
