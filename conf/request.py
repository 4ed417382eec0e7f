"""What was asked for last, as files for the steps that follow.

`matrix.json` lists the folders of the cells asked for, in order: tables and
charts are made of these. `configs/` has a file per cell that any matrix named,
by its key: a run starts from it. `analysis.txt` is the digest of the code of
these steps. All of them change only when their content does, so that asking for
the same again leaves nothing to do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
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


def keep(cells: Mapping[str, Config], outputs: Path, analysis: str) -> None:
    """Write what was asked for, and the digest of `analysis`, below `outputs`.

    Raises `MatrixError` when that can't be written.
    """
    folders = [f"{outputs}/runs/{cell}" for cell in cells]
    try:
        for config in cells.values():
            path = outputs / "configs" / f"{config['key']}.json"
            if not path.exists():  # its name tells its content
                _write(path, json.dumps(config))
        for name, text in (
            ("matrix.json", json.dumps(folders, indent=0)),
            ("analysis.txt", analysis),
        ):
            path = outputs / name
            if not path.exists() or path.read_text() != text + "\n":
                _write(path, text + "\n")
    except OSError as error:
        raise MatrixError(f"cannot write {error.filename}: {error.strerror}") from None


def missing(folders: Iterable[str], files: Sequence[str]) -> list[str]:
    """Return what is missing of the `files` of cells: the first where all are.

    To be asked for by name: Snakemake does not miss a file that was deleted once
    it has served its purpose, and asked for all files of all cells it is slow.
    """
    found = []
    for folder in folders:
        present = {path.name for path in Path(folder).glob("*")}
        absent = [name for name in files if name not in present]
        found += [f"{folder}/{name}" for name in absent if present or name == files[0]]
    return found


def _write(path: Path, text: str) -> None:
    """Write a file that appears at once and complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text)
    partial.rename(path)
