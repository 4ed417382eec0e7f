"""The steps from records to tables and charts; see `python -m analysis --help`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.files import DataError
from analysis.rows.cells import read_folders

# What matplotlib finds out about fonts: not everybody has a home directory for it.
CACHE = Path(__file__).parent.parent / ".cache" / "matplotlib"


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    cell = steps.add_parser("cell", help="what one cell's record says, and its chart")
    cell.add_argument("folder", type=Path, help="the cell's folder")
    cells = steps.add_parser("cells", help="the same for all that lack it")
    cells.add_argument("matrix", type=Path, help="a JSON list of cells' folders")
    for step in (cell, cells):
        step.add_argument("--code", help="what names this analysis in its results")
    for name in ("tables", "charts"):
        step = steps.add_parser(name, help=f"{name} of all cells of a matrix")
        step.add_argument("matrix", type=Path, help="a JSON list of cells' folders")
        step.add_argument("folder", type=Path, help=f"where the {name} go")
    shown = steps.add_parser("show", help="copies of these, where they are looked for")
    shown.add_argument("matrix", type=Path, help="the folder that holds both")
    shown.add_argument("folder", type=Path, help="where the folders of both go")
    asked = parser.parse_args(words)
    os.environ.setdefault("MPLCONFIGDIR", str(CACHE))
    # Each step imports what it needs: drawing takes a while to load.
    try:
        if asked.step == "cell":
            from analysis.summarise import summarise

            summarise(asked.folder, asked.code)
        elif asked.step == "cells":
            from analysis.summarise import summarise_all

            summarise_all(read_folders(asked.matrix), asked.code)
        elif asked.step == "tables":
            from analysis.outputs import write_tables
            from analysis.rows.matrix import Matrix

            write_tables(Matrix.read(asked.matrix), asked.folder)
        elif asked.step == "show":
            from analysis.shown import show

            show(asked.matrix, asked.folder)
        else:
            from analysis.outputs import write_charts
            from analysis.rows.matrix import Matrix

            write_charts(Matrix.read(asked.matrix), asked.folder)
    except DataError as error:
        print(f"firstfail: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
