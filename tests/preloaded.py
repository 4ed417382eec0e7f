"""Snakemake and Locust that were loaded once, and are forked for each command.

To load Snakemake and Hydra takes a second of CPU time, to load Locust most of one, and
the tests give two hundred commands. A fork does what `python -m MODULE` does, in a
process of its own, with words, folder, environment and output of its own. Nothing of
the project was loaded before the fork, so what is tested is the code of the checkout
that it runs in.
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
from os import fork, waitpid  # Locust replaces both by gevent's
from pathlib import Path

# What they, the Snakefile and the locustfile load of others.
LIBRARIES = {
    "snakemake": (
        *("snakemake.cli", "snakemake.workflow", "snakemake.scheduling.greedy"),
        *("snakemake.profiles", "smart_open", "requests"),
        *("hydra", "hydra.core.override_parser.overrides_parser", "psutil"),
    ),
    "locust": ("locust.main", "locust.contrib.fasthttp", "httptools"),
}
LOADED = "loaded\n"
ONE_AT_A_TIME = threading.Lock()  # may ask; what was asked for runs side by side


def run(
    module: str, words: Sequence[str], folder: Path, most_s: int
) -> subprocess.CompletedProcess[str]:
    """Run `python -m MODULE` with these words, in `folder`, for so long at most."""
    process = loaded(module)
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
def loaded(module: str) -> subprocess.Popen[str]:
    """Start the process that is forked; it ends with its input, as this one ends."""
    words = [sys.executable, __file__, module]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(words, text=True, **pipes)
    assert process.stdout is not None
    assert process.stdout.readline() == LOADED  # else what is asked for never ends
    return process


def serve(module: str) -> None:
    """For each line of the input fork, and tell with which status that has ended."""
    for name in LIBRARIES[module]:
        with contextlib.suppress(ModuleNotFoundError):  # where one has moved
            importlib.import_module(name)
    if module == "snakemake":
        look_for_plugins()
    print(LOADED, end="", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who waits is forked as well
    for line in sys.stdin:
        ended, asked = json.loads(line)
        if fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            child = fork()
            if child == 0:
                become(module, **asked)
                return
            _, status = waitpid(child, 0)
            Path(ended).write_text(str(os.waitstatus_to_exitcode(status)))
            os._exit(0)


def look_for_plugins() -> None:
    from hydra.core.plugins import Plugins
    from snakemake import cli

    cli.get_argument_parser()
    Plugins.instance()


def become(
    module: str,
    words: list[str],
    folder: str,
    most_s: int,
    said: list[str],
    environment: dict[str, str],
) -> None:
    """Be `python -m MODULE` from now on."""
    signal.alarm(most_s)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, name in enumerate((os.devnull, *said)):
        opened = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.path[0] = folder
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])
