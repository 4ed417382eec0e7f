"""The folder of a cell: the record is written beside it, and put in place at the end.

Rules of this module:
- The folder appears at once and complete, by one rename, or not at all. Only logs are
  written in place, so that a failed run can be read.
- It takes the place of an earlier one of the same cell, which may lack files. Nothing
  else is removed: what holds something else, or another cell, is a `CellError` before
  anything runs.
- A full disk, and a folder of another user, are a `CellError` that says what to do.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from contract import record, stops
from load.config import read
from load.errors import CellError
from load.host.apart import make_apart
from load.host.owner import NOT_OURS, not_ours
from load.host.process import cut
from load.host.removal import remove
from load.recording.record import STOPPED

LEAST_FREE_BYTES = 20_000_000  # a record of 300,000 requests


@dataclass(frozen=True)
class Folder:
    """The folder `path` of a cell; its logs are in `logs` while the run lasts."""

    path: Path
    logs: Path

    def __post_init__(self) -> None:
        if self.path.name in ("", ".."):
            raise CellError(f"{self.path} cannot be made: name a folder, as in ./again")

    @property
    def scratch(self) -> Path:
        """Where the run writes until it has ended."""
        return self.path.with_name(f".{self.path.name}.unfinished")

    @property
    def locust_home(self) -> Path:
        return self.scratch.absolute() / "locust"

    @functools.cached_property
    def apart(self) -> Path:
        """Where the server has its folder and the page; made when first asked for."""
        return make_apart(self.scratch.absolute())

    @property
    def server_folder(self) -> Path:
        return self.apart / "server"

    @property
    def page_file(self) -> Path:
        return self.apart / "page.html"

    @property
    def server_log(self) -> Path:
        return self.logs / record.SERVER_LOG

    @property
    def locust_log(self) -> Path:
        return self.logs / record.LOCUST_LOG

    def holds(
        self, config: dict[str, Any], files: Sequence[str] = record.FILES
    ) -> bool:
        """Return whether all `files` of `config` are there.

        Raises `CellError` if the folder has something else, which would be lost.
        """
        with self.explained():
            there = [*self.path.iterdir()] if self.path.is_dir() else []
        names = {path.name for path in there}
        is_whole = names.issuperset(files)
        if not is_whole:
            self._check_it_is_ours(there, files)
        if record.CONFIG in names and self._kept_config() != config:
            raise CellError(
                f"{self.path} holds what was made by another configuration: name "
                "another folder"
            )
        return is_whole

    def _kept_config(self) -> dict[str, Any]:
        """Return what was asked for, read as `config` was: its text may be another."""
        try:
            return read(self.path / record.CONFIG, (), "")
        except CellError as error:
            raise CellError(f"{error}: remove {self.path}") from None

    def _check_it_is_ours(self, there: Sequence[Path], files: Sequence[str]) -> None:
        """Raise `CellError` unless the folder may be removed for a new one.

        It may have a part of a cell, and no other files but hidden ones beside that: of
        the file system, or of an editor.
        """
        if self.path.is_symlink() or (self.path.exists() and not self.path.is_dir()):
            raise CellError(f"{self.path} is no folder: name one that is to be made")
        others = {path.name for path in there} - {record.CONFIG}
        known = {*record.FILES, *record.RESULTS, *files}
        strange = {name for name in others - known if not name.startswith(".")}
        strange |= {path.name for path in there if not path.is_file()}
        if others.isdisjoint({*record.FILES, *files}):
            strange |= others  # results alone are of anything
        if strange:
            raise CellError(
                f"{self.path} holds something else, which would be lost "
                f"({min(strange)}): name a folder that is to be made"
            )

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """Raise `CellError` for errors that the user can do something about."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise CellError(f"the disk that holds {self.path} is full") from None
            if error.errno in NOT_OURS and error.filename:
                raise CellError(not_ours(error)) from None
            raise

    def prepare(self) -> None:
        """Make an empty scratch folder, and the folder of the logs."""
        remove(self.scratch)
        self.scratch.mkdir(parents=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        free_bytes = shutil.disk_usage(self.scratch).free
        if free_bytes < LEAST_FREE_BYTES:
            raise CellError(
                f"the disk that holds {self.path} is full: a run needs "
                f"{LEAST_FREE_BYTES // 10**6} MB and {free_bytes / 1e6:.1f} MB are free"
            )

    def take_stopped(self, crashed: str | None) -> dict[str, Any]:
        """Return how the load ended, from the file that Locust's side has left."""
        path = self.scratch / STOPPED
        stopped: dict[str, Any] = json.loads(path.read_text())
        path.unlink()
        if stopped["reason"] == stops.TOLD_TO_STOP:
            if crashed is None:
                raise CellError("Locust was told to end from outside of the run")
            stopped["reason"] = stops.CRASHED
        return stopped

    def empty_record(self) -> None:
        """Leave tables without rows, and the logs that there are.

        A server that was ended under load has left readings that belong to no run.
        """
        for path in self.scratch.iterdir():
            if path.is_file():
                path.unlink()
        for name in record.FILES:
            if name.endswith(".csv"):
                (self.scratch / name).touch()
        self.server_log.touch()
        self.locust_log.write_bytes(b"")

    def finish_record(self, config: dict[str, Any], run: dict[str, Any]) -> None:
        """Complete the record with `run.json`, the configuration and the logs."""
        remove(self.apart)
        remove(self.locust_home)
        (self.scratch / record.RUN).write_text(json.dumps(run, indent=2) + "\n")
        text = yaml.safe_dump(config, sort_keys=False)
        (self.scratch / record.CONFIG).write_text(text)
        cut(self.locust_log)  # the server's was cut when the server had ended
        for log in (self.server_log, self.locust_log):
            shutil.copyfile(log, self.scratch / log.name)

    def verify(self, with_command: Sequence[str], otherwise: str = "") -> None:
        """Raise `CellError` where the command, if any, refuses what was written.

        `otherwise` is said if the command says nothing.
        """
        if not with_command:
            return
        words = [*with_command, str(self.scratch)]
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            refused = otherwise or f"{words[0]} refuses the record"
            raise CellError(lines[-1] if lines else refused)

    def put_in_place(self) -> None:
        """Rename the scratch folder to the cell's; an older one is removed."""
        if self.path.exists():
            shutil.rmtree(self.path)
        self.scratch.rename(self.path)
