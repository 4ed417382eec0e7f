"""The command that compares two sides: what it prints, and the files that it writes.

Rules of this module:
- Markdown goes to the standard output. Each file is written if it is asked for.
- A file is a result like any other: it appears complete, or not at all. All are made
  before the first is written.
- An error raises `DataError`, before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from analysis.files import DataError, print_text, write_text
from analysis.regressions.compare import Comparison, compare, least_effect
from analysis.regressions.json_file import as_json
from analysis.regressions.junit import as_junit
from analysis.regressions.markdown import pull_request
from analysis.regressions.sides import Opened

SUFFIX = ".svg"


def run(
    sides: tuple[str, str],
    least: str,
    in_turns: bool,
    files: Mapping[str, Path | None],
    opened: Opened,
) -> int:
    """Compare two sides, say it, and return the exit status; raise `DataError`."""
    asked = {name: path for name, path in files.items() if path is not None}
    _check(asked)
    comparison = compare(*sides, least_effect(least), opened, in_turns)
    made = {path: WRITTEN[name](comparison) for name, path in asked.items()}
    for path, text in made.items():
        write_text(path, text)
    print_text(pull_request(comparison))
    return comparison.exit


def _check(files: Mapping[str, Path]) -> None:
    """Raise `DataError` for files that cannot be meant."""
    for name, path in files.items():
        if not path.name:
            raise DataError(f"--{name} has no value: name a file")
        if name == "chart" and path.suffix != SUFFIX:
            raise DataError(f"--chart {path}: a chart is a file with {SUFFIX}")
    if len(set(files.values())) < len(files):
        raise DataError("two of --json, --junit and --chart name the same file")


def _as_svg(comparison: Comparison) -> str:
    from analysis.drawing.style import svg
    from analysis.regressions.chart import draw

    return svg(draw(comparison))


WRITTEN: Mapping[str, Callable[[Comparison], str]] = {
    "json": as_json,
    "junit": as_junit,
    "chart": _as_svg,
}
