"""A cell's configuration, read from the file that a run is given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from load.errors import CellError

PARTS = (
    "experiment",
    "impl",
    "network",
    "app",
    "page",
    "users",
    "hatch_rate",
    "idle",
    "server",
    "load",
)
OTHERWISE = (
    "is not a cell's configuration: it has no {}; take the config.yaml of a cell that "
    "this version has measured"
)


def read_config(path: Path) -> dict[str, Any]:
    """Read a cell's configuration (YAML or JSON); raise `CellError` if it is none."""
    return read(path, PARTS, OTHERWISE)


def read(path: Path, parts: Sequence[str], otherwise: str) -> dict[str, Any]:
    """Read a file of YAML or JSON that has these parts; raise `CellError` if not.

    `otherwise` says what is wrong if it lacks a part, whose name is filled in.
    """
    # YAML 1.1 reads some numbers and characters of JSON as something else.
    is_json = path.suffix == ".json"
    kind, parse = ("JSON", json.loads) if is_json else ("YAML", yaml.safe_load)
    try:
        config = parse(path.read_text("utf-8"))
    except OSError as error:
        raise CellError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise CellError(f"{path} is not {kind}: {reason}") from None
    if not isinstance(config, dict) and not parts:
        raise CellError(f"{path} holds no settings")
    missing = set(parts) - set(config if isinstance(config, dict) else ())
    if missing:
        raise CellError(f"{path} {otherwise.format(min(missing))}")
    return dict(config)
