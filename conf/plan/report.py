"""The settings of a report, apart from those of cells.

Rules of this module:
- They are in the key of no cell: nothing is measured again because of them.
- They are given as `report='{language: en}'`, or with a dotted name in `set`, and
  checked as all settings are. An error raises `MatrixError` with one line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conf.errors import MatrixError, SettingError
from conf.schema import Config, Report
from conf.validate import yaml_files
from conf.validate.bounds import check_bounds
from contract.file_name import file_name

NAME, PREFIX = "report", "report."


def split(requested: Mapping[str, Any]) -> tuple[Config, Config]:
    """Return what was asked for without the report, and the settings of the report."""
    rest = dict(requested)
    given = rest.pop(NAME, {})
    if not isinstance(given, Mapping):
        raise MatrixError(
            f"{NAME}={given}: write its settings by their names, as in "
            f"{NAME}='{{language: en}}'"
        )
    settings = {str(name): value for name, value in given.items()}
    if isinstance(dotted := rest.get("set"), Mapping):
        own = {name: v for name, v in dotted.items() if str(name).startswith(PREFIX)}
        settings |= {name.removeprefix(PREFIX): value for name, value in own.items()}
        rest["set"] = {name: v for name, v in dotted.items() if name not in own}
    return rest, _checked(settings)


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


def digest(settings: Config) -> str:
    """Return a digest of the settings, and of the author's file that they name."""
    text = json.dumps(settings, sort_keys=True).encode() + _notes(settings["notes"])
    return hashlib.sha256(text).hexdigest()[:8]
