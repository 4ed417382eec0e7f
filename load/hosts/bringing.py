"""Bringing the code of this checkout to another host, where that is asked for.

Rules of this module:
- It is one stream of tar over ssh: what a run there needs, and nothing else of the
  checkout. The same code is brought once.
- Only a folder that was brought is ever replaced: a checkout stays as it is.
- Packages are not brought. `hosts.python` has them, as by `make install` in the folder.
- It waits for a run on that host to end.
"""

from __future__ import annotations

import hashlib
import io
import shlex
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from load import ROOT
from load.errors import CellError
from load.host import lock
from load.host.process import last_line
from load.hosts.destination import ssh_words

PARTS = ("conf", "contract", "load", "peers", "servers")
FOR_INSTALLING = ("Makefile", "pyproject.toml", "requirements.txt")
NOT_CODE = ("__pycache__",)
UNPACK = """set -e
folder={folder}; brought="$folder/.brought"
if [ -e "$folder" ] && [ ! -e "$brought" ]; then
  echo "$folder is there, and firstfail has not brought it: set hosts.folder" >&2
  exit 1
fi
if [ -e {lock} ]; then exec 9< {lock}; flock 9; fi
mkdir -p "$folder"
if [ "$(cat "$brought" 2> /dev/null)" = {digest} ]; then cat > /dev/null; exit 0; fi
: > "$brought"
cd "$folder"
rm -rf {parts}
tar -x -p -f - --no-same-owner
echo {digest} > .brought
"""


def bring(host: str, hosts: dict[str, Any], sources: Sequence[str], log: Path) -> None:
    """Bring the code to a host, with the `sources` of a server.

    Raises `CellError` where it can't be had there. What ssh prints goes to `log`.
    """
    data = packed([*PARTS, *FOR_INSTALLING, *sources])
    script = UNPACK.format(
        folder=shlex.quote(hosts["folder"]),
        lock=lock.PATH,
        digest=hashlib.sha256(data).hexdigest(),
        parts=" ".join(PARTS),
    )
    words = ssh_words(host, hosts["ssh_config"], f"sh -c {shlex.quote(script)}")
    with log.open("wb") as output:
        done = subprocess.run(
            words, input=data, stdout=output, stderr=output, check=False
        )
    if done.returncode:
        raise CellError(f"host {host}: the code was not brought there{last_line(log)}")


def packed(sources: Sequence[str], root: Path = ROOT) -> bytes:
    """Return these files and folders in one tar, the same bytes for the same files."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(_files(sources, root)):
            tar.add(path, path.relative_to(root), recursive=False, filter=_plain)
    return data.getvalue()


def _files(sources: Sequence[str], root: Path) -> set[Path]:
    found: set[Path] = set()
    for source in sources:
        path = root / source
        found.update(path.rglob("*") if path.is_dir() else [path])
    return {
        path
        for path in found
        if not set(NOT_CODE) & set(path.parts)
        and (path.is_symlink() or path.is_file())
        and path.is_relative_to(root)
    }


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member
