"""From a request to its plan.

Rules of this module:
- A request that cannot be carried out raises `MatrixError` before anything is measured,
  with one line for the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conf.compose.submissions import read_class_folder
from conf.course import settings as of_class
from conf.course.course import course
from conf.errors import MatrixError
from conf.plan import conformance, report
from conf.plan.matrix import matrix
from conf.plan.matrix_files import MatrixFiles
from conf.plan.plan import OUTPUTS, Parts, Plan, code_of, refuse
from conf.schema import Config

SNAKEMAKE = Path(".snakemake")  # its own notes, beside `outputs`
LOOPBACK, NETWORK = "loopback", "netns"  # network=auto is one of them
OTHERS = "other tables and charts are"  # called so
SIMPLEST = "static"  # the page of trials alone: any server can serve it


def plan(
    requested: Mapping[str, Any], root: Path, parts: Parts, measures: bool = True
) -> Plan:
    """Return the plan for a request, in the form that `matrix` takes.

    If it `measures` nothing, it tries the conformance of the servers alone. Raises
    `MatrixError` if it cannot be carried out.
    """
    refuse_foreign(parts)
    requested, settings = report.split(requested)
    requested, given = of_class.split(requested)
    requested, tries = conformance.split(requested)
    if not measures:
        requested = {"page": SIMPLEST, **requested}
    auto = LOOPBACK if parts.no_namespaces else NETWORK
    cells = matrix(requested, root, runner=parts.runner, auto_network=auto)
    told = course(given, list(cells.values()), root, root / "conf")
    trials = conformance.trials(
        cells if tries else {},
        code_of(parts.conformance, root),
        OUTPUTS,
        parts.record[0] if measures else None,
    )
    files = files_of(cells, parts, told, trials.result_of_cells)
    if measures and files.unmeasured:
        refuse(parts.refused(cell["network"] for cell in cells.values()))
    check_names(cells, parts)
    warnings = list(_warnings(requested, cells, root, parts))
    return Plan(cells, files, settings, parts, warnings, trials, measures)


def check_names(cells: Mapping[str, Config], parts: Parts) -> None:
    """Raise `MatrixError` if tables or charts of an experiment would overwrite others.

    They would on a disk for which `Users` and `users` are one name, and in an archive.
    """
    known = {name.casefold(): (name, OTHERS) for name in parts.taken_names}
    for name in dict.fromkeys(c["experiment"]["name"] for c in cells.values()):
        other, who = known.setdefault(name.casefold(), (name, "another is"))
        if other != name or who == OTHERS:
            case = "" if other == name else " but for the case of letters"
            raise MatrixError(
                f"an experiment is called {name}, as {who}{case}: give "
                f"conf/experiment/{name}.yaml another name"
            )


def files_of(
    cells: Mapping[str, Config],
    parts: Parts,
    told: str = "",
    conforming: Mapping[str, str] | None = None,
) -> MatrixFiles:
    """Return the files of these cells.

    `told` is what is known of a class, and `conforming` has the results of trials.
    """
    made_of = (parts.record, parts.results, parts.analysis)
    return MatrixFiles(cells, OUTPUTS, *made_of, told, conforming or {})


def refuse_foreign(parts: Parts) -> None:
    """Refuse to work among files that somebody else has written."""
    here = (SNAKEMAKE, OUTPUTS)
    below = (path for each in here for path in each.glob("*/"))
    refuse(parts.kept_out([*here, *below]))


def _warnings(
    requested: Mapping[str, Any], cells: Mapping[str, Config], root: Path, parts: Parts
) -> Iterable[str]:
    """Yield warnings about a plan that can be carried out."""
    if parts.no_namespaces and requested.get("network", "auto") == "auto":
        yield no_link(parts.no_namespaces)
    of_a_class = any(cell["impl"]["submission"] for cell in cells.values())
    if of_a_class and (warning := read_class_folder(root, root / "conf").warning()):
        yield warning


def no_link(why: str) -> str:
    """Return a warning for `network=auto`, where `why` there are no namespaces."""
    return (
        f"no network namespaces here ({why}): requests cross the loopback and no "
        "network interface"
    )
