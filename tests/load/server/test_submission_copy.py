"""Copies of what was handed in: whole, without what is no file, and removable."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from load.errors import ServerError
from load.host.removal import remove
from load.server.command import prepare
from load.server.submission_copy import copy
from tests.load.server.test_servers import place, settings


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    return hand_in(tmp_path)


@pytest.fixture
def anybodys() -> Iterator[Path]:
    """A folder that any user may write into."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o777)
        yield Path(made)


def hand_in(folder: Path) -> Path:
    own = folder / "ada"
    (own / "src").mkdir(parents=True)
    (own / "server.py").write_text("serve()")
    (own / "server.py").chmod(0o555)
    (own / "src" / "link").symlink_to("../server.py")
    (own / "away").symlink_to("/no/such")
    return own


def test_a_copy_is_whole(handed_in: Path, tmp_path: Path) -> None:
    copy(handed_in, tmp_path / "copy")
    copied = tmp_path / "copy"
    assert (copied / "src" / "link").read_text() == "serve()"
    assert (copied / "src" / "link").readlink() == Path("../server.py")
    assert (copied / "away").readlink() == Path("/no/such")
    before, after = (p.stat() for p in (handed_in / "server.py", copied / "server.py"))
    assert (stat.S_IMODE(after.st_mode), after.st_mtime) == (0o755, before.st_mtime)


def test_a_link_leads_to_the_same_place_from_the_copy(
    handed_in: Path, tmp_path: Path
) -> None:
    """One that leaves the folder, whether by way of others or not."""
    (handed_in.parent / "common.py").write_text("common()")
    (handed_in / "out").symlink_to("..")
    (handed_in / "src" / "common").symlink_to("../../common.py")
    (handed_in / "src" / "as_long").symlink_to("../../ada/server.py")
    copied = tmp_path / "far" / "copy"
    copied.parent.mkdir()
    copy(handed_in, copied)
    assert (copied / "src" / "common").read_text() == "common()"
    assert (copied / "out" / "common.py").read_text() == "common()"
    assert (copied / "src" / "as_long").read_text() == "serve()"


def test_what_is_no_part_of_a_server_is_not_copied(
    handed_in: Path, tmp_path: Path
) -> None:
    for name in (".git/objects/ab", "src/.DS_Store", "src/.git/HEAD", "node_modules/m"):
        (handed_in / name).parent.mkdir(parents=True, exist_ok=True)
        (handed_in / name).write_text("")
    os.mkfifo(handed_in / ".git" / "fsmonitor--daemon.ipc")  # which can't be copied
    prepare(settings(submission=str(handed_in)), place(tmp_path))
    copied = tmp_path / "server"
    assert {str(path.relative_to(copied)) for path in copied.rglob("*")} == {
        *("server.py", "away", "src", "src/link", "node_modules", "node_modules/m")
    }


def test_a_submission_that_is_unfit_is_not_copied(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"^students/-x: rename it$") as raised:
        prepare(
            settings(submission="peers", unfit="students/-x: rename it"),
            place(tmp_path),
        )
    assert raised.value.kind == "no-start"
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_a_link_is_followed(handed_in: Path, tmp_path: Path) -> None:
    (tmp_path / "eve").symlink_to(handed_in)
    copy(tmp_path / "eve", tmp_path / "copy")
    assert not (tmp_path / "copy").is_symlink()
    assert (tmp_path / "copy" / "server.py").read_text() == "serve()"


def pipe(own: Path) -> None:
    os.mkfifo(own / "src" / "pi\npe")


def listener(own: Path) -> None:
    before = Path.cwd()
    os.chdir(own)  # since the path of a socket has 108 bytes at most
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
    os.chdir(before)


def gone(own: Path) -> None:
    own.rename(own.with_name("bob"))


def a_file(own: Path) -> None:
    gone(own)
    own.write_text("")


NO_FILE = "it is neither a file nor a folder nor a link"
BAD = {
    "pipe": (pipe, rf"ada/src/pi\npe cannot be copied: {NO_FILE}"),
    "socket": (listener, f"ada/socket cannot be copied: {NO_FILE}"),
    "gone": (gone, "ada cannot be copied: No such file or directory"),
    "a file": (a_file, "ada cannot be copied: it is no folder"),
}


@pytest.mark.parametrize("spoil, said", BAD.values(), ids=BAD)
def test_what_cannot_be_copied(
    handed_in: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(handed_in)
    with pytest.raises(ServerError) as raised:
        prepare(settings(submission=str(handed_in)), place(tmp_path))
    assert raised.value.kind == "no-start"
    assert str(raised.value).endswith(said)


AS_NOBODY = """\
import os, sys
from pathlib import Path
from load.host.removal import remove
from load.server.submission_copy import copy
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
folder = Path(sys.argv[1])
"""


def as_nobody(code: str, folder: Path, root: Path) -> str:
    """Run code as an ordinary user, on `folder`; return what it prints."""
    words = [sys.executable, "-c", AS_NOBODY + code, folder]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_copy_of_what_nobody_may_write_to(anybodys: Path, root: Path) -> None:
    """It can be built in, and removed with what was built."""
    own = hand_in(anybodys)
    (own / "src").chmod(0o555)
    own.chmod(0o555)
    code = (
        "copy(folder / 'ada', folder / 'copy')\n"
        "(folder / 'copy' / 'src' / 'built').touch()\n"
        "(folder / 'copy' / 'server.py').write_text('other')\n"
        "(folder / 'copy' / 'src').chmod(0o000)\n"
        "remove(folder / 'copy')\n"
    )
    as_nobody(code, anybodys, root)
    assert [path.name for path in anybodys.iterdir()] == ["ada"]


def test_what_an_ordinary_user_may_not_read(anybodys: Path, root: Path) -> None:
    (hand_in(anybodys) / "server.py").chmod(0o000)
    code = (
        "try:\n"
        "    copy(folder / 'ada', folder / 'copy')\n"
        "except PermissionError as error:\n"
        "    print(error.filename)\n"
    )
    assert as_nobody(code, anybodys, root) == f"{anybodys}/ada/server.py\n"


def test_removing_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o500)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "link").symlink_to(outside)
    remove(tmp_path / "copy")
    remove(tmp_path / "copy")  # which is not there
    assert stat.S_IMODE(outside.stat().st_mode) == 0o500
