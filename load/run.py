"""One run, from a cell's configuration to its folder.

The steps: wait until the host is free → measure (`measuring.py`) → verify the record →
let another command read it → put the folder in place.

Rules of this module:
- Nothing of a run outlives it (`host/guard.py`), and no two runs overlap
  (`host/lock.py`).
- A cell that can't be measured raises `CellError`. A run that is told to end raises
  `InterruptedRunError`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contract.text import one_line
from load.caller import Caller
from load.folder import Folder
from load.host.guard import end_leftovers, guarded
from load.host.lock import only_run_on_host
from load.measuring import Measuring


@dataclass(frozen=True)
class Run:
    """A run of the cell that `config` describes, into `folder`.

    `verify_with` is a command that fails where the record is not of the code that was
    asked for. `post_process` is a command that reads the record.
    """

    config: dict[str, Any]
    folder: Folder
    caller: Caller
    verify_with: Sequence[str] = ()
    post_process: Sequence[str] = ()

    def measure(self) -> None:
        """Measure the cell, unless its folder is there already."""
        with (
            self.caller.progress() as progress,
            only_run_on_host(self.caller.check_alive, progress.wait),
        ):
            if self.folder.holds(self.config):
                return  # another run has measured it while this one waited
            if leftovers := end_leftovers():
                self.caller.say(leftovers)
            progress.begin()
            with self.folder.explained():
                self.folder.prepare()
                with guarded(self.folder.scratch, self.folder.apart) as environment:
                    measuring = Measuring(
                        self.config, self.folder, self.caller, environment, progress
                    )
                    self.folder.finish_record(self.config, measuring.measure())
                    self.folder.verify(self.verify_with)
                    self._post_process_record()
                    self.folder.put_in_place()

    def _post_process_record(self) -> None:
        """Run the command that reads the record, if there is one.

        If it fails, what it says is passed on, and the record is kept.
        """
        if self.post_process:
            words = [*self.post_process, str(self.folder.scratch)]
            # It must not write to the terminal itself, where progress is shown.
            done = subprocess.run(
                words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
            )
            for line in done.stderr.decode(errors="replace").splitlines():
                print(one_line(line), file=sys.stderr, flush=True)
