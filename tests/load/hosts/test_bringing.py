"""Bringing code to a host, which is a shell here."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from load.errors import CellError, InterruptedRunError
from load.hosts import bringing
from load.hosts.bringing import Bringing, packed, server_files
from tests.load.conftest import small_cell

# As ssh: the shell is not its child, and writes to a pipe that ends with it.
SSH = """
import os, subprocess, sys
words = ["sh", "-c", sys.argv[2]]
shell = subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True)
with open(sys.argv[1], "w") as file:
    file.write(str(shell.pid))
while data := os.read(shell.stdout.fileno(), 1000):
    os.write(1, data)
sys.exit(shell.wait())
"""


class Host:
    """A host whose folder and lock are in `place`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.folder = place / "there"
        self.lock = place / "lock"
        self.said: list[str] = []
        self.tick: Callable[[], None] = lambda: None

    def bring(self, data: bytes, most_wait_s: float = 60) -> None:
        made = Bringing.__new__(Bringing)
        made.hosts = {"folder": str(self.folder), "ssh_config": None}
        made.tick, made.say, made.data = self.tick, self.said.append, data
        made.bring("load1", self.place / "log", most_wait_s)

    def names(self) -> set[str]:
        """Return the files in its folder, but those that are kept of the bringing."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        names = {str(path.relative_to(self.folder)) for path in found}
        return {name for name in names if not name.startswith(".brought")}

    def check_left(self) -> None:
        names = {path.name for path in self.place.iterdir()}
        assert names <= {"there", "lock", "log", "here", "pid"}


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(tmp_path)
    monkeypatch.setattr(bringing.lock, "PATH", made.lock)

    def words(_host: str, _config: Any, there: str) -> list[str]:
        return ["python3", "-c", SSH, str(tmp_path / "pid"), there]

    monkeypatch.setattr(bringing, "ssh_words", words)
    return made


def code(host: Host, **files: str) -> bytes:
    """Return these files, packed; `a__b` is the file `b.py` in a folder `a`."""
    here = host.place / "here"
    names = []
    for name, text in files.items():
        path = here / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        names.append(str(path.relative_to(here)))
    return packed(names, here)


def test_what_an_earlier_server_left_is_removed(host: Host) -> None:
    """But not what nobody has brought, such as packages."""
    host.bring(code(host, ada__server="1", bob__old="2"))
    for name in (".venv/python", "ada/__pycache__/server.pyc"):
        (host.folder / name).parent.mkdir()
        (host.folder / name).touch()
    assert {"ada/server.py", "bob/old.py"} < host.names()
    host.bring(code(host, ada__server="3", bob__new="4"))
    assert host.names() == {"ada/server.py", "bob/new.py", ".venv/python"}
    assert (host.folder / "ada/server.py").read_text() == "3"
    host.check_left()


def test_what_is_cut_off_replaces_nothing(host: Host) -> None:
    host.bring(code(host, ada__server="1"))
    data = code(host, ada__server="2" * 50_000)
    with pytest.raises(CellError, match=r"^host load1: the code was not brought there"):
        host.bring(data[:20_000])
    assert (host.folder / "ada/server.py").read_text() == "1"
    host.check_left()
    host.bring(data)
    assert (host.folder / "ada/server.py").read_text() == "2" * 50_000


def test_a_host_without_ssh_here_is_one_line(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing, "ssh_words", lambda *_: ["no-such-ssh", "load1"])
    line = "^host load1: cannot start no-such-ssh: No such file or directory$"
    with pytest.raises(CellError, match=line):
        host.bring(code(host, ada__server="1"))
    host.check_left()


def test_it_waits_for_a_run_there_and_says_so(host: Host) -> None:
    data = code(host, ada__server="1")
    with host.lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def end_when_told() -> None:
            if host.said:
                fcntl.flock(held, fcntl.LOCK_UN)

        host.tick = end_when_told
        host.bring(data)
    assert host.said == ["host load1: waiting for another run on it to end"]
    assert host.names() == {"ada/server.py"}


def test_it_does_not_wait_for_ever(host: Host) -> None:
    with host.lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(CellError, match="there: another run has had the host for"):
            host.bring(code(host, ada__server="1"), most_wait_s=1)
    host.check_left()


def test_nothing_there_waits_when_this_side_has_ended(
    host: Host, eventually: Callable[..., None]
) -> None:
    data = code(host, ada__server="1")

    def end() -> None:
        if host.said:
            raise InterruptedRunError("ended by SIGINT", 130)

    host.tick = end
    with host.lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(InterruptedRunError):
            host.bring(data)
        shell = Path("/proc") / (host.place / "pid").read_text()
        eventually(lambda: not shell.exists())
    host.check_left()


def test_what_the_digest_counts_is_brought() -> None:
    """The sources of a server and of its page, with what they import."""
    config = small_cell("burst", "select")
    impl = config["impl"] | {"body": "{page_file}", "sources": ["gate/run.py"]}
    page = config["page"] | {"sources": ["docs/terms.md"]}
    files = server_files(config | {"impl": impl, "page": page})
    assert {"gate/run.py", "gate/decision.py", "docs/terms.md"} <= set(files)
