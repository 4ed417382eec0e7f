"""Whether a network can be had here, tried once before anything is measured over it.

Rules of this module:
- What is tried is what a run does (`network.py`): namespaces, a link, what shapes it
  and the kernel's settings. Any may be missing: in a container, in WSL's kernel.
- There is no way back out of a namespace, so it is done in processes of their own.
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
# What any network of namespaces needs; a kernel's setting is among it (network=netns).
PLAIN: Settings = {
    **{"rate_mbit": None, "delay_ms": 0.0, "jitter_ms": 0.0, "loss_percent": 0.0},
    **dict.fromkeys(SYSCTLS),
    "tcp_tw_reuse": True,
    "mtu": 1500,
}


class Trial:
    """A try of networks, which goes on beside this process until it is asked for."""

    def __init__(self, networks: Sequence[Settings] = (PLAIN,)) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "load.network.trial", json.dumps(networks)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._why: list[str | None] | None = None

    def why_not(self) -> list[str | None]:
        """Return why each of the networks can't be had; None for one that can."""
        if self._why is None:
            told, said = self._process.communicate()
            if self._process.returncode != 0:
                raise RuntimeError(said)
            self._why = json.loads(told)
        return self._why


def unavailable() -> str | None:
    """Return why this user can have no network of namespaces here; None if they can."""
    return Trial().why_not()[0]


def refused(networks: Iterable[Settings], plain: str | None) -> str | None:
    """Return, on one line, which of `networks` can't be had here; None where all can.

    `plain` says why none of namespaces can be had, if so. Those that need the same are
    tried once.
    """
    asked = {_needs(each): each for each in networks if each["kind"] == "netns"}
    if plain is None:
        asked.pop(_needs(PLAIN), None)
    if not asked:
        return None
    different = list(asked.values())
    found = [plain] if plain else Trial(different).why_not()
    for network, why in zip(different, found, strict=False):
        if why:
            return f"network={network['name']}: {why}; {OTHERWISE}"
    return None


def _needs(settings: Settings) -> frozenset[str]:
    """Return what a network needs of kernel and user, whatever the values."""
    written = {name for name in SYSCTLS if settings[name] is not None}
    return frozenset(shapers(settings) | written)


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
    with os.fdopen(read) as told:
        why = told.read()
    if os.wait()[1] != 0:
        sys.exit(1)  # that is a fault of ours
    return why or None


if __name__ == "__main__":
    print(json.dumps([_try(network) for network in json.loads(sys.argv[1])]))
