"""Programs that were loaded once, and are forked for each command.

To load Snakemake and Hydra takes a second of CPU time, Locust or pandas and matplotlib
half of one, and the tests give some hundred commands. A fork does what
`python -m MODULE` does, in a process of its own, with words, folder, environment and
files of its own. Nothing of the project was loaded before the fork, so what is tested
is the code of the checkout that it runs in.

Rules of this module:
- Who asks sends a datagram: JSON, and four open files. Three are standard input, output
  and error. To the fourth, a socket, the status is written in the end.
- If who has asked is gone, what was asked for is killed.
- What was loaded ends with the process that has asked for it first.
"""

from __future__ import annotations

import array
import contextlib
import functools
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from os import close, fork, waitpid  # Locust replaces all of these by gevent's
from pathlib import Path
from select import select as readable
from socket import SocketType
from typing import Any

# What they, the Snakefile and the locustfile load of others.
LIBRARIES = {
    "snakemake": (
        *("snakemake.cli", "snakemake.workflow", "snakemake.scheduling.greedy"),
        *("snakemake.profiles", "smart_open", "requests"),
        *("hydra", "hydra.core.override_parser.overrides_parser", "psutil"),
    ),
    "locust": ("locust.main", "locust.contrib.fasthttp", "httptools"),
    "analysis": (
        *("pandas", "scipy.stats", "matplotlib.figure"),
        *("matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
        *("yaml", "jinja2", "markdown_it", "pygments.lexers.python", "copydetect"),
    ),
}
LOADED = "loaded\n"
FILES = 4
LONG = 1 << 18  # bytes of what is asked for, at most

# What is appended to a package: `python -m` of it asks for a fork of what was loaded at
# PLACE, and ends as that does. If nothing is loaded there any more, it goes on.
HAND_OVER = """

def hand_over(place):
    import json, os, socket, sys

    module, *words = sys.orig_argv[sys.orig_argv.index("-m") + 1 :]
    asked = {
        **{"module": module, "words": words, "most_s": 0},
        **{"folder": os.getcwd(), "path": sys.path, "environment": dict(os.environ)},
    }
    here, there = socket.socketpair()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(place)
            files = [0, 1, 2, there.fileno()]
            socket.send_fds(asking, [json.dumps(asked).encode()], files)
        except OSError:
            return
    there.close()
    os._exit(int(here.makefile().read()) % 256)


if __import__("sys").argv[0] == "-m":
    hand_over(PLACE)
"""


def handing_over(module: str) -> str:
    """Return what is appended to a package so that it is forked (`HAND_OVER`)."""
    return HAND_OVER.replace("PLACE", repr(loaded(module)))


def run(
    module: str, words: Sequence[str], folder: Path, most_s: int, like: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `python -m MODULE` with these words, in `folder`, for so long at most.

    It is forked from what was loaded for a module that is `like` it, if not for itself.
    """
    asked = {
        **{"module": module, "words": list(words)},
        **{"folder": str(folder), "most_s": most_s},
        **{"path": [str(folder)], "environment": dict(os.environ)},
    }
    here, there = socket.socketpair()
    with (
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as err,
        Path(os.devnull).open() as nothing,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking,
    ):
        asking.connect(loaded(like or module))
        files = [file.fileno() for file in (nothing, out, err, there)]
        socket.send_fds(asking, [json.dumps(asked).encode()], files)
        there.close()
        with here, here.makefile() as answer:
            status = int(answer.read())
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess([*words], status, out.read(), err.read())


@functools.cache
def loaded(module: str) -> str:
    """Start the process that is forked; return the path of its socket."""
    place = Path(tempfile.mkdtemp(), module)
    process = subprocess.Popen(
        [sys.executable, __file__, module, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == LOADED  # else what is asked for never ends
    STARTED.append(process)
    return str(place)


STARTED: list[subprocess.Popen[str]] = []  # each ends with its input


def serve(module: str, place: str) -> None:
    """Fork for each who asks, until the input ends."""
    for name in LIBRARIES[module]:
        with contextlib.suppress(ModuleNotFoundError):  # where one has moved
            importlib.import_module(name)
    if module == "snakemake":
        look_for_plugins()
    listener = SocketType(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(place)
    print(LOADED, end="", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who waits is forked as well
    while listener in readable([sys.stdin, listener], [], [])[0]:
        asked, files = received(listener)
        if fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            if is_forked(*files):
                become(**asked)
                return
            os._exit(0)
        for file in files:
            close(file)
    Path(place).unlink()
    Path(place).parent.rmdir()


def look_for_plugins() -> None:
    from hydra.core.plugins import Plugins
    from snakemake import cli

    cli.get_argument_parser()
    Plugins.instance()


def received(listener: SocketType) -> tuple[dict[str, Any], list[int]]:
    """Return what somebody asks for, and the files that came with it."""
    files = array.array("i")
    room = socket.CMSG_SPACE(FILES * files.itemsize)
    asked, [[_, _, packed]], *_ = listener.recvmsg(LONG, room)
    files.frombytes(packed)
    return json.loads(asked), list(files)


def is_forked(given: int, out: int, err: int, answer: int) -> bool:
    """Fork: return true in the child, which has these files, and false when it ended.

    The status is written to `answer`. The child is killed if nobody waits for that.
    """
    until_ended, while_here = os.pipe()
    child = fork()
    if child == 0:
        for number, file in enumerate((given, out, err)):
            os.dup2(file, number)
        for file in (given, out, err, answer, until_ended):
            close(file)
        return True
    for file in (given, out, err, while_here):
        close(file)
    if answer in readable([answer, until_ended], [], [])[0]:
        os.kill(child, signal.SIGKILL)
    _, status = waitpid(child, 0)
    with contextlib.suppress(OSError):
        os.write(answer, str(os.waitstatus_to_exitcode(status)).encode())
    return False


def become(
    module: str,
    words: list[str],
    folder: str,
    most_s: int,
    path: list[str],
    environment: dict[str, str],
) -> None:
    """Be `python -m MODULE` from now on."""
    signal.alarm(most_s)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:1] = path
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])
