"""The submissions of a class: each folder is a choice of the group impl.

Rules of this module:
- Nobody writes a file for a submission. `submission.yaml` says where they are and how
  they are started, the same for all.
- A submission is never left out: one with nothing to start has an empty command,
  which is told of in its row.
- A file in `conf/impl/` with the name of a submission comes before this.
"""

from __future__ import annotations

import re
from pathlib import Path

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from conf.schema import Config, SettingError

FILE = "submission.yaml"
# A name is part of paths, and of what is written on a command line.
NAME = re.compile(r"\w[\w .+-]*")


def submissions(root: Path, conf: Path) -> dict[str, Config]:
    """Return the submissions below `root`, as files in `conf / "impl"` would say them.

    Raises `SettingError`.
    """
    folder, starts, common = _read(conf / FILE)
    found: dict[str, Config] = {}
    if not (root / folder).is_dir():
        return found
    for path in sorted((root / folder).iterdir()):
        if path.name.startswith((".", "__")) or not path.is_dir():
            continue
        if not NAME.fullmatch(path.name):
            raise SettingError(
                f"{folder}/{path.name}: the name of a submission's folder has letters, "
                "digits, spaces and . _ + - alone; rename it"
            )
        own = f"{folder}/{path.name}"
        command = next((starts[n] for n in starts if (path / n).is_file()), "")
        found[own] = {**common, "command": command, "sources": [own], "submission": own}
    return found


def _read(path: Path) -> tuple[str, dict[str, str], Config]:
    """Return the folder, the command for each file, and what all have in common."""
    try:
        said = OmegaConf.to_container(OmegaConf.load(path))
        assert isinstance(said, dict)
        folder, starts, common = said["folder"], said["starts"], said.get("impl") or {}
        right = (
            isinstance(folder, str)
            and re.fullmatch(r"\w+", folder)
            and all(isinstance(part, dict) for part in (starts, common))
            and all(isinstance(command, str) for command in starts.values())
        )
    except (KeyError, AssertionError, YAMLError, OmegaConfBaseException):
        right = False
    if not right:
        raise SettingError(
            f"conf/{path.name}: it has to have folder (a name), starts (a command for "
            "each file that may start a submission) and impl (settings, or {})"
        )
    return folder, starts, common
