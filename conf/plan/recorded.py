"""Plans for cells that have records: a report, an archive, archives of others.

Rules of this module:
- Nothing is measured. A cell without a whole record raises `MatrixError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conf.course.course import FILE as COURSE
from conf.errors import MatrixError
from conf.plan import archives, report
from conf.plan.conformance import Trials
from conf.plan.last import FIRST, last_cells, last_conformance
from conf.plan.matrix_files import OF_ARCHIVE
from conf.plan.plan import OUTPUTS, Parts, Plan
from conf.plan.request import check_names, files_of, refuse_foreign
from conf.schema import Config


def plan_report(requested: Mapping[str, Any], parts: Parts) -> Plan:
    """Return the plan for a report of what was asked for last, which measures nothing.

    Raises `MatrixError` if it cannot be carried out.
    """
    refuse_foreign(parts)
    requested, settings = report.split(requested)
    cells = last_cells(requested, OUTPUTS)
    return _of_records(cells, last_conformance(cells, OUTPUTS), settings, parts)


def plan_packing(requested: Mapping[str, Any], parts: Parts) -> Plan:
    """Return the plan for an archive of what was asked for last, as for a report."""
    planned = plan_report(requested, parts)
    if any(map(OF_ARCHIVE.match, planned.cells)):
        raise MatrixError(
            "the last study shows archives, and an archive has what was measured here: "
            f"{FIRST}"
        )
    return planned


def plan_archives(
    requested: Mapping[str, Any], parts: Parts, opened: archives.Opened
) -> Plan:
    """Return the plan for cells of archives beside those that were asked for last.

    `opened` returns what there is to show of an archive. Nothing is measured. Raises
    `MatrixError` if it cannot be carried out.
    """
    refuse_foreign(parts)
    requested, settings = report.split(requested)
    cells, conforming = archives.beside_last(requested, OUTPUTS, opened)
    return _of_records(cells, conforming, settings, parts)


def _of_records(
    cells: Mapping[str, Config],
    conforming: Mapping[str, str],
    settings: Config,
    parts: Parts,
) -> Plan:
    """Return the plan for tables, charts and more of cells that have records.

    `conforming` has the files with the conformance of their servers.
    """
    check_names(cells, parts)
    files = files_of(cells, parts)
    for cell in files.unmeasured:
        if not OF_ARCHIVE.match(cell):  # which was checked when it was opened
            raise MatrixError(f"the record of {cell} is not whole any more: {FIRST}")
    # What was asked for last has this file, if it had it then.
    path = Path(files.folder, COURSE)
    told = path.read_text() if path.exists() else ""
    whole = files_of(cells, parts, told, conforming)
    return Plan(cells, whole, settings, parts, [], Trials({}, {}, OUTPUTS))
