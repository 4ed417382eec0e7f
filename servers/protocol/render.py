"""Rendering the page, measurements of some hosts, from a template.

Rules of this module:
- The same number of bytes gives the same page, in every process and on every machine.
  Its data are made up, and always the same.
- It is rendered as on a dynamic site: sorted, counted, formatted, escaped. A comment
  before the last tag brings it to its exact size.
- It may take a given CPU time, by the clock of its thread: after rendering, small parts
  of it are repeated until the time is over. Nothing is calibrated, so the time is right
  whatever else runs.

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
LEAST_BYTES = 2_000  # of the page with a table of a few rows
MOST_BYTES = 10_000_000
LEAST_ROWS, ROWS = 10, 120
FRAME = len("<!---->\n")  # of the comment
END = "</html>\n"
PART_ROWS = 4  # 0.3 % of the time that rendering takes, 2 % of the smallest page's
WARM_UPS = 20  # enough for CPython to specialise the code


class Renderer:
    """Renders a page of `size` bytes, with `rows` rows in its table at most."""

    def __init__(self, size: int, rows: int = ROWS) -> None:
        # This import is slow, and only rendering needs it.
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
        """Return the page, after `cpu_s` of this thread's CPU time at least."""
        end = thread_time() + cpu_s
        text = self._text()
        room = self.size - len(text.encode()) - FRAME
        page = f"{text.removesuffix(END)}<!--{'.' * room}-->\n{END}".encode()
        while thread_time() < end:
            self._repeat_part()
        return page

    def warm_up(self) -> None:
        """Render until that gets no faster, here and in what is forked later."""
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
    """Return made-up data, the same in every process."""
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
    # Only rendering needs it, and it imports `random`, which makes forks slower.
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
