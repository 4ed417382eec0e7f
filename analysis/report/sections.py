"""The sections of a report: one for each table or chart that a person reads.

Rules of this module:
- Every comparison of the catalogue has a section, also one that somebody adds.
- Where nothing was measured there is no chart, and no section that does not say why.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.catalogue import CHARTS, Comparison, all_comparisons
from analysis.report.anchors import Anchors
from analysis.report.blocks import Block, blocks
from analysis.report.redrawn import redrawn
from analysis.rows.matrix import Matrix
from analysis.texts import has, say


def sections(
    matrix: Matrix,
    folder: Path,
    ids: Mapping[str, str],
    links: Mapping[str, list[str]],
    anchors: Anchors,
) -> Iterator[dict[str, Any]]:
    """Yield a section for each comparison that a person reads, experiments first."""
    of_all = []
    for comparison in all_comparisons():
        for name, experiment in comparison.names(matrix.configs):
            part = matrix.of(experiment) if experiment else matrix
            if not (comparison.markdown or comparison.draw):
                continue
            section = _section(comparison, name, part, folder)
            if not part.cells and not _says_why(section["blocks"]):
                continue
            if experiment:
                ours = name == experiment
                section["id"] = ids[experiment] if ours else anchors.of(name)
                section["experiment"] = experiment
                _link(section["blocks"], links.get(experiment, []))
                yield section
            else:
                of_all.append(section | {"id": anchors.of(name), "experiment": ""})
    yield from of_all


def _section(
    comparison: Comparison, name: str, matrix: Matrix, folder: Path
) -> dict[str, Any]:
    text = comparison.markdown(matrix) if comparison.markdown else ""
    found = blocks(text)
    if found and found[0]["kind"] == "heading":
        found = found[1:]  # its name, which the section has as its title
    charts = []
    if comparison.draw and matrix.cells:
        path = folder / CHARTS / f"{name}.svg"
        title = _named(name)
        alt = say(_key("alt", name), title=title)
        chart = {"name": name, "title": title, "alt": alt, "path": str(path)}
        draw = functools.partial(comparison.draw, matrix)
        charts.append(chart | redrawn(draw))
    beside = comparison.beside(matrix) if comparison.beside else []
    return {
        **{"title": _named(name), "blocks": found, "charts": charts},
        "beside": beside,
    }


def _says_why(found: Sequence[Block]) -> bool:
    """Whether blocks say why nothing was measured, and don't only explain figures."""
    return any(block["kind"] == "list" or block.get("rows") for block in found)


def _key(kind: str, name: str) -> str:
    """Return the key of a comparison's text, or that of any comparison."""
    own = f"comparison.{name}.{kind}"
    return own if has(own) else f"comparison.other.{kind}"


def _named(name: str) -> str:
    return say(_key("title", name), name=name)


def _link(found: Sequence[Block], ids: list[str]) -> None:
    """Link those tables whose rows are the rows of cells, and not pairs of them."""
    for block in found:
        if block["kind"] != "table" or len(block["rows"]) != len(ids):
            continue
        if block["columns"][0]["heading"] == "implementation":
            block["links"] = ids
