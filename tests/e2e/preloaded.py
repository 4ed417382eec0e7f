"""Snakemake that was loaded once, and is forked for each command that a test gives.

To load Snakemake and Hydra takes a second of CPU time, and the tests give a hundred
commands. A fork does what `python -m snakemake` does, in a process of its own, with
words, folder, environment and output of its own. Nothing of the project was loaded
before the fork, so what is tested is the code of the checkout that it runs in.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

# What Snakemake and the Snakefile load of others.
LIBRARIES = (
    *("snakemake.workflow", "snakemake.scheduling.greedy", "snakemake.profiles"),
    *("hydra", "hydra.core.override_parser.overrides_parser", "psutil"),
)
ONE_AT_A_TIME = threading.Lock()  # may ask; what was asked for runs side by side


def snakemake(
    words: Sequence[str], folder: Path, most_s: int
) -> subprocess.CompletedProcess[str]:
    """Run `python -m snakemake` with these words, in `folder`, for so long at most."""
    process = loaded()
    assert process.stdin is not None
    with tempfile.TemporaryDirectory() as place:
        out, err, ended = (Path(place, name) for name in ("out", "err", "ended"))
        os.mkfifo(ended)
        asked = {
            **{"words": list(words), "folder": str(folder), "most_s": most_s},
            **{"said": [str(out), str(err)], "environment": dict(os.environ)},
        }
        with ONE_AT_A_TIME:
            print(json.dumps([str(ended), asked]), file=process.stdin, flush=True)
        status = int(ended.read_text())
        return subprocess.CompletedProcess(
            [*words], status, out.read_text(), err.read_text()
        )


@functools.cache
def loaded() -> subprocess.Popen[str]:
    """Start the process that is forked; it ends with its input, as this one ends."""
    words = [sys.executable, __file__]
    return subprocess.Popen(words, stdin=subprocess.PIPE, text=True)


def serve() -> None:
    """For each line of the input fork, and tell with which status that has ended."""
    from hydra.core.plugins import Plugins
    from snakemake import cli

    for name in LIBRARIES:
        with contextlib.suppress(ModuleNotFoundError):  # where one has moved
            importlib.import_module(name)
    cli.get_argument_parser()  # which looks for plugins
    Plugins.instance()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who waits is forked as well
    for line in sys.stdin:
        ended, asked = json.loads(line)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            child = os.fork()
            if child == 0:
                become(**asked)
                return
            _, status = os.waitpid(child, 0)
            Path(ended).write_text(str(os.waitstatus_to_exitcode(status)))
            os._exit(0)


def become(
    words: list[str],
    folder: str,
    most_s: int,
    said: list[str],
    environment: dict[str, str],
) -> None:
    """Be `python -m snakemake` from now on."""
    signal.alarm(most_s)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, name in enumerate((os.devnull, *said)):
        opened = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.path[0] = folder
    sys.argv = ["snakemake", *words]
    runpy.run_module("snakemake", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
