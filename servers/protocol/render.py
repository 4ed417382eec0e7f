"""The page itself: measurements of some hosts, rendered from a template.

Rules of this module:
- The same number of bytes gives the same page, in every process and on every machine:
  its data are made up once and for all.
- It is rendered as a dynamic site would: sorted, counted, formatted, escaped. A comment
  before the last tag brings it to its exact size.
- It may be asked to take so much CPU time, by the clock of the thread that makes it: it
  is rendered, and small parts of that are repeated until the time is over. Nothing is
  calibrated, so that it holds whatever else the thread has to bear meanwhile.

`page.html` is the page in the published size, as `servers/command_line/write_page.py`
writes it.
"""

from __future__ import annotations

from pathlib import Path
from time import thread_time
from typing import Any

FOLDER = Path(__file__).parent
FILE = FOLDER / "page.html"
BYTES = 14_939  # the size of the page in the published measurements
LEAST_BYTES = 2_000  # room for what is not the table, and some rows of it
MOST_BYTES = 10_000_000
LEAST_ROWS, ROWS = 10, 120
FRAME = len("<!---->\n")  # of the comment
END = "</html>\n"
PART_ROWS = 4  # 0.3 % of the time that rendering takes, 2 % of the smallest page's
WARM_UPS = 20  # after which CPython has adapted code to what it works on, in place


class Renderer:
    """Renders the page of so many bytes, with a table of `rows` at most."""

    def __init__(self, size: int, rows: int = ROWS) -> None:
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
        self.measurements = _measurements(rows)
        while len(self._text().encode()) + FRAME > size:  # as many rows as there fit
            self.measurements.pop()
        self.part = self.measurements[:PART_ROWS]

    def page(self, cpu_s: float = 0.0) -> bytes:
        """Return the page, made in `cpu_s` of this thread's CPU time at least."""
        end = thread_time() + cpu_s
        text = self._text()
        room = self.size - len(text.encode()) - FRAME
        page = f"{text.removesuffix(END)}<!--{'.' * room}-->\n{END}".encode()
        while thread_time() < end:
            self._repeat_part()
        return page

    def warm_up(self) -> None:
        """Render as often as makes it no faster, here and in what is forked later."""
        for _ in range(WARM_UPS):
            self.page()
            self._repeat_part()

    def _text(self) -> str:
        rows = _sorted(self.measurements)
        return self.template.render(rows=rows, summary=_summary(rows))

    def _repeat_part(self) -> None:
        """Do a small part of what rendering does, for some microseconds."""
        for row in _sorted(self.part):
            f"<td>{row['name']}</td><td>{row['rps']:.1f}</td><td>{row['mean_ms']:.1f}"


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (-row["rps"], row["name"]))


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
