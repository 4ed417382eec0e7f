"""The settings of a report, apart from those of cells.

Rules of this module:
- They are in the key of no cell: nothing is measured again because of them.
- They are given as `report='{language: en}'`, or with a dotted name in `set`, and
  checked as all settings are. An error raises `MatrixError` with one line.
"""

from __future__ import annotations

import hashlib
import json
import string
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conf.errors import MatrixError, SettingError
from conf.schema import Config, Report
from conf.validate import yaml_files
from conf.validate.bounds import check_bounds

NAME, PREFIX = "report", "report."
PLACES = ("exercise", "student", "name")  # in `report.file`


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
    _check_file(whole["file"], whole)
    _notes(whole["notes"])
    return whole


def _check_file(pattern: str, settings: Config) -> None:
    """Raise `MatrixError` if this is no pattern for the name of a PDF.

    It asks for no setting that is not given.
    """
    try:
        fields = {field for _, field, _, _ in string.Formatter().parse(pattern)}
    except ValueError:
        fields = {pattern}
    if fields - {None, *PLACES} or not pattern.endswith(".pdf") or "/" in pattern:
        places = ", ".join(f"{{{place}}}" for place in PLACES)
        raise MatrixError(
            f"report.file={pattern}: it must be a name that ends with .pdf, and may "
            f"have {places} in it"
        )
    for field in PLACES:
        if field in fields and not settings[field]:
            raise MatrixError(
                f"report.file={pattern} asks for {{{field}}}: give report.{field}=…"
            )


def _notes(path: str | None) -> bytes:
    """Return what is in the author's file; nothing without one."""
    if path is None:
        return b""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise MatrixError(f"report.notes={path}: {error.strerror}") from None


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
