"""What stands there when a study has ended: its tables, or how far it came."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from contract.terminal import duration
from contract.text import numbered
from terminal.study import Study
from terminal.tables import tables

MOST_NAMED = 5
UNBOUNDED = 100_000  # columns, where lines are not for a terminal


def show(study: Study, console: Console) -> None:
    """Show the tables of a study, and where the rest of its results is."""
    width = console.width if console.is_terminal else None
    if width is None:
        console.width = UNBOUNDED
    console.print()
    for part in tables(study.tables, study.experiments, width):
        console.print(part)
    for line in _whereabouts(study):
        console.print(Text(line), soft_wrap=True)


def _whereabouts(study: Study) -> Iterator[str]:
    made = study.stamp.stat().st_mtime_ns
    files = dict.fromkeys(study.reports, "Report")
    for path, kind in {**files, study.archive: "Archive"}.items():
        # An older one is of another study, or of results that have changed.
        if path.exists() and path.stat().st_mtime_ns >= made:
            yield f"{kind}: {_shown(path)}"
    yield f"Charts: {_shown(study.outputs / 'charts')}/"
    yield f"Tables: {_shown(study.outputs / 'tables')}/"


def how_far(study: Study, interrupted: bool, logs: Sequence[str]) -> Iterator[str]:
    """Yield how far a study came that has ended early."""
    measured, rest = len(study.done), study.rest
    text = "Interrupted" if interrupted else "Not finished"
    if count := measured + len(rest):
        were = "was" if 1 in (measured, count) else "were"
        text += numbered(f": {measured:,} of {count:,} cell(s) {were} measured")
    if rest:
        left = duration(study.takes_s(rest))
        text += f"; the same command measures the rest, in about {left}"
    yield text
    if study.failed and not interrupted:
        labels = [study.labels[cell] for cell in study.failed]
        more = len(labels) - MOST_NAMED
        named = "; ".join(labels[:MOST_NAMED])
        yield f"Failed: {named}{f' and {more:,} more' if more > 0 else ''}"
        yield from _without_failed(study)
    if not interrupted:
        for step in dict.fromkeys(study.failed_steps):
            yield f"Failed: {step[0].lower()}{step[1:]}"
    for log in logs:
        yield f"Snakemake's log: {_shown(Path(log))}"


def _without_failed(study: Study) -> Iterator[str]:
    """Yield how to get the tables, which are made only of cells that are all there."""
    if not study.sound:
        return
    chosen = ",".join(study.sound)
    folders = {impl.rpartition("/")[0] for impl in study.impls}
    if len(study.sound) > MOST_NAMED and len(folders) == 1 and folders != {""}:
        [folder] = folders
        failed = ",".join(impl for impl in study.impls if impl not in study.sound)
        chosen = f"glob({folder}/*,exclude=[{failed}])"
    setting = shlex.quote(f"impl={chosen}")
    yield f"Tables and a report of the others: the same command with {setting}"


def _shown(path: Path) -> Path:
    """Return the path as the user would write it."""
    asked_in, here = Path(os.environ.get("PWD", "/")), Path.cwd()
    whole = path.absolute()
    is_here = asked_in.exists() and asked_in.samefile(here)
    return whole.relative_to(here) if is_here and whole.is_relative_to(here) else whole
