"""Bringing the code of this checkout to another host, where that is asked for.

Rules of this module:
- It is one stream of tar over ssh: what a run there needs, and nothing else of the
  checkout. The same code is brought once.
- Which files a server is made of says `conf/plan/sources.py`, as for the digest that is
  compared.
- Only a folder that was brought is ever replaced: a checkout stays as it is. A list of
  what was brought is kept there, so that no file of an earlier server stays.
- It is unpacked beside the folder. What was cut off has replaced nothing.
- Packages are not brought. `hosts.python` has them, as by `make install` in the folder.
- It waits for a run on that host to end, and says so. Each second it writes a line, so
  it ends there when nobody is here any more.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shlex
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from load import ROOT
from load.errors import CellError
from load.host import lock
from load.host.guard import die_with_parent
from load.host.process import last_line
from load.hosts.destination import ssh_words
from load.hosts.sources import asked

PARTS = ("conf", "contract", "load", "peers", "servers")
FOR_INSTALLING = ("Makefile", "pyproject.toml", "requirements.txt")
NOT_CODE = ("__pycache__",)
LIST = ".brought-files"  # of names, each ended by a null byte
POLL_S = 0.1
UNPACK = """set -e
folder={folder}; brought="$folder/.brought"; new="$folder.new"
if [ -e "$folder" ] && [ ! -e "$brought" ]; then
  echo "$folder is there, and firstfail has not brought it: set hosts.folder" >&2
  exit 1
fi
trap 'exit 1' HUP INT PIPE TERM
[ -e {lock} ] || (umask 022; : >> {lock})
exec 9< {lock}
waited=0
until flock --nonblock 9; do
  if [ $waited -ge {most_s} ]; then
    echo "another run has had the host for $waited s: if that waits for a host of" \
      "this run, end one of them" >&2
    exit 1
  fi
  echo waiting; sleep 1; waited=$((waited + 1))
done
if [ "$(cat "$brought" 2> /dev/null)" = {digest} ]; then exit 0; fi
trap 'rm -rf "$new"' EXIT
rm -rf "$new"
mkdir -p "$new"
tar -x -p -f - --no-same-owner -C "$new"
mkdir -p "$folder"
: > "$brought"
if [ -e "$folder/{list}" ]; then (cd "$folder"; xargs -0 rm -rf -- < {list}); fi
cp "$new/{list}" "$folder"
cp -a "$new/." "$folder"
echo {digest} > "$brought"
"""


class Bringing:
    """Brings the code for the cell of `config`.

    `tick` is called in each wait, and `say` with what a person is to know.
    """

    def __init__(
        self,
        config: dict[str, Any],
        tick: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self.hosts = config["network"]["hosts"]
        self.tick = tick
        self.say = say
        self.data = packed([*PARTS, *FOR_INSTALLING, *server_files(config)])

    def bring(self, host: str, log: Path, most_wait_s: float) -> None:
        """Bring the code to a host, where another run may last for `most_wait_s`.

        Raises `CellError` where it can't be had there. What ssh prints goes to `log`.
        """
        script = UNPACK.format(
            folder=shlex.quote(self.hosts["folder"]),
            lock=lock.PATH,
            digest=hashlib.sha256(self.data).hexdigest(),
            list=LIST,
            most_s=round(most_wait_s),
        )
        there = f"sh -c {shlex.quote(script)}"
        words = ssh_words(host, self.hosts["ssh_config"], there)
        with tempfile.TemporaryFile() as data, log.open("wb") as output:
            data.write(self.data)
            data.seek(0)
            with _started(host, words, data, output) as process:
                try:
                    self._wait(host, process)
                finally:
                    process.kill()
        if process.returncode:
            why = f"the code was not brought there{last_line(log)}"
            raise CellError(f"host {host}: {why}")

    def _wait(self, host: str, process: subprocess.Popen[bytes]) -> None:
        """Wait until the script has ended; say if it waits for another run."""
        assert process.stdout is not None
        told = process.stdout.fileno()
        os.set_blocking(told, False)
        has_said = False
        while process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(POLL_S)
            self.tick()
            with contextlib.suppress(BlockingIOError):
                if os.read(told, 1000) and not has_said:
                    self.say(f"host {host}: waiting for another run on it to end")
                    has_said = True


def _started(
    host: str, words: list[str], data: IO[bytes], output: IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            stdin=data,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 (one thread)
        )
    except OSError as error:
        why = f"cannot start {words[0]}: {error.strerror}"
        raise CellError(f"host {host}: {why}") from None


def server_files(config: dict[str, Any]) -> list[str]:
    """Return the files of the server of a cell, below this checkout."""
    with tempfile.TemporaryDirectory(prefix="firstfail-") as folder:
        done = asked(config, Path(folder), "--list")
    if done.returncode:
        *_, last = done.stderr.strip().splitlines() or ["which code counts is unknown"]
        raise CellError(last)
    return done.stdout.split("\0")[:-1]


def packed(sources: Iterable[str], root: Path = ROOT) -> bytes:
    """Return these files and folders in one tar, the same bytes for the same files.

    The list of what is to be removed before the next is brought is a file of it.
    """
    data = io.BytesIO()
    files = sorted(_files(sources, root))
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in files:
            tar.add(path, path.relative_to(root), recursive=False, filter=_plain)
        names = [path.relative_to(root) for path in files]
        # Times are the same in each tar, so Python would take old code from there.
        compiled = {name.parent / each for name in names for each in NOT_CODE}
        listed = "".join(f"{name}\0" for name in sorted({*names, *compiled}))
        member = tarfile.TarInfo(LIST)
        member.size = len(listed.encode())
        tar.addfile(member, io.BytesIO(listed.encode()))
    return data.getvalue()


def _files(sources: Iterable[str], root: Path) -> set[Path]:
    found: set[Path] = set()
    for source in sources:
        path = root / source
        found.update(path.rglob("*") if path.is_dir() else [path])
    return {
        path
        for path in found
        if not set(NOT_CODE) & set(path.parts) and (path.is_symlink() or path.is_file())
    }


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member
