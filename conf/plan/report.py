"""The settings of a report, apart from those of cells.

Rules of this module:
- They are given apart from those of cells (`compose/apart.py`), and checked as all
  settings are. An error raises `MatrixError` with one line.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from conf.compose.apart import apart
from conf.errors import MatrixError, SettingError
from conf.schema import Config
from conf.validate import yaml_files
from conf.validate.bounds import check_bounds
from contract.file_name import file_name

NAME, PREFIX = "report", "report."


@dataclass
class Report:
    """A report. Its settings are in no cell's key."""

    language: str = field(default="en", metadata={"choices": ("en", "ko")})
    exercise: str | None = None
    student: str | None = None  # the author's number
    name: str | None = None  # the author's name
    notes: str | None = None  # a Markdown file with the author's own words
    base: str | None = None  # other results that these are compared with
    file: str = "report.pdf"
    archive: str = "outputs/archive.zip"  # what `make archive` packs all into


def split(requested: Mapping[str, Any]) -> tuple[Config, Config]:
    """Return what was asked for without the report, and the settings of the report."""
    rest, given = apart(requested, NAME, "language: en")
    return rest, _checked(given)


def _checked(settings: Config) -> Config:
    """Return all settings of a report, with defaults for those that are not given."""
    try:
        yaml_files.check("--config", Report, settings, PREFIX)
        whole = asdict(Report()) | settings
        check_bounds(Report, whole, PREFIX)
    except SettingError as error:
        raise MatrixError(str(error)) from None
    handed_in(whole)
    _notes(whole["notes"])
    if whole["base"] is not None and not _is_there(whole["base"]):
        raise MatrixError(
            f"report.base={whole['base']}: name a folder of outputs, an archive, or a "
            "commit whose cells are in outputs/runs"
        )
    if not whole["archive"].endswith(".zip"):
        raise MatrixError(
            f"report.archive={whole['archive']}: an archive is a file with .zip, as in "
            "report.archive=mine.zip"
        )
    return whole


def handed_in(settings: Config) -> str:
    """Return the name under which the PDF is handed in."""
    try:
        return file_name(settings["file"], settings)
    except ValueError as error:
        raise MatrixError(str(error)) from None


def _notes(path: str | None) -> bytes:
    """Return what is in the author's file; nothing without one."""
    if path is None:
        return b""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise MatrixError(f"report.notes={path}: {error.strerror}") from None


def _is_there(base: str) -> bool:
    """Whether there is such a path, or a commit. Its cells may still be measured."""
    if os.path.exists(base):  # noqa: PTH110 (Path would raise at a long name)
        return True
    if base.startswith("-"):  # it would be an option
        return False
    words = ["git", "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}"]
    with contextlib.suppress(OSError, ValueError):
        return not subprocess.run(words, capture_output=True, check=False).returncode
    return False


def digest(settings: Config) -> str:
    """Return a digest of the settings, and of the files that they name."""
    text = json.dumps(settings, sort_keys=True).encode() + _notes(settings["notes"])
    return hashlib.sha256(text + _state(settings["base"])).hexdigest()[:8]


def _state(base: str | None) -> bytes:
    """Return what changes with the other results that a report compares with.

    Those of a commit do not change; nor does what is not there.
    """
    if base is None:
        return b""
    made = ("made~*", "matrices/*/made~*", "outputs/matrices/*/made~*")
    shown = (".shown/*", "outputs/.shown/*")
    path = Path(base)
    files = [path, *(file for name in (*made, *shown) for file in path.glob(name))]
    found = (f"{file} {file.stat().st_mtime_ns}" for file in files if file.exists())
    return "\n".join(sorted(found)).encode()
