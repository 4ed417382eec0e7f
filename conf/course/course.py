"""What the tables of a class need beside its cells, as the text of a file.

The file is `class.json` in the folder of the matrix (`plan/matrix_files.py`):

    likeness     from which share on two submissions are listed
    submissions  name → {files: {path: SHA-256}, left_out: {path: why}, delivered}
    given        the same of what the teacher handed out, without `delivered`
    rule         the rule of marks (`rule.py`), or null

Rules of this module:
- Paths are relative to the project's folder. Nothing of the machine is in the file.
- The same submissions and settings give the same text: tables are made again if it
  changes, and else not.
- An error raises `MatrixError` with one line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conf.course import settings
from conf.course.delivered import delivered
from conf.course.rule import read_rule
from conf.course.submitted import submitted
from conf.errors import MatrixError, SettingError
from conf.schema import Config

FILE = "class.json"


def course(given: Config, cells: Sequence[Config], root: Path, conf: Path) -> str:
    """Return the text of the file; "" if there is no submission among the cells.

    `given` are the settings of the class that were asked for.
    """
    impls = {cell["impl"]["name"]: cell["impl"] for cell in cells}
    own = {name: impl for name, impl in impls.items() if impl["submission"]}
    if not own:
        if given:
            name, value = next(iter(given.items()))
            raise MatrixError(
                f"{settings.PREFIX}{name}={value}: there is no submission among the "
                "cells: it is for study=class, or impl=students/NAME"
            )
        return ""
    try:
        rule = read_rule(conf, cells)
    except SettingError as error:
        raise MatrixError(str(error)) from None
    whole = settings.whole(given)
    handed = settings.handed_out(whole, root)
    parts = [asdict(submitted(name, root, vendored=True)) for name in handed]
    content = {
        "likeness": whole["likeness"],
        "given": {
            kind: {path: v for part in parts for path, v in part[kind].items()}
            for kind in ("files", "left_out")
        },
        "submissions": {
            name: _submission(impl, rule, root) for name, impl in own.items()
        },
        "rule": rule,
    }
    return json.dumps(content, indent=0) + "\n"


def _submission(impl: Config, rule: Config | None, root: Path) -> dict[str, Any]:
    if impl["unfit"]:  # its folder is not read
        return {"files": {}, "left_out": {}, "delivered": None}
    folder = impl["submission"]
    found = asdict(submitted(folder, root, impl["ignored"]))
    late = rule["late"] if rule else None
    at = (
        delivered(folder, found["files"], late["by"], root)
        if late and late["points_a_day"]
        else None
    )
    return {**found, "delivered": at}
