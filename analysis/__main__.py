"""The steps from records to tables and charts; see `python -m analysis --help`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.files import DataError, print_text
from analysis.temporary import in_order
from contract.command_line import Parser

# For matplotlib's cache of fonts, since not every user has a home directory.
CACHE = Path(__file__).parent.parent / ".cache" / "matplotlib"


def main(words: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(words)
    os.environ.setdefault("MPLCONFIGDIR", str(CACHE))
    try:
        with in_order():
            return int(args.run(args) or 0)
    except DataError as error:
        print(f"firstfail: {error}", file=sys.stderr)
        return int(args.wrong)
    except Exception:
        if args.broken is None:
            raise
        traceback.print_exc()
        return int(args.broken)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m analysis", description=__doc__)
    parser.set_defaults(wrong=1, broken=None)
    steps: Any = parser.add_subparsers(dest="step", required=True)
    cell = steps.add_parser("cell", help="the results of one cell, and its chart")
    cell.add_argument("folder", type=Path, help="the cell's folder")
    cell.set_defaults(run=_cell)
    matrix = steps.add_parser(
        "matrix", help="results that cells lack, then tables and charts beside MATRIX"
    )
    matrix.set_defaults(run=_matrix)
    tables = steps.add_parser("tables", help="tables of all cells of a matrix")
    tables.set_defaults(run=_tables)
    charts = steps.add_parser("charts", help="charts of all cells of a matrix")
    charts.set_defaults(run=_charts)
    for step in (matrix, tables, charts):
        step.add_argument("matrix", type=Path, help="a JSON list of cells' folders")
    for step in (tables, charts):
        step.add_argument("folder", type=Path, help="where they go")
    reported = steps.add_parser("report", help="all of it as a person opens it")
    reported.add_argument("matrix", type=Path, help="the folder that holds both")
    reported.add_argument("files", type=Path, nargs="+", help="FILE.html")
    _add_settings(reported)
    reported.set_defaults(run=_report)
    archive = _add_archives(steps)
    for step in (cell, matrix, archive):
        step.add_argument("--code", help="a name of this analysis, kept with results")
    shown = steps.add_parser("show", help="copy both to where users look for them")
    shown.add_argument("matrix", type=Path, help="the folder that holds both")
    shown.add_argument("folder", type=Path, help="where the folders of both go")
    shown.set_defaults(run=_show)
    _add_compare(
        steps.add_parser("compare", help="whether the results of HEAD are worse")
    )
    return parser


def _add_settings(step: argparse.ArgumentParser) -> None:
    step.add_argument(
        "--settings",
        type=json.loads,
        default={},
        metavar="JSON",
        help="settings of the report, by their names after `report.`",
    )


def _add_compare(compare: argparse.ArgumentParser) -> None:
    """Add what two sides are compared by; what is wrong with them is a status of 2."""
    side = "a folder of outputs or of a matrix, an archive, or a commit"
    compare.add_argument("base", metavar="BASE", help=side)
    compare.add_argument("head", metavar="HEAD", help="another one")
    compare.add_argument(
        "--least",
        default="5%",
        metavar="SHARE",
        help="the least effect that is called worse or better",
    )
    compare.add_argument(
        "--in-turns",
        action="store_true",
        help="the n-th runs of both sides followed each other, as in a gate",
    )
    for name, what in (
        ("json", "all figures and verdicts"),
        ("junit", "a test case for each figure of each row, as JUnit XML"),
        ("chart", "the ratios with their intervals, as SVG"),
    ):
        compare.add_argument(f"--{name}", type=Path, metavar="FILE", help=what)
    # An error of ours would end Python with 1, which would say that HEAD is worse.
    compare.set_defaults(run=_compare, wrong=2, broken=3)


def _add_archives(steps: Any) -> argparse.ArgumentParser:
    """Add the steps about archives; return the one that makes an archive."""
    archive: argparse.ArgumentParser = steps.add_parser(
        "archive", help="all of it in one file, to give away"
    )
    archive.add_argument("matrix", type=Path, help="the folder that holds both")
    archive.add_argument("file", type=Path, help="FILE.zip")
    _add_settings(archive)
    archive.set_defaults(run=_archive)
    collect = steps.add_parser("collect", help="take an archive into a collection")
    collect.add_argument("archive", type=Path, help="FILE.zip")
    collect.set_defaults(run=_collect)
    machines = steps.add_parser("machines", help="print what a collection shows")
    machines.set_defaults(run=_machines)
    for step in (collect, machines):
        step.add_argument("results", type=Path, help="the folder of the collection")
    return archive


# Each step imports what it needs: pandas, and what draws, take a while to load.
def _cell(args: argparse.Namespace) -> None:
    from analysis.summarise import summarise

    summarise(args.folder, args.code)


def _matrix(args: argparse.Namespace) -> None:
    from analysis.catalogue import CHARTS, TABLES
    from analysis.outputs import write_charts, write_sheets, write_tables
    from analysis.rows.matrix import COURSE, Matrix, read_folders
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
    from analysis.rows.matrix import Matrix

    write_tables(Matrix.read(args.matrix), args.folder)


def _charts(args: argparse.Namespace) -> None:
    from analysis.outputs import write_charts
    from analysis.rows.matrix import Matrix

    write_charts(Matrix.read(args.matrix), args.folder)


def _show(args: argparse.Namespace) -> None:
    from analysis.shown import show

    show(args.matrix, args.folder)


def _report(args: argparse.Namespace) -> None:
    from analysis.archives.opening import opened
    from analysis.regressions.compare import LEAST, compare, least_effect
    from analysis.report.formats import write

    base, head = args.settings.get("base"), str(args.matrix)
    compared = compare(base, head, least_effect(LEAST), opened) if base else None
    write(args.matrix, args.files, args.settings, compared)


def _compare(args: argparse.Namespace) -> int:
    from analysis.archives.opening import opened
    from analysis.regressions.command import run

    files = {"json": args.json, "junit": args.junit, "chart": args.chart}
    sides = (args.base, args.head)
    return run(sides, args.least, args.in_turns, files, opened)


def _archive(args: argparse.Namespace) -> None:
    from analysis.archives.packing import pack

    pack(args.matrix, args.file, args.settings, args.code)


def _collect(args: argparse.Namespace) -> None:
    from analysis.archives.collection import collect

    print_text(f"{collect(args.archive, args.results)}\n")


def _machines(args: argparse.Namespace) -> None:
    from analysis.archives.collection import page

    print_text(page(args.results))


if __name__ == "__main__":
    sys.exit(main())
