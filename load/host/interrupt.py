"""Telling runs to end when Snakemake is told to.

Snakemake, on SIGTERM or SIGINT, waits for its jobs to end, which can take
minutes here. A terminal's Ctrl-C reaches the runs directly; a signal to
Snakemake alone has to be passed on.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading

import psutil


def pass_on_to_children() -> None:
    """From now on, pass SIGINT and SIGTERM on to all children, as SIGTERM.

    The signals' own handlers, which others set and may yet change, stay as they
    are: the signals are seen by way of `signal.set_wakeup_fd`. To be called in
    the main thread.
    """
    awaited, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    threading.Thread(target=_pass_on, args=(awaited,), daemon=True).start()


def _pass_on(awaited: int) -> None:
    while number := os.read(awaited, 1):
        if number[0] in (signal.SIGINT, signal.SIGTERM):
            for child in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    child.terminate()
