"""Hosts on this machine: namespaces with an sshd each, on one switch.

Rules of this module:
- A host has its own network, processes, /tmp, name and clock. So it has its own lock of
  runs, and nothing here can be mistaken for its own.
- The runner's network is on the same switch. Keys and settings of ssh are made anew.
- A host vanishes with its first process, which dies with this one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from conf.hosts import Hosts
from load.host.guard import die_with_parent
from tests.conftest import ROOT

SSHD = "/usr/sbin/sshd"
RUNNER = "198.18.1.100"
CLOCKS = (5000, 1000, 90_000)  # by how many seconds each host has been up longer
SETTINGS = """
Port 22
HostKey /run/host_key
AuthorizedKeysFile /run/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
"""
# The first process of a host, which becomes its sshd. What root's shells do at their
# start on this machine is done nowhere else, and may take longer than an agent's start.
BOOT = """
mount -t tmpfs none /run && mkdir /run/sshd && cp "$1"/* /run &&
if [ -e ~root/.bashrc ]; then mount --bind /dev/null ~root/.bashrc; fi &&
mount -t tmpfs none /tmp && hostname "$2" && exec "$3" -D -e -f /run/sshd_config
"""
OWN = ("--net", "--mount", "--pid", "--uts", "--time", "--mount-proc")


def missing() -> str | None:
    """Return why there can be no such hosts here; None if there can be."""
    if not Path(SSHD).exists():
        return f"{SSHD} is not installed"
    if os.geteuid() != 0:
        return "hosts for an ordinary user"
    tried = subprocess.run(
        ["unshare", *OWN, "--monotonic", "5", "--fork", "true"],
        capture_output=True,
        check=False,
    )
    return (
        "no network namespaces with clocks of their own here"
        if tried.returncode
        else None
    )


@dataclass
class Host:
    """A host of the rig."""

    name: str
    address: str
    process: subprocess.Popen[bytes]

    @property
    def first(self) -> psutil.Process:
        """Its first process, the sshd."""
        [first] = psutil.Process(self.process.pid).children()
        return first

    def processes(self) -> list[psutil.Process]:
        """Return all processes on it, but those of ssh."""
        below = self.first.children(recursive=True)
        return [each for each in below if "sshd" not in _name(each)]

    def path(self, name: str) -> Path:
        """Return a path on it as one of this machine."""
        return Path(f"/proc/{self.first.pid}/root") / name.lstrip("/")

    def files(self) -> list[str]:
        """Return what there is in its /tmp, but the lock of runs."""
        names = sorted(path.name for path in self.path("/tmp").iterdir())
        return [name for name in names if name != "firstfail.lock"]

    def command(self, *words: str) -> list[str]:
        """Return the words that carry out a command on its network."""
        return _in_network(self.first.pid, *words)


@dataclass
class Rig:
    """The hosts, by their names, and what reaches them."""

    folder: Path
    runner: subprocess.Popen[bytes]
    hosts: dict[str, Host] = field(default_factory=dict)
    python: str = sys.executable  # on each of them

    @property
    def ssh_config(self) -> Path:
        return self.folder / "ssh_config"

    def command(self, *words: str) -> list[str]:
        """Return the words that carry out a command on the runner's network."""
        return _in_network(_child(self.runner), *words)

    @property
    def namespace(self) -> str:
        """The file of the namespace of the runner's network."""
        return f"/proc/{_child(self.runner)}/ns/net"

    def network(self, **changes: Any) -> dict[str, Any]:
        """Return the setting of a cell that uses these hosts."""
        server, *load = self.hosts.values()
        hosts = asdict(Hosts()) | {
            "server": server.name,
            "address": server.address,
            "load": [host.name for host in load],
            "master": RUNNER,
            "folder": str(ROOT),
            "python": self.python,
            "ssh_config": str(self.ssh_config),
        }
        return {"name": "rig", "kind": "hosts", "hosts": hosts | changes}


@contextlib.contextmanager
def rig(
    folder: Path, names: Sequence[str] = ("server", "load1", "load2")
) -> Iterator[Rig]:
    """Make these hosts; the first is the server's."""
    with contextlib.ExitStack() as ending:
        runner = _started(ending, ["unshare", "--net", "--fork", "--kill-child", "cat"])
        made = Rig(folder, runner)
        _run(made.command("ip", "link", "add", "switch", "type", "bridge"))
        _run(made.command("ip", "addr", "add", f"{RUNNER}/24", "dev", "switch"))
        for link in ("lo", "switch"):
            _run(made.command("ip", "link", "set", link, "up"))
        _key(folder / "user_key")
        for number, name in enumerate(names):
            address = f"198.18.1.{number + 1}"
            words = _boot(folder, name, CLOCKS[number])
            made.hosts[name] = Host(name, address, _started(ending, words))
            _connect(made, made.hosts[name], f"port{number}")
        _write_client_side(made)
        for host in made.hosts.values():
            _run(made.command("ssh", "-F", str(made.ssh_config), host.name, "true"))
        yield made


def _boot(folder: Path, name: str, ahead_s: int) -> list[str]:
    own = folder / name
    own.mkdir()
    _key(own / "host_key")
    (own / "sshd_config").write_text(SETTINGS)
    shutil.copy(folder / "user_key.pub", own / "authorized_keys")
    return [
        *("unshare", *OWN, "--monotonic", str(ahead_s), "--fork", "--kill-child"),
        *("sh", "-c", BOOT, "sh", str(own), name, SSHD),
    ]


def _connect(made: Rig, host: Host, port: str) -> None:
    """Put a link between a host and the switch."""
    pid = str(host.first.pid)
    peer = ("peer", "name", "eth0", "netns", pid)
    _run(made.command("ip", "link", "add", port, "type", "veth", *peer))
    _run(made.command("ip", "link", "set", port, "master", "switch", "up"))
    _run(host.command("ip", "addr", "add", f"{host.address}/24", "dev", "eth0"))
    for link in ("lo", "eth0"):
        _run(host.command("ip", "link", "set", link, "up"))


def _write_client_side(made: Rig) -> None:
    known, blocks = [], []
    for host in made.hosts.values():
        key = (made.folder / host.name / "host_key.pub").read_text()
        known.append(f"{host.address} {key}")
        blocks.append(f"Host {host.name}\n  HostName {host.address}\n")
    (made.folder / "known_hosts").write_text("".join(known))
    blocks.append(
        f"Host *\n  User root\n  IdentityFile {made.folder}/user_key\n"
        f"  IdentitiesOnly yes\n  UserKnownHostsFile {made.folder}/known_hosts\n"
        "  GlobalKnownHostsFile /dev/null\n  ConnectionAttempts 5\n"
        # That of OpenSSH's choice takes nine tenths of a connection's CPU time.
        "  KexAlgorithms curve25519-sha256\n"
    )
    made.ssh_config.write_text("".join(blocks))


def _key(path: Path) -> None:
    _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)])


def _started(ending: contextlib.ExitStack, words: list[str]) -> subprocess.Popen[bytes]:
    """Start the first process of a namespace, and wait until it is in it."""
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509 (tests have one thread)
    )

    def end() -> None:
        process.kill()
        process.communicate()

    ending.callback(end)
    while not psutil.Process(process.pid).children():
        assert process.poll() is None, words
    return process


def _child(process: subprocess.Popen[bytes]) -> int:
    [child] = psutil.Process(process.pid).children()
    return int(child.pid)


def _in_network(pid: int, *words: str) -> list[str]:
    return ["nsenter", f"--net=/proc/{pid}/ns/net", *words]


def _run(words: Sequence[str]) -> None:
    subprocess.run(words, check=True, timeout=600)


def _name(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return process.name()
    return "sshd"  # it has ended


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
