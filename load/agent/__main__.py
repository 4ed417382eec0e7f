"""`python -m load.agent`: what a run needs of this host, for a runner on another.

The runner starts it, by ssh. It reads calls from its standard input, a line of JSON
each, and writes answers to its standard output. When its input ends, it ends. It also
dies with the sshd that started it: an agent that stands still does not see its input
end. Its guard then ends what it has started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import Any

from contract.settings import AUTO
from load import ROOT
from load.agent.load_host import LoadHost
from load.agent.part import explained, serve, surrounded
from load.agent.runner import Runner
from load.agent.same_code import differing_code
from load.agent.server_host import ServerHost
from load.errors import SIGNALS, CellError, InterruptedRunError, interrupt
from load.host.guard import die_with_parent
from load.host.limits import most_users
from load.host.lock import identity
from load.hosts.lines import ClosedError, Lines
from load.telemetry.provenance import provenance

PARTS: dict[str, type[ServerHost | LoadHost]] = {"server": ServerHost, "load": LoadHost}


def own_lines() -> Lines:
    """Return the lines to the runner. What is printed from now on is no line of it."""
    lines = Lines(os.dup(0), os.dup(1))
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    return lines


def take_part(runner: Runner) -> None:
    """Do what the runner calls for, until it ends."""
    own = {"most_users": most_users(AUTO), "identity": identity()}
    runner.answer(provenance(ROOT, {}) | own)
    opened = runner.first()
    config = opened["config"]
    taken = surrounded(runner, opened["scratch"], opened["most_wait_s"])
    with taken as at, explained():
        part: Any = PARTS[opened["part"]](at, config, opened["users"])
        part.calls["clock"] = time.monotonic
        part.calls["code"] = lambda: differing_code(config, at.scratch)
        with contextlib.closing(part):
            runner.answer(part.facts)
            serve(part, runner)


def main() -> int:
    die_with_parent()
    for number in SIGNALS:
        signal.signal(number, interrupt)
    runner = Runner(own_lines())
    try:
        take_part(runner)
    except ClosedError:
        return 0
    except InterruptedRunError as error:
        print(error, file=sys.stderr)
        return error.status
    except CellError as error:
        with contextlib.suppress(ClosedError):
            runner.fail(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
