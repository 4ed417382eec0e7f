"""The page that every server serves, in two ways of making it.

`static` is the file `page.html`, read once and kept in memory. `rendered` is
the same page, byte for byte, made anew for each request from the template
`page.html.j2` and the data below, as a dynamic site would: it sorts, counts,
formats and escapes. The difference between the two is work alone.

`python -m servers.pages > servers/page.html` writes the file anew.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SIZE = 14_939  # bytes, the size of the page in the published measurements
PAGES = ("static", "rendered")
ROWS = 120


def load_page(name: str) -> Callable[[], bytes]:
    """Return the function that gives the page's bytes, once per request."""
    if name == "rendered":
        return _rendered()
    body = (FOLDER / "page.html").read_bytes()
    return lambda: body


def _rendered() -> Callable[[], bytes]:
    # A server of the static page has no use for it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    template = environment.get_template("page.html.j2")
    measurements = _measurements()

    def render() -> bytes:
        rows = sorted(measurements, key=lambda row: (-row["rps"], row["name"]))
        text = template.render(rows=rows, summary=_summary(rows))
        return _padded(text).encode()

    return render


def _measurements() -> list[dict[str, Any]]:
    """Return the data of the page: made up, and the same in every process."""
    rows = []
    state = 2019
    for number in range(1, ROWS + 1):
        draws = []
        for _ in range(4):  # a linear congruential generator (Numerical Recipes)
            state = (1_664_525 * state + 1_013_904_223) % 2**32
            draws.append(state / 2**32)
        rows.append(
            {
                "name": f"host-{number:03d} & <{'abcdefgh'[number % 8] * 3}>",
                "rps": 200 + 400 * draws[0],
                "mean_ms": 100 + 900 * draws[1],
                "p95_ms": 1000 + 4000 * draws[2],
                "failures": int(30 * draws[3] ** 3),
            }
        )
    return rows


def _summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    summary = {}
    for column in ("rps", "mean_ms", "p95_ms"):
        values = [row[column] for row in rows]
        summary[column] = {
            "mean": statistics.fmean(values),
            "median": statistics.median(values),
            "spread": statistics.stdev(values),
        }
    return summary


def _padded(text: str) -> str:
    """Bring the page to its exact size with a comment before the last tag."""
    end = "</html>\n"
    frame = len("<!---->\n")
    room = SIZE - len(text.encode()) - frame
    return text.removesuffix(end) + f"<!--{'.' * room}-->\n" + end


if __name__ == "__main__":
    sys.stdout.buffer.write(_rendered()())
