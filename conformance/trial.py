"""One trial, from the configuration of a server to its folder.

Rules of this module:
- It is to other runs what a run is (`load/run.py`): it holds the lock of all runs,
  nothing of it outlives it, and its folder appears at once and complete.
- A submission that can't be tried has that as its result. So has a server whose cell
  was not measured, or that is too slow.
- If any other server does not start, it is an error, as it is when a cell is measured.
  So is a fault of this machine. Nothing is kept then, and it is tried again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from conformance.result import kept
from conformance.trying import SlowError, Trying
from contract import record
from contract.conformance import RESULT
from load.caller import Caller
from load.config import read
from load.errors import CellError, ServerError
from load.folder import Folder
from load.host.guard import end_leftovers, guarded
from load.host.lock import only_run_on_host
from load.host.removal import remove

PARTS = ("impl", "app", "page", "network", "server", "load")
NO_SERVER = (
    "is no configuration of a server: it has no {}; take the config.yaml of a server "
    "that was tried"
)
OTHERWISE = "its cells are measured: ask again, or leave this out by conformance=false"


@dataclass(frozen=True)
class Trial:
    """A trial of the server of `config`, into `folder`.

    `measured` is the folder of a cell of the same server, if one was measured before.
    """

    config: dict[str, Any]
    folder: Folder
    caller: Caller
    measured: Path | None = None
    verify_with: Sequence[str] = ()

    def run(self) -> None:
        """Try the server, unless its folder is there already."""
        with (
            self.caller.progress() as progress,
            only_run_on_host(self.caller.check_alive, progress.wait),
        ):
            if self.folder.holds(self.config, (RESULT, record.CONFIG)):
                return  # another trial has made it while this one waited
            if leftovers := end_leftovers():
                self.caller.say(leftovers)
            with self.folder.explained():
                self.folder.prepare()
                with guarded(self.folder.scratch, self.folder.apart) as environment:
                    self._write(self._result(environment))
                    self.folder.verify(self.verify_with, "its code has changed")
                    self.folder.put_in_place()

    def _result(self, environment: dict[str, str]) -> dict[str, Any]:
        if why := self._not_measured():
            return {"not_tried": why}
        try:
            trying = Trying(self.config, self.folder, self.caller, environment)
            return kept(trying.outcomes())
        except ServerError as error:
            is_result = isinstance(error, SlowError) and self.measured is not None
            if is_result or self.config["impl"]["submission"] is not None:
                return {"not_tried": str(error)}
            if self.measured is None:
                raise
            raise CellError(f"{error} ({OTHERWISE})") from None

    def _not_measured(self) -> str:
        """Return why the cell of the server could not be measured, if that is so."""
        if self.measured is None:
            return ""
        try:
            run = json.loads((self.measured / record.RUN).read_text())
            return str(run.get("not_measured", {}).get("because", ""))
        except (OSError, ValueError, AttributeError) as error:
            raise CellError(f"{self.measured / record.RUN}: {error}") from None

    def _write(self, result: dict[str, Any]) -> None:
        scratch = self.folder.scratch
        remove(self.folder.apart)
        (scratch / RESULT).write_text(json.dumps(result, indent=1) + "\n")
        text = yaml.safe_dump(self.config, sort_keys=False)
        (scratch / record.CONFIG).write_text(text)


def read_config(path: Path) -> dict[str, Any]:
    """Read what is to be started; raise `CellError` if the file does not say so."""
    return read(path, PARTS, NO_SERVER)
