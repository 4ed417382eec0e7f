"""The tables and charts of a matrix as files: those that the catalogue announces.

Rules of this module:
- It knows no table and no chart: `catalogue.py` finds them, and names their files.
- What is left of another matrix goes.
- Tables are made without what draws, which takes a while to load.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analysis.catalogue import CSV, MARKDOWN, Report, all_reports
from analysis.charts import PICTURES
from analysis.files import remove_others, write_csv, write_text
from analysis.rows.matrix import Matrix


def write_tables(matrix: Matrix, folder: Path) -> None:
    """Write the tables of a matrix into `folder`, as CSV and as Markdown."""
    written = []
    for report, name, part in _parts(matrix):
        if report.table:
            written.append(folder / f"{name}{CSV}")
            write_csv(written[-1], report.table(part))
        if report.markdown:
            written.append(folder / f"{name}{MARKDOWN}")
            write_text(written[-1], report.markdown(part))
    remove_others(folder, (CSV, MARKDOWN), written)


def write_charts(matrix: Matrix, folder: Path) -> None:
    """Write the charts of a matrix into `folder`, as SVG and PNG.

    Of cells of which none was measured there is a picture that says so.
    """
    from analysis.charts.nothing import WHY, nothing
    from analysis.charts.style import save

    written = []
    for report, name, part in _parts(matrix):
        if report.draw:
            of = "the matrix" if part is matrix else name
            made = report.draw(part) if part.cells else nothing(WHY.format(of))
            written += save(made, folder / name)
    remove_others(folder, PICTURES, written)


def _parts(matrix: Matrix) -> Iterator[tuple[Report, str, Matrix]]:
    """Yield each report that applies, its name, and the cells that it is of."""
    for report in all_reports():
        for name, experiment in report.names(matrix.configs):
            yield report, name, matrix.of(experiment) if experiment else matrix
