"""What other users have left on this host: the lock of theirs, and folders."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from load.errors import CellError
from load.host import lock
from load.host.owner import name
from tests.load.conftest import UNPRIVILEGED

ROOT = Path(__file__).parents[3]
SOMEBODY = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root, to give files away")


def take() -> None:
    with lock.only_run_on_host(lambda: None, lambda: None):
        pass


def test_everybody_may_use_the_lock_of_who_keeps_all_to_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATH", tmp_path / "lock")
    before = os.umask(0o077)
    try:
        take()
    finally:
        after = os.umask(before)
    assert after == 0o077
    assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o644


def test_no_place_for_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATH", tmp_path / "none" / "lock")
    with pytest.raises(CellError, match="lock: No such file or directory"):
        take()


def taken_by_another(path: Path, mode: int) -> str:
    """Let an ordinary user take the lock of another; return what they are told."""
    path.touch()
    path.chmod(mode)
    os.chown(path, SOMEBODY, SOMEBODY)
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from load.host import lock\n"
        "from load.errors import CellError\n"
        "lock.PATH = Path(sys.argv[1])\n"
        "try:\n"
        "    with lock.only_run_on_host(lambda: None, lambda: None):\n"
        "        print('taken')\n"
        "except CellError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [*UNPRIVILEGED, sys.executable, "-c", code, path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@as_root
def test_lock_that_others_may_read(tmp_path: Path) -> None:
    assert taken_by_another(tmp_path / "lock", 0o644) == "taken"


@as_root
def test_lock_that_others_may_not_read(tmp_path: Path) -> None:
    closed = tmp_path / "lock"
    assert taken_by_another(closed, 0o600) == (
        f"the lock of all runs on this host: {closed} is {name(SOMEBODY)}'s, and not "
        f"to be read by others; let them do chmod a+r {closed}"
    )


@as_root
def test_folder_that_somebody_else_has_left(
    tmp_path: Path, config: Callable[..., Path], fails: Callable[..., str]
) -> None:
    path = config()
    tmp_path.chmod(0o755)
    os.chown(tmp_path, SOMEBODY, SOMEBODY)
    assert fails(path, prefix=UNPRIVILEGED).endswith(
        f"{tmp_path / '.cell.unfinished'}: Permission denied: {tmp_path} is "
        f"{name(SOMEBODY)}'s, as what sudo makes is root's; have it removed, or made "
        "yours (chown -R)"
    )
