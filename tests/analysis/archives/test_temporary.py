"""A process that is told to end leaves no folder behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis.temporary import PREFIX
from load.host.process import heed_signals
from tests.analysis.archives import made

ROOT = Path(__file__).parents[3]
TOLD = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
BEGIN = """
import os, shutil, signal, sys
from pathlib import Path
from analysis.temporary import temporary_folder
def end(number):
    os.kill(os.getpid(), number)
"""
# It says where its folder is, and waits.
WAITING = f"""{BEGIN}
with temporary_folder() as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""
# It is told to end while it removes the folder; then it has two of them.
REMOVING = f"""{BEGIN}
remove = shutil.rmtree
def removing(*words, **how):
    end(int(sys.argv[1]))
    end(int(sys.argv[1]))
    remove(*words, **how)
shutil.rmtree = removing
with temporary_folder() as outer, temporary_folder() as folder:
    print(folder, outer, flush=True)
print("it went on")
"""
OPENING = f"""{BEGIN}
from analysis.archives.opening import opened
with opened(Path(sys.argv[1])) as outputs:
    print(outputs.parent, flush=True)
    sys.stdin.read()
"""


@contextmanager
def process(*words: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Start Python, with no signal ignored, as under nohup; end it with the test."""
    with subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env=os.environ | environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=heed_signals,  # noqa: PLW1509 (it only sets signals)
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def status(number: int) -> int:
    """Return the exit status of a process that this signal has told to end."""
    return -number if number == signal.SIGINT else 128 + number


@pytest.mark.parametrize("number", TOLD)
def test_the_folder_is_removed(number: int) -> None:
    with process("-c", WAITING) as waiting:
        folder = Path(waiting.stdout.readline().strip())
        assert folder.is_dir() and folder.name.startswith(PREFIX)
        waiting.send_signal(number)
        assert waiting.wait(600) == status(number)
    assert not folder.exists()


@pytest.mark.parametrize("number", TOLD)
def test_it_is_removed_whole_before_the_process_ends(number: int) -> None:
    with process("-c", REMOVING, str(int(number))) as removing:
        said, _ = removing.communicate(timeout=600)
    assert removing.returncode == status(number)
    [folders] = said.splitlines()
    assert not any(Path(folder).exists() for folder in folders.split())


def test_who_ignores_a_signal_goes_on_ignoring_it() -> None:
    """As under nohup."""
    with process(
        "-c", f"import signal\nsignal.signal(1, signal.SIG_IGN){WAITING}"
    ) as p:
        folder = Path(p.stdout.readline().strip())
        p.send_signal(signal.SIGHUP)
        p.communicate(timeout=600)
        assert p.returncode == 0
    assert not folder.exists()


def test_an_archive_that_is_opened(archive: Path) -> None:
    with process("-c", OPENING, str(archive)) as opening:
        folder = Path(opening.stdout.readline().strip())
        assert (folder / "outputs" / made.CELL / "result.json").is_file()
        opening.send_signal(signal.SIGHUP)
        assert opening.wait(600) == 128 + signal.SIGHUP
    assert not folder.exists()


def test_an_archive_that_is_made(
    study_made: Path, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    """It has charts and a report to make first."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    words = ("-m", "analysis", "archive", str(study_made), str(tmp_path / "made.zip"))
    with process(*words, TMPDIR=str(temporary)) as packing:
        eventually(lambda: [*temporary.glob(f"{PREFIX}*/runs")])
        packing.send_signal(signal.SIGTERM)
        said, wrong = packing.communicate(timeout=600)
    assert (packing.returncode, said, wrong) == (128 + signal.SIGTERM, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]
    assert not [*temporary.glob(f"{PREFIX}*")]
