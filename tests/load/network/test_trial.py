"""Networks that can't be had: what they lack is named before anything is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from load.network.trial import PLAIN, refused
from tests.load.conftest import READ_ONLY, said_by

ROOT = Path(__file__).parents[3]
NETNS = {**PLAIN, "kind": "netns", "name": "mine", "queue_ms": 50.0}
AS_ROOT = ["unshare", "--user", "--map-root-user"]
DROPPED = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]
NO_ADMIN = [*AS_ROOT, *DROPPED]
NOTHING = [
    *(*AS_ROOT, "sh", "-c"),
    'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" "$@"',
    *DROPPED,
]

pytestmark = pytest.mark.namespaces


def tried(prefix: list[str], network: dict[str, Any] = PLAIN) -> str | None:
    """Return why a network can't be had by a process that is started so."""
    words = [*prefix, sys.executable, "-m", "load.network.trial", json.dumps([network])]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    [why] = json.loads(done.stdout)
    return None if why is None else str(why)


def test_who_may_make_a_namespace_and_not_change_it() -> None:
    """Within one of users', anybody may."""
    assert tried(NO_ADMIN) is None


@pytest.mark.parametrize(
    "prefix, named",
    [
        (READ_ONLY, "network.tcp_tw_reuse=true cannot be set: Read-only file system"),
        (
            NOTHING,
            "no network namespace can be made: a limit is reached: see sysctl "
            "user.max_net_namespaces, user.max_user_namespaces",
        ),
    ],
    ids=["no settings", "no capability"],
)
def test_what_is_missing_is_named(prefix: list[str], named: str) -> None:
    assert tried(prefix) == named


# A link that is shaped by a kernel which answers as one does that lacks a shaper.
WITHOUT = """\
import errno, sys
from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError
from load.network import trial
def tc(self, command, kind, *where, **how):
    raise NetlinkError(errno.ENOENT, kind)
IPRoute.tc = tc
print(trial._try(trial.PLAIN | {"queue_ms": 50.0, sys.argv[1]: 5.0}))
"""


@pytest.mark.parametrize(
    "setting, said",
    [
        (
            "delay_ms",
            "this kernel has no netem, which delay, jitter and loss need (the module "
            "sch_netem)",
        ),
        (
            "rate_mbit",
            "this kernel has no tbf, which a rate needs (the module sch_tbf)",
        ),
    ],
)
def test_kernel_without_a_shaper(setting: str, said: str) -> None:
    done = said_by(WITHOUT, setting)
    assert done.stdout.strip() == said, done.stderr


class Told:
    """A trial of networks on a kernel without netem."""

    def __init__(self, networks: list[dict[str, Any]]) -> None:
        self.networks = networks

    def why_not(self) -> list[str | None]:
        return ["no netem" if each["delay_ms"] else None for each in self.networks]


def test_a_network_that_lacks_something_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("load.network.trial.Trial", Told)
    late = NETNS | {"name": "late", "delay_ms": 30.0}
    slow = NETNS | {"name": "slow", "rate_mbit": 5.0}
    said = "network=late: no netem; network=loopback needs none of it"
    assert refused([NETNS, slow, late], None) == said
    assert refused([NETNS, slow], None) is None


def test_what_no_network_has() -> None:
    assert refused([{"kind": "loopback"}], "why") is None
    said = "network=mine: why; network=loopback needs none of it"
    assert refused([{"kind": "loopback"}, NETNS], "why") == said


def test_a_link_that_may_not_be_made() -> None:
    """As where namespaces can be had, and no capability within them."""
    code = (
        "import os\n"
        "from load.network import link\n"
        "from load.errors import CellError\n"
        "try:\n"
        "    link.make('a', 'b', os.open('/proc/self/ns/net', os.O_RDONLY), 1500)\n"
        "except CellError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [*NO_ADMIN, sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == (
        "no link can be made (it takes the kernel's veth, and CAP_NET_ADMIN): "
        "Operation not permitted"
    )
