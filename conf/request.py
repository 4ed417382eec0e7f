"""What was asked for last, as files for the steps that follow.

`matrix.json` lists the folders of the cells asked for, in order: tables and
charts are made of these. `configs/` has a file per cell that any matrix named,
by its key: a run starts from it. `analysis.txt` says since when the steps are
due, and the digest of their code. All of them change only when there is reason
to, so that asking for the same again leaves nothing to do.

Snakemake takes a file for unchanged when its content is, however new; hence the
time. It does not miss a file that was deleted once it has served its purpose, and
asked for all files of a thousand cells it takes many seconds. So the files of the
cells are looked at here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from conf.composing import MatrixError
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


def keep(
    cells: Mapping[str, Config], outputs: Path, analysis: str, results: Sequence[str]
) -> None:
    """Write what was asked for, and since when `analysis` is due, below `outputs`.

    It is due when its code is another, and when a cell that was measured lacks one
    of the files `results` that it makes. Raises `MatrixError` when something can't
    be written.
    """
    folders = [f"{outputs}/runs/{cell}" for cell in cells]
    try:
        for config in cells.values():
            path = outputs / "configs" / f"{config['key']}.json"
            if not path.exists():  # its name tells its content
                _write(path, json.dumps(config))
        listed = json.dumps(folders, indent=0) + "\n"
        path = outputs / "matrix.json"
        if not path.exists() or path.read_text() != listed:
            _write(path, listed)
        due = any(n and not n.issuperset(results) for n in _present(folders))
        stamp = outputs / "analysis.txt"
        if due or not stamp.exists() or stamp.read_text().split()[0] != analysis:
            _write(stamp, f"{analysis}\n{datetime.now(UTC).isoformat()}\n")
    except OSError as error:
        raise MatrixError(f"cannot write {error.filename}: {error.strerror}") from None


def missing(folders: Sequence[str], files: Sequence[str]) -> list[str]:
    """Return what is missing of the `files` of cells: the first where all are."""
    return [
        f"{folder}/{name}"
        for folder, names in zip(folders, _present(folders), strict=True)
        for name in (files if names else files[:1])
        if name not in names
    ]


def _present(folders: Iterable[str]) -> Iterator[set[str]]:
    for folder in folders:
        yield {path.name for path in Path(folder).glob("*")}


def _write(path: Path, text: str) -> None:
    """Write a file that appears at once and complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text)
    partial.rename(path)
