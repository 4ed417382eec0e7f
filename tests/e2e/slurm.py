"""Slurm on this host alone: a controller and some nodes, each as a host of its own.

Rules of this module:
- The controller and each node have namespaces of their own: a name, an address on a
  bridge, processes, and a lock of runs. They share files, cores and the clock.
- All of it is below one process, the first of its PID namespace. It ends with its
  input, and the kernel ends all others with it. So nothing is left, in any case.
- Configuration, keys, sockets and logs are in one temporary folder. Slurm finds its
  configuration where it looks for it on a cluster, by a mount that only these see.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from load.host.lock import PATH as LOCK_OF_RUNS

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged", "unshare", "nsenter", "ip")
CONTROLLER = "controller"
ETC = Path("/etc/slurm")
OWN = ["unshare", "--net", "--uts", "--pid", "--mount", "--mount-proc"]
OWN += ["--fork", "--kill-child"]
READY = "ready"
START_S = 300
CONFIGURATION = """\
ClusterName=firstfail
SlurmctldHost={controller}({address})
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
KillWait=5
ReturnToService=2
{nodes}
PartitionName=all Nodes=ALL Default=YES State=UP
"""


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs; `first` is the process of its controller's namespaces."""

    first: int

    def words(self, *command: str) -> list[str]:
        """Return the words with which this host starts a command on the controller."""
        return ["nsenter", "-t", str(self.first), "-n", "-u", "-m", "-p", *command]

    def ask(self, *command: str) -> str:
        """Return what a command of Slurm prints."""
        done = subprocess.run(
            self.words(*command),
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
        return done.stdout


@contextmanager
def cluster(folder: Path, nodes: int) -> Iterator[Cluster]:
    """Have a cluster with so many nodes, `node1` and on, while this is entered."""
    words = [*OWN, sys.executable, "-m", __spec__.name, str(folder), str(nodes)]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            cwd=Path(__file__).parents[2],
        )
    assert process.stdin is not None and process.stdout is not None
    try:
        line = process.stdout.readline().strip()
        assert line == READY, (folder / "said").read_text()
        [first] = psutil.Process(process.pid).children()
        yield Cluster(first.pid)
    finally:
        process.stdin.close()
        process.wait(600)
        process.stdout.close()


class Made:
    """The cluster from within: what its first process does."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.names = [f"node{number}" for number in range(1, count + 1)]
        self.started: list[subprocess.Popen[bytes]] = []

    def make(self) -> None:
        """Start everything; return when all nodes are idle."""
        sh("ip link set lo up")
        sh("ip link add switch type bridge")
        sh("ip link set switch up")
        sh(f"ip address add {address(0)}/24 dev switch")
        sh(f"hostname {CONTROLLER}")
        self.configure()
        self.authenticate()
        for number, name in enumerate(self.names, start=1):
            self.connect(number, self.start(*OWN, *self.node(number, name)))
        self.start("slurmctld", "-D")
        wait(self.all_idle, self.started)

    def configure(self) -> None:
        etc = self.folder / "etc"
        etc.mkdir()
        (self.folder / "state").mkdir()
        nodes = [
            f"NodeName={name} NodeAddr={address(number)} CPUs={os.cpu_count()}"
            for number, name in enumerate(self.names, start=1)
        ]
        text = CONFIGURATION.format(
            controller=CONTROLLER,
            address=address(0),
            folder=self.folder,
            nodes="\n".join(nodes),
        )
        (etc / "slurm.conf").write_text(text)
        sh(f"mount --bind {etc} {ETC}")

    def authenticate(self) -> None:
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        files = {
            f"--{option}": self.folder / f"munge.{option.partition('-')[0]}"
            for option in ("key-file", "pid-file", "log-file", "seed-file", "socket")
        }
        given = [f"{option}={path}" for option, path in files.items()]
        self.start("munged", "-F", "--force", f"--origin={address(0)}", *given)
        wait(files["--socket"].exists, self.started)

    def node(self, number: int, name: str) -> list[str]:
        """Return the command of a node, in its own namespaces."""
        lock = self.folder / f"lock-{name}"
        lock.touch()
        steps = [
            f"hostname {name}",
            f"mount --bind {lock} {LOCK_OF_RUNS}",
            "ip link set lo up",
            "until ip link show eth0 > /dev/null 2>&1; do sleep 0.02; done",
            f"ip address add {address(number)}/24 dev eth0",
            "ip link set eth0 up",
            f"exec slurmd -D -N {name}",
        ]
        return ["sh", "-ec", "\n".join(steps)]

    def connect(self, number: int, node: subprocess.Popen[bytes]) -> None:
        """Lay a cable from the bridge to a node, as soon as that has a network."""
        own, its = Path("/proc/self/ns/net"), Path(f"/proc/{node.pid}/ns/net")
        wait(lambda: own.readlink() != its.readlink(), self.started)
        sh(f"ip link add port{number} type veth peer name eth0 netns {node.pid}")
        sh(f"ip link set port{number} master switch up")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start what lives as long as the cluster; what it prints is kept."""
        with (self.folder / "said").open("ab") as said:
            pipes = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said}
            process = subprocess.Popen(words, **pipes)
        self.started.append(process)
        return process

    def all_idle(self) -> bool:
        words = ["sinfo", "--noheader", "--Node", "--format=%T"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.stdout.split() == ["idle"] * len(self.names)


def address(number: int) -> str:
    """Return the address of the controller, 0, or of a node."""
    return f"10.77.0.{1 + number}"


def sh(command: str) -> None:
    subprocess.run(command.split(), stdin=subprocess.DEVNULL, check=True)


def wait(happens: object, started: list[subprocess.Popen[bytes]]) -> None:
    """Wait until `happens()`; fail where one of `started` has ended."""
    assert callable(happens)
    until = time.monotonic() + START_S
    while not happens():
        ended = [process.args for process in started if process.poll() is not None]
        assert not ended, f"has ended: {ended}"
        assert time.monotonic() < until, f"not within {START_S} s"
        time.sleep(0.05)


def main(folder: str, nodes: str) -> None:
    """Have a cluster until the input ends."""
    Made(Path(folder), int(nodes)).make()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # orphans come to this process
    print(READY, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
