"""The tables of files and their columns: of a record, of a cell, of a matrix."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from analysis import comparisons
from analysis.catalogue import Comparison
from analysis.record.readings import GROWTH
from analysis.rows import figures
from contract import columns, record
from contract.stops import RULES
from docs.kept import DocsError
from docs.reference import markdown
from docs.reference.comments import Source, sentence

COLUMNS = {
    record.REQUESTS: columns.REQUESTS,
    record.UNFINISHED: columns.UNFINISHED,
    record.GENERATOR: columns.GENERATOR,
    record.TELEMETRY: columns.TELEMETRY,
}
ROW = "analysis/record/definitions.py"
EVIDENCE = "analysis/diagnosis/evidence.py"
BETTER = {"more": "more", "less": "less", None: ""}


def of_record(file: str, _: Path) -> str:
    """Return the columns of a file of the record."""
    if file not in COLUMNS:
        raise DocsError(f"{file}: choose from {', '.join(COLUMNS)}")
    rows = [[f"`{name}`", sentence(said)] for name, said in COLUMNS[file].items()]
    return markdown(["column", "meaning"], rows)


def of_timeline(_: str, root: Path) -> str:
    """Return the columns of `timeline.csv` that are readings."""
    grown = [
        [f"`{name}`", f"By how much `{counter}` grew in the second."]
        for name, counters in GROWTH.items()
        for counter in counters
    ]
    read = [
        [f"`{name}`", f"{sentence(said)[:-1]}; its last reading in the second."]
        for name, said in columns.TELEMETRY_VALUES.items()
    ]
    return markdown(["column", "meaning"], grown + read)


def of_row(_: str, root: Path) -> str:
    """Return the figures of a cell's row."""
    return _fields(ROW, "Row", "", root)


def of_evidence(group: str, root: Path) -> str:
    """Return the evidence about the server, the generator, the network or the users."""
    owner = f"{group[:1].upper()}{group[1:]}"
    return _fields(EVIDENCE, owner, f"evidence.{group}.", root)


def _fields(path: str, owner: str, prefix: str, root: Path) -> str:
    said = Source(root / path).fields(owner)
    if missing := [name for name, comment in said.items() if not comment]:
        raise DocsError(f"{path}: {owner}.{missing[0]} has no comment")
    rows = [[f"`{prefix}{name}`", sentence(comment)] for name, comment in said.items()]
    return markdown(["name", "meaning"], rows)


def of_rule(rule: str, _: Path) -> str:
    """Return the figures in the table of an experiment that ends by a rule."""
    if rule not in RULES:
        raise DocsError(f"{rule}: choose from {', '.join(RULES)}")
    rows = [
        [f"`{figure.name}`", figure.heading, figure.unit, BETTER[figure.better]]
        for figure in figures.of_rule(rule).values()
    ]
    return markdown(["column in CSV", "heading", "unit", "better"], rows)


def of_matrix(_: str, root: Path) -> str:
    """Return the tables and charts that there may be of a matrix."""
    rows = []
    for name in sorted(
        info.name for info in pkgutil.iter_modules(comparisons.__path__)
    ):
        module = importlib.import_module(f"{comparisons.__name__}.{name}")
        comparison = Comparison.of(module)
        shown = comparison.name.replace("{experiment}", "EXPERIMENT")
        files = [f"`{Path(folder, shown + end)}`" for folder, end in comparison.files]
        rows.append([", ".join(files), (module.__doc__ or "").partition("\n")[0]])
    return markdown(["files", "what they show"], rows)


MADE = {
    "columns": of_record,
    "timeline": of_timeline,
    "row": of_row,
    "evidence": of_evidence,
    "figures": of_rule,
    "comparisons": of_matrix,
}
