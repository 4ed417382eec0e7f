"""The steps from records to tables and charts; see `python -m analysis --help`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.files import DataError
from analysis.rows.matrix import COURSE, Matrix, read_folders

# For matplotlib's cache of fonts, since not every user has a home directory.
CACHE = Path(__file__).parent.parent / ".cache" / "matplotlib"


def main(words: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(words)
    os.environ.setdefault("MPLCONFIGDIR", str(CACHE))
    try:
        args.run(args)
    except DataError as error:
        print(f"firstfail: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    cell = steps.add_parser("cell", help="the results of one cell, and its chart")
    cell.add_argument("folder", type=Path, help="the cell's folder")
    cell.set_defaults(run=_cell)
    compare = steps.add_parser(
        "compare", help="results that cells lack, then tables and charts beside MATRIX"
    )
    compare.set_defaults(run=_compare)
    for step in (cell, compare):
        step.add_argument("--code", help="a name of this analysis, kept with results")
    tables = steps.add_parser("tables", help="tables of all cells of a matrix")
    tables.set_defaults(run=_tables)
    charts = steps.add_parser("charts", help="charts of all cells of a matrix")
    charts.set_defaults(run=_charts)
    for step in (compare, tables, charts):
        step.add_argument("matrix", type=Path, help="a JSON list of cells' folders")
    for step in (tables, charts):
        step.add_argument("folder", type=Path, help="where they go")
    reported = steps.add_parser("report", help="all of it as a person opens it")
    reported.add_argument("matrix", type=Path, help="the folder that holds both")
    reported.add_argument("files", type=Path, nargs="+", help="FILE.html")
    reported.add_argument("--settings", type=json.loads, default={}, metavar="JSON")
    reported.set_defaults(run=_report)
    shown = steps.add_parser("show", help="copy both to where users look for them")
    shown.add_argument("matrix", type=Path, help="the folder that holds both")
    shown.add_argument("folder", type=Path, help="where the folders of both go")
    shown.set_defaults(run=_show)
    return parser


# Each step imports what it needs: drawing takes a while to load.
def _cell(args: argparse.Namespace) -> None:
    from analysis.summarise import summarise

    summarise(args.folder, args.code)


def _compare(args: argparse.Namespace) -> None:
    from analysis.catalogue import CHARTS, TABLES
    from analysis.outputs import write_charts, write_sheets, write_tables
    from analysis.summarise import summarise_all

    summarise_all(read_folders(args.matrix), args.code)
    if args.matrix.with_name(COURSE).exists():
        from analysis.likeness.kept import write_likeness

        write_likeness(args.matrix)
    matrix, folder = Matrix.read(args.matrix), args.matrix.parent
    write_tables(matrix, folder / TABLES)
    write_sheets(matrix, folder)
    write_charts(matrix, folder / CHARTS)


def _tables(args: argparse.Namespace) -> None:
    from analysis.outputs import write_tables

    write_tables(Matrix.read(args.matrix), args.folder)


def _charts(args: argparse.Namespace) -> None:
    from analysis.outputs import write_charts

    write_charts(Matrix.read(args.matrix), args.folder)


def _show(args: argparse.Namespace) -> None:
    from analysis.shown import show

    show(args.matrix, args.folder)


def _report(args: argparse.Namespace) -> None:
    from analysis.report.formats import write

    write(args.matrix, args.files, args.settings)


if __name__ == "__main__":
    sys.exit(main())
