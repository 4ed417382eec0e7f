"""What was asked for last, as files for the steps that follow.

`matrix.json` lists the folders of the cells asked for, in order: tables and
charts are made of these. `configs/` has a file per cell that any matrix named,
by its key: a run starts from it. Both change only when their content does, so
that asking for the same again leaves nothing to do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from conf.matrix import MatrixError
from conf.schema import Config


def check_targets(targets: Iterable[str]) -> None:
    """Raise `MatrixError` when an override was written as if it were a target."""
    overrides = [target for target in targets if "=" in target]
    if overrides:
        first, *_ = sorted(overrides)
        raise MatrixError(
            f"{first} is no target: overrides follow --config, "
            f"as in snakemake --cores 1 all --config {' '.join(sorted(overrides))}"
        )


def keep(cells: Mapping[str, Config], outputs: Path) -> None:
    """Write `matrix.json` and the configurations of `cells` below `outputs`.

    Raises `MatrixError` when they can't be written.
    """
    folders = [f"{outputs}/runs/{cell}" for cell in cells]
    try:
        for config in cells.values():
            path = outputs / "configs" / f"{config['key']}.json"
            if not path.exists():  # its name tells its content
                _write(path, json.dumps(config))
        matrix = outputs / "matrix.json"
        text = json.dumps(folders, indent=0) + "\n"
        if not matrix.exists() or matrix.read_text() != text:
            _write(matrix, text)
    except OSError as error:
        raise MatrixError(f"cannot write {error.filename}: {error.strerror}") from None


def _write(path: Path, text: str) -> None:
    """Write a file that appears at once and complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text)
    partial.rename(path)
