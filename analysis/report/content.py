"""What a report says, as plain data: JSON, of which each format is made.

`content()` returns a mapping. All of its words are in the language of the report, so a
format adds headings of its own and nothing else. Its shape:

    language    "en"
    title       a line
    app         what is served: "page" or "attendance"
    about       the author's own: student, name, exercise; empty where not given
    file        the pattern of the PDF's name; empty where not given
    answers     a list, one for each experiment:
                    experiment, id (of the section), stop (its rule), question,
                    sentences (a list)
    sections    a list: a comparison with other results, if it was asked for; then the
                experiments', then what is of all of them:
                    id, title, blocks, charts, and `experiment`, its name or "";
                    beside: pairs of submissions (`pairs` of `likeness/kept.py`)
    cells       a list, in the order of the tables' rows: see `cell.py`, and below
    unmeasured  a list: experiment, impl, why
    environment a list of {heading, text}: the machine and the versions of all cells
    code        servers: what is known of the code of each (`architectures/servers.py`)
                shared: the excerpts that several of them have in common
    notes       blocks: the author's own words (`notes.py`)

A block is a mapping with `kind`, in the order in which it is read:

    heading     text, level (4 is below the section's own)
    paragraph   text: spans, a list of {text, style}; style is "", "strong" or "code"
    list        items: a list of spans
    table       columns: a list of {heading, numeric}
                rows: a list of lists of {text, interval, value}; `interval` stands in
                brackets, "" without one; `value` orders rows, None for words
                links: the id of each row's first cell; empty if rows are not cells

A chart is {name, title, alt, path}: `path` is a kept SVG, `alt` what it shows. If the
report is not in English, the chart in its language is in `svg`. Where nothing was
measured there is no chart, and no section that does not say why.

A cell is a mapping:

    id, experiment, impl, row (its name), repeat, repeats
    first       whether it is the first run of its row
    ended       why the run stopped
    limit, side ("server", "outside" or "unknown"), means, because: its verdict
    changes     sentences: what would have to change for the server to be measured
    figures     a list of {name, heading, text}
    waiting     a list of {part, share, text, for}, the greatest first
    timeline    {step_s, t_s, …}: a list for each series that was read (`timeline.py`)
    marks       moments of its chart: a list of {at_s, text}
    stats, failures  tables
    conformance the cases of HTTP/1.1 that its server failed: a table, and `score`, how
                many it passed; None if not known, and for all but the first run
    evidence, provenance  lists of {heading, text}
    log         the last lines that the server printed
    command     measures the cell again; empty for a cell of an archive
    folder      where its files are
    chart       {path, alt}: its kept SVG, and maybe `svg`

Rules of this module:
- Text is as it was recorded: names of submissions, messages and logs may hold anything.
  A format has to escape it.
- Nothing is measured, and no record is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.architectures.servers import servers, shared_excerpts
from analysis.regressions.compare import Comparison as Compared
from analysis.report.anchors import Anchors
from analysis.report.answer import answer, question
from analysis.report.cell import section as cell_section
from analysis.report.names import names
from analysis.report.notes import read_notes
from analysis.report.redrawn import redraw_cells
from analysis.report.regression import section as regression
from analysis.report.sections import sections
from analysis.report.timeline import points
from analysis.rows.cells import Cell
from analysis.rows.groups import grouped
from analysis.rows.machines import is_here
from analysis.rows.matrix import Matrix
from analysis.tables.machines import machine
from analysis.texts import language, listed, say
from analysis.translation import translated_parts

COMPARED = "regression"  # the id of such a section
ABOUT = ("student", "name", "exercise")
ROOT = Path(__file__).parents[2]  # which the sources of servers are relative to


def content(
    folder: Path, settings: Mapping[str, Any], compared: Compared | None = None
) -> dict[str, Any]:
    """Return the content of the report of the matrix in `folder`.

    `settings` are those of `conf/schema.py` (`Report`); what is left out is not given.
    `compared` is how it compares with other results. Raises `DataError` where a
    kept result is missing.
    """
    matrix = Matrix.read(folder / "matrix.json")
    anchors = Anchors()
    experiments = {name: anchors.of(name) for name in matrix.experiments}
    cells, links = _cells(matrix, anchors)
    redraw_cells(cells, matrix.cells)
    whole = {
        "language": language(),
        "title": _title(matrix),
        "app": str(matrix.configs[0].get("app", {}).get("name", "")),
        "about": {name: str(settings.get(name) or "") for name in ABOUT},
        "file": str(settings.get("file") or ""),
        "answers": list(_answers(matrix, experiments)),
        "sections": [
            *([regression(compared, anchors.of(COMPARED))] if compared else []),
            *sections(matrix, folder, experiments, links, anchors),
        ],
        "cells": cells,
        "unmeasured": list(_unmeasured(matrix)),
        "environment": _environment(matrix.cells),
        "code": _code(matrix),
        "notes": read_notes(Path(notes)) if (notes := settings.get("notes")) else [],
    }
    return dict(translated_parts(whole))


def _cells(
    matrix: Matrix, anchors: Anchors
) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Return all cells, and the ids of the first ones of the rows, by experiments."""
    cells: list[dict[str, Any]] = []
    links: dict[str, list[str]] = {}
    for experiment in matrix.experiments:
        groups = grouped(matrix.of(experiment).cells)
        called = names(groups)
        for group in groups:
            name = called[group.label]
            ids = anchors.of_cells(group, name)
            links.setdefault(experiment, []).append(ids[0])
            cells += [
                cell_section(group, cell, name, anchor, points(len(matrix.cells)))
                for cell, anchor in zip(group.cells, ids, strict=True)
            ]
    return cells, links


def _unmeasured(matrix: Matrix) -> Iterator[dict[str, str]]:
    for cell in matrix.unmeasured:
        yield {"experiment": cell.experiment, "impl": cell.impl, "why": cell.why}


def _code(matrix: Matrix) -> dict[str, Any]:
    # What an archive says of files is not looked for among ours.
    configs = (
        c if is_here(c) else {**c, "impl": {**c["impl"], "sources": []}}
        for c in matrix.configs
    )
    known = servers(configs, ROOT)
    return {"servers": known, "shared": shared_excerpts(known, ROOT)}


def _title(matrix: Matrix) -> str:
    impls = list(dict.fromkeys(config["impl"]["name"] for config in matrix.configs))
    if len(impls) > 5:
        return say("title.many", count=len(impls))
    return say("title.few", names=listed(impls))


def _answers(matrix: Matrix, ids: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for experiment in matrix.experiments:
        own = matrix.of(experiment)
        yield {
            "experiment": experiment,
            "id": ids[experiment],
            "stop": str(own.configs[0]["experiment"]["stop"]),
            "question": question(own),
            "sentences": answer(own.cells, own.unmeasured),
        }


def _environment(cells: Sequence[Cell]) -> list[dict[str, str]]:
    """Return the machine of the cells; several, if it was not always the same."""
    machines = [machine(cell) for cell in cells]
    found = []
    for name in machines[0] if machines else ():
        values = dict.fromkeys(str(each[name]) for each in machines)
        found.append({"heading": say(f"machine.{name}"), "text": listed(list(values))})
    starts = sorted(str(c.provenance["started"]) for c in cells if _started(c))
    if starts:
        found.append({"heading": say("machine.first"), "text": starts[0]})
        found.append({"heading": say("machine.last"), "text": starts[-1]})
    return found


def _started(cell: Cell) -> bool:
    return bool(cell.provenance.get("started"))
