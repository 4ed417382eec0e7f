"""The report as a page: one file that opens anywhere, with nothing to load.

Rules of this module:
- Templates (`html/`) have the structure, and the catalogue has the words. Templates
  escape everything; only our own style and script are put in as they are.
- The page forbids itself to load anything and to run any other script, by the digests
  of its own (Content-Security-Policy).
- A chart of many cells is its kept SVG. The chart of a run is drawn by uPlot, from data
  in the page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.drawing.hangul import font_face
from analysis.drawing.style import FILLS
from analysis.files import DataError, write_text
from analysis.report.blocks import Block, entry
from analysis.rows.groups import MARK
from analysis.texts import say

HERE = Path(__file__).parent
TEMPLATES, UPLOT = HERE / "html", HERE / "uplot"
FILTERED = 8  # rows from which a table has a filter
MOST_COLUMNS = 13  # whose headings fit on paper without breaking words
HEIGHT, LOW = 170, 110  # of a panel, px
# The panels of a run's chart, each with its series, their colours and dashes.
PANELS: dict[str, dict[str, tuple[str, tuple[int, ...]]]] = {
    "rates": {"rps": ("first", ()), "failures_per_s": ("mark", (6, 3))},
    "times": {"p50_ms": ("third", ()), "p95_ms": ("second", (6, 3))},
    "users": {"users": ("first", ())},
    "full": {
        "server_cpu": ("first", ()),
        "generator_cpu": ("fourth", (6, 3)),
        "link": ("second", (2, 2)),
        "accept_queue": ("third", (8, 3, 2, 3)),
    },
}


def write(content: Mapping[str, Any], path: Path) -> None:
    """Write the page of this content; raise `DataError` if a picture is missing."""
    write_text(path, page(content))


def page(content: Mapping[str, Any]) -> str:
    """Return the page of this content (`content.py`)."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"say": say, "filtered": FILTERED, "mark": MARK}
    environment.globals |= {"most": MOST_COLUMNS}
    environment.filters["breakable"] = breakable
    css = _read(UPLOT / "uPlot.min.css") + _read(TEMPLATES / "report.css") + _fills()
    css += font_face(content)
    script = _read(UPLOT / "uPlot.iife.min.js") + _read(TEMPLATES / "report.js")
    titles = {cell["id"]: _title(cell) for cell in content["cells"]}
    return environment.get_template("page.jinja").render(
        content=_with_pictures(content),
        about=[text for text in content["about"].values() if text],
        titles=titles,
        index=_index(content, titles),
        panels=_panels(),
        css=Markup(css),
        script=Markup(script),
        policy=_policy(css, script),
    )


def breakable(text: str) -> Markup:
    """Return the name of a setting, say, with places where a line may break."""
    return Markup("<wbr>").join(re.split(r"(?<=[._])", text))


def _read(path: Path) -> str:
    return path.read_text("utf-8")


def _policy(css: str, script: str) -> str:
    """Return the rules that the browser applies to the page."""
    style_digest, script_digest = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (css, script)
    )
    return (
        "default-src 'none'; img-src data:; font-src data:; "
        f"style-src 'sha256-{style_digest}'; "
        f"script-src 'sha256-{script_digest}'; base-uri 'none'; form-action 'none'"
    )


def _fills() -> str:
    """Return the colours of what users wait for, which are those of all charts."""
    return "\n".join(
        f".part-{part} {{ fill: {fill.colour}; }}" for part, fill in FILLS.items()
    )


def _panels() -> dict[str, Any]:
    """Return the panels of a run's chart, as the script needs them."""
    return {
        "seconds": say("page.seconds"),
        "panels": [
            {
                "title": say(f"page.panels.{panel}"),
                "unit": "%" if panel == "full" else "",
                "height": LOW if panel == "users" else HEIGHT,
                "series": [
                    {
                        "name": name,
                        "label": say(f"page.series.{name}"),
                        "colour": colour,
                        "dash": dash,
                    }
                    for name, (colour, dash) in series.items()
                ],
            }
            for panel, series in PANELS.items()
        ],
    }


def _title(cell: Mapping[str, Any]) -> str:
    """Return the title of a cell's section; of several runs it has the number."""
    values = {"row": cell["row"], "experiment": cell["experiment"]}
    if cell["repeats"] == 1:
        return say("page.cell", **values)
    return say("page.run", **values, repeat=cell["repeat"], repeats=cell["repeats"])


def _index(content: Mapping[str, Any], titles: Mapping[str, str]) -> Block:
    """Return the table of all cells."""
    names = ("users", "rps", "success_p95_ms")
    headings = [say(f"page.index.{name}") for name in ("cell", *names, "limit")]
    rows = []
    for cell in content["cells"]:
        known = {figure["name"]: figure["text"] for figure in cell["figures"]}
        rows.append(
            [
                entry(titles[cell["id"]], numeric=False),
                *(entry(known.get(name, ""), numeric=True) for name in names),
                entry(_marked(cell), numeric=False),
            ]
        )
    return {
        "kind": "table",
        "columns": [
            {"heading": heading, "numeric": 0 < place <= len(names)}
            for place, heading in enumerate(headings)
        ],
        "rows": rows,
        "links": [cell["id"] for cell in content["cells"]],
    }


def _marked(cell: Mapping[str, Any]) -> str:
    """Return the limit of a cell, as the tables of experiments have it."""
    return f"{cell['limit']}{'' if cell['side'] == 'server' else f' {MARK}'}"


def _with_pictures(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content with each chart's picture, and each part's place in a bar."""
    sections = [
        section | {"charts": [chart | _picture(chart) for chart in section["charts"]]}
        for section in content["sections"]
    ]
    cells = [cell | {"waiting": _bar(cell["waiting"])} for cell in content["cells"]]
    return {**content, "sections": sections, "cells": cells}


def _picture(chart: Mapping[str, Any]) -> dict[str, Any]:
    path = Path(chart["path"])
    try:
        svg = chart["svg"].encode() if "svg" in chart else path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: {error.strerror}: python -m analysis charts makes it"
        ) from None
    width, height = (
        float(match[1]) if (match := re.search(pattern, svg[:2000])) else 0
        for pattern in (rb'\bwidth="([\d.]+)pt"', rb'\bheight="([\d.]+)pt"')
    )
    encoded = base64.b64encode(svg).decode()
    return {
        "source": f"data:image/svg+xml;base64,{encoded}",
        "width": round(width * 4 / 3),
        "height": round(height * 4 / 3),
    }


def _bar(waiting: list[dict[str, Any]]) -> list[dict[str, Any]]:
    placed, begin = [], 0.0
    for part in waiting:
        width = round(100 * part["share"], 2)
        placed.append(part | {"begin": round(begin, 2), "width": width})
        begin += width
    return placed
