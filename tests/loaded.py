"""A program that was loaded once, and is forked for each who asks for it.

`python tests/loaded.py MODULE PLACE` loads the libraries of a module, and listens at a
socket. A fork does what `python -m MODULE` does, in a process of its own, with words,
folder, environment and files of its own. Nothing of the project was loaded before the
fork, so what is tested is the code of the checkout that it runs in. `preloaded.py` says
how it is asked.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
from os import close, fork, read, waitpid, write  # Locust has gevent replace them
from pathlib import Path
from select import select as readable
from socket import SocketType
from typing import Any, NoReturn

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


def serve(module: str, place: str) -> None:
    """Fork for each who asks, until the input ends."""
    gc.disable()  # hardly any of what is loaded is garbage
    for name in LIBRARIES[module]:
        with contextlib.suppress(ModuleNotFoundError):  # where one has moved
            importlib.import_module(name)
    if module == "snakemake":
        look_for_plugins()
    gc.collect()
    gc.freeze()  # else forks would look through it all, and by that copy it
    gc.enable()
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
    with contextlib.suppress(OSError):  # if nobody is there any more
        write(answer, f"{child}\n".encode())
    while until_ended not in readable([answer, until_ended], [], [])[0]:
        told = read(answer, 1)
        os.kill(child, told[0] if told else signal.SIGKILL)
        if not told:
            break
    _, status = waitpid(child, 0)
    with contextlib.suppress(OSError):
        write(answer, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    return False


def become(
    module: str,
    words: list[str],
    folder: str,
    most_s: int,
    path: list[str],
    environment: dict[str, str],
    network: str | None = None,
) -> NoReturn:
    """Be `python -m MODULE` from now on, on the `network` of this namespace."""
    if network is not None:
        with Path(network).open() as namespace:
            libc = ctypes.CDLL(None, use_errno=True)
            done = libc.setns(namespace.fileno(), 0) == 0
            assert done, os.strerror(ctypes.get_errno())
    os.setsid()
    signal.alarm(most_s)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:1] = path
    sys.argv = [module, *words]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        leave(ended.code if isinstance(ended.code, int) else int(bool(ended.code)))
    leave(0)


def leave(status: int) -> NoReturn:
    """End as Python does, but do not take apart what was loaded: that takes longer."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for other threads
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status & 0xFF)


if __name__ == "__main__":
    serve(*sys.argv[1:])
