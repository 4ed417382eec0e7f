"""Results, tables and charts of kept records are what they were, byte for byte.

Where a change of them is meant, `python -m tests.analysis.golden` makes the expected
files anew.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import matplotlib as mpl

from analysis import catalogue
from analysis.rows.matrix import Matrix
from contract import record
from tests.analysis import golden


def test_results_and_tables_are_as_kept(golden_made: Path) -> None:
    expected, found = golden.texts(golden.EXPECTED), golden.texts(golden_made)
    assert sorted(found) == sorted(expected)
    for name, text in found.items():
        assert text == expected[name], name


def test_charts_and_timelines_are_as_kept(golden_made: Path) -> None:
    kept, found = json.loads(golden.DIGESTS.read_text()), golden.digests(golden_made)
    assert sorted(found) == sorted(kept["sha256"])
    changed = [name for name, digest in found.items() if digest != kept["sha256"][name]]
    if mpl.__version__ != kept["matplotlib"]:
        changed = [name for name in changed if not name.endswith(".svg")]
    assert not changed


def test_what_is_announced_is_what_is_written(golden_made: Path) -> None:
    """Else Snakemake would miss a file after the study, or never see one."""
    for matrix in golden.MATRICES:
        with contextlib.chdir(golden_made):
            configs = Matrix.read(Path(matrix, "matrix.json")).configs
        written = [
            str(path.relative_to(golden_made / matrix))
            for folder in (catalogue.TABLES, catalogue.CHARTS)
            for path in (golden_made / matrix / folder).iterdir()
        ]
        written += [path.name for path in (golden_made / matrix).glob("*.csv")]
        assert sorted(written) == sorted(catalogue.announced(configs)), matrix
    for name in {cell for cells in golden.MATRICES.values() for cell in cells}:
        written = {path.name for path in (golden_made / "cells" / name).iterdir()}
        assert set(record.RESULTS) == written - golden.RECORD
