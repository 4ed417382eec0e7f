"""The page itself: measurements of some hosts, rendered from a template.

Rules of this module:
- The same number of bytes gives the same page, in every process and on every machine:
  its data are made up once and for all.
- It is rendered as a dynamic site would: sorted, counted, formatted, escaped. A comment
  before the last tag brings it to its exact size.

`python -m servers.render` writes the page; `--anew > page.html` the file of it that is
kept here, in the published size.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from servers.options import Parser, number

FOLDER = Path(__file__).parent
FILE = FOLDER / "page.html"
BYTES = 14_939  # the size of the page in the published measurements
LEAST_BYTES = 2_000  # room for what is not the table, and some rows of it
MOST_BYTES = 10_000_000
ROWS = 120
FRAME = len("<!---->\n")  # of the comment
END = "</html>\n"


class Renderer:
    """Renders the page of so many bytes."""

    def __init__(self, size: int) -> None:
        # Takes longer to import than all else here, and the file is not made with it.
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        self.size = size
        environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=StrictUndefined,
        )
        self.template = environment.get_template("page.html.j2")
        self.measurements = _measurements(ROWS)
        while len(self._text().encode()) + FRAME > size:  # as many rows as there fit
            self.measurements.pop()

    def page(self) -> bytes:
        text = self._text()
        room = self.size - len(text.encode()) - FRAME
        return f"{text.removesuffix(END)}<!--{'.' * room}-->\n{END}".encode()

    def _text(self) -> str:
        rows = sorted(self.measurements, key=lambda row: (-row["rps"], row["name"]))
        return self.template.render(rows=rows, summary=_summary(rows))


def _measurements(count: int) -> list[dict[str, Any]]:
    """Return the data of the page: made up, and the same in every process."""
    rows = []
    state = 2019
    for index in range(1, count + 1):
        draws = []
        for _ in range(4):  # a linear congruential generator (Numerical Recipes)
            state = (1_664_525 * state + 1_013_904_223) % 2**32
            draws.append(state / 2**32)
        rows.append(
            {
                "name": f"host-{index:03d} & <{'abcdefgh'[index % 8] * 3}>",
                "rps": 200 + 400 * draws[0],
                "mean_ms": 100 + 900 * draws[1],
                "p95_ms": 1000 + 4000 * draws[2],
                "failures": int(30 * draws[3] ** 3),
            }
        )
    return rows


def _summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    # What serves the page from memory has no use for it, and no child for `random`.
    import statistics

    summary = {}
    for column in ("rps", "mean_ms", "p95_ms"):
        values = [row[column] for row in rows]
        summary[column] = {
            "mean": statistics.fmean(values),
            "median": statistics.median(values),
            "spread": statistics.stdev(values),
        }
    return summary


if __name__ == "__main__":
    parser = Parser(prog="python -m servers.render", description="Write the page.")
    parser.add_argument(
        "--bytes",
        type=number(int, LEAST_BYTES, MOST_BYTES),
        default=BYTES,
        metavar="N",
        help=f"the size of the page (default: {BYTES:,})",
    )
    parser.add_argument("--anew", action="store_true", help="whether there is a file")
    asked = parser.parse_args()
    kept = asked.bytes == BYTES and not asked.anew
    page = FILE.read_bytes() if kept else Renderer(asked.bytes).page()
    sys.stdout.buffer.write(page)
