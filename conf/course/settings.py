"""The settings of a class: what counts as alike, and what was handed out.

Rules of this module:
- They are given apart from those of cells (`compose/apart.py`), and checked as all
  settings are. An error raises `MatrixError` with one line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from conf.compose.apart import apart
from conf.errors import MatrixError, SettingError
from conf.schema import Config
from conf.validate import yaml_files
from conf.validate.bounds import check_bounds

NAME, PREFIX = "class", "class."


@dataclass
class Class:
    """The tables of a class. These settings are in no cell's key."""

    # Two submissions are listed if this share of one of them, or more, is in the other.
    likeness: float = field(default=0.8, metadata={"above": 0, "most": 1})
    # What the teacher handed out: folders and files, with commas between. It is like
    # nothing. Paths are below the project's folder.
    given: str | None = None


def split(requested: Mapping[str, Any]) -> tuple[Config, Config]:
    """Return what was asked for without the class, and what was given of the class."""
    rest, given = apart(requested, NAME, "likeness: 0.9")
    try:
        yaml_files.check("--config", Class, given, PREFIX)
        if "likeness" in given:  # as text, if make passes it on
            given["likeness"] = float(given["likeness"])
        check_bounds(Class, asdict(Class()) | given, PREFIX)
    except SettingError as error:
        raise MatrixError(str(error)) from None
    return rest, given


def whole(given: Config) -> Config:
    """Return all settings of a class, with defaults for those that are not given."""
    return asdict(Class()) | given


def handed_out(settings: Config, root: Path) -> list[str]:
    """Return the paths that the teacher handed out, below the project's folder."""
    names = [name.strip() for name in (settings["given"] or "").split(",")]
    for name in filter(None, names):
        path = root / name
        if not path.exists():
            raise MatrixError(f"{PREFIX}given={name}: there is no such file or folder")
        if not path.resolve().is_relative_to(root.resolve()):
            raise MatrixError(
                f"{PREFIX}given={name}: it must be below the project's folder, {root}"
            )
    return [name for name in names if name]
