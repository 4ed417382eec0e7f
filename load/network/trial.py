"""Whether a network can be had here: tried once, before anything is measured over it.

Rules of this module:
- All that a run does is tried (`namespaces.py`): the namespaces, the link, its shapers
  and the kernel's settings. Any may be missing, in a container or in WSL's kernel.
- There is no way back out of a namespace, so each try is a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterable, Sequence
from typing import Any

from load import ROOT
from load.errors import CellError
from load.network import sysctls
from load.network.link import shapers
from load.network.namespaces import OTHERWISE, connect

Settings = dict[str, Any]
SYSCTLS = {**sysctls.OF_SERVER, **sysctls.OF_USERS}
# The least that a network of namespaces needs. It includes a setting of the kernel.
PLAIN: Settings = {
    **{"rate_mbit": None, "delay_ms": 0.0, "jitter_ms": 0.0, "loss_percent": 0.0},
    **dict.fromkeys(SYSCTLS),
    "tcp_tw_reuse": True,
    "mtu": 1500,
}


class Trial:
    """A try of networks, in a process beside this one until its result is needed."""

    def __init__(self, networks: Sequence[Settings] = (PLAIN,)) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "load.network.trial", json.dumps(networks)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reasons: list[str | None] | None = None

    def why_not(self) -> list[str | None]:
        """Return for each network why it can't be had, or None where it can."""
        if self._reasons is None:
            output, errors = self._process.communicate()
            if self._process.returncode != 0:
                raise RuntimeError(errors)
            self._reasons = json.loads(output)
        return self._reasons


def unavailable() -> str | None:
    """Return why this user can't have a network of namespaces, or None if they can."""
    return Trial().why_not()[0]


def refused(networks: Iterable[Settings], plain: str | None) -> str | None:
    """Return a line about one of `networks` that can't be had, or None if all can.

    `plain` says why no network of namespaces can be had, if so. Networks that need the
    same are tried once.
    """
    needs = {_needs(each): each for each in networks if each["kind"] == "netns"}
    if plain is None:
        needs.pop(_needs(PLAIN), None)
    if not needs:
        return None
    different = list(needs.values())
    reasons = [plain] if plain else Trial(different).why_not()
    for network, why in zip(different, reasons, strict=False):
        if why:
            return f"network={network['name']}: {why}; {OTHERWISE}"
    return None


def _needs(settings: Settings) -> frozenset[str]:
    """Return what a network needs of kernel and user, whatever its values."""
    set_here = {name for name in SYSCTLS if settings[name] is not None}
    return frozenset(shapers(settings) | set_here)


def _try(network: Settings) -> str | None:
    """Try a network in a process of its own; return why it can't be had."""
    read, write = os.pipe()
    if os.fork() == 0:
        status = 1
        try:
            connect(network)
            status = 0
        except CellError as error:
            os.write(write, str(error).encode())
            status = 0
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read) as output:
        why = output.read()
    if os.wait()[1] != 0:
        sys.exit(1)  # a fault of ours
    return why or None


if __name__ == "__main__":
    print(json.dumps([_try(network) for network in json.loads(sys.argv[1])]))
