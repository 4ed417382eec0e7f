"""Writing the tables and charts of a matrix, as the catalogue announces them.

Rules of this module:
- It knows no table and no chart: `catalogue.py` finds them, and names their files.
- Files of another matrix are removed.
- Tables are made without matplotlib, which takes a while to load.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analysis.catalogue import CSV, MARKDOWN, Comparison, all_comparisons
from analysis.drawing import PICTURES
from analysis.files import remove_others, write_csv, write_text
from analysis.rows.matrix import Matrix


def write_tables(matrix: Matrix, folder: Path) -> None:
    """Write the tables of a matrix into `folder`, as CSV and as Markdown."""
    written = []
    for comparison, name, part in _parts(matrix):
        if comparison.table:
            written.append(folder / f"{name}{CSV}")
            write_csv(written[-1], comparison.table(part))
        if comparison.markdown:
            written.append(folder / f"{name}{MARKDOWN}")
            write_text(written[-1], comparison.markdown(part))
    remove_others(folder, (CSV, MARKDOWN), written)


def write_sheets(matrix: Matrix, folder: Path) -> None:
    """Write what is made for a spreadsheet into `folder`."""
    from analysis.grades.spreadsheet import write_sheet

    for comparison, name, part in _parts(matrix):
        if comparison.sheet:
            write_sheet(folder / f"{name}{CSV}", comparison.sheet(part))


def write_charts(matrix: Matrix, folder: Path) -> None:
    """Write the charts of a matrix into `folder`, as SVG and PNG.

    If no cell was measured, a picture says so.
    """
    from analysis.drawing.nothing import nothing
    from analysis.drawing.style import save
    from analysis.drawing.words import word

    written = []
    for comparison, name, part in _parts(matrix):
        if comparison.draw:
            of = "the matrix" if part is matrix else name
            picture = (
                comparison.draw(part)
                if part.cells
                else nothing(word("nothing.why", of))
            )
            written += save(picture, folder / name)
    remove_others(folder, PICTURES, written)


def _parts(matrix: Matrix) -> Iterator[tuple[Comparison, str, Matrix]]:
    """Yield each comparison that applies, with its name and its cells."""
    for comparison in all_comparisons():
        for name, experiment in comparison.names(matrix.configs):
            yield comparison, name, matrix.of(experiment) if experiment else matrix
