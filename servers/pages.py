"""The page that every server serves, in two ways of making it.

`static` is the file `page.html`, read once and kept in memory. `rendered` is
the same page, byte for byte, made anew for each request from the template
`page.html.j2` and the data below, as a dynamic site would: it sorts, counts,
formats and escapes. The difference between the two is work alone.

`python -m servers.pages > servers/page.html` writes the file anew.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from servers.steps import Step, Work

FOLDER = Path(__file__).parent
SIZE = 14_939  # bytes, the size of the page in the published measurements
PAGES = ("static", "rendered")
ROWS = 120


class Page(Protocol):
    """A page of `size` bytes."""

    size: int

    def answer(self, head: bytes) -> Sequence[Step]:
        """Return the steps to a response that begins with `head`."""


def load_page(name: str) -> Page:
    """Return the page of that name."""
    return _Rendered() if name == "rendered" else _Static()


class _Static:
    """In memory, with the head of the second before it."""

    size = SIZE

    def __init__(self) -> None:
        self.body = (FOLDER / "page.html").read_bytes()
        self.last: tuple[bytes, list[Step]] = (b"", [])

    def answer(self, head: bytes) -> Sequence[Step]:
        last = self.last
        if last[0] is not head:
            last = self.last = (head, [head + self.body])
        return last[1]


class _Rendered:
    """Made anew for each request."""

    size = SIZE

    def __init__(self) -> None:
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
        self.template = environment.get_template("page.html.j2")
        self.measurements = _measurements()

    def answer(self, head: bytes) -> Sequence[Step]:
        return [Work(lambda: head + self.render())]

    def render(self) -> bytes:
        rows = sorted(self.measurements, key=lambda row: (-row["rps"], row["name"]))
        text = self.template.render(rows=rows, summary=_summary(rows))
        return _padded(text).encode()


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
    # A server of the static page has no use for it, and no child of it for `random`.
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


def _padded(text: str) -> str:
    """Bring the page to its exact size with a comment before the last tag."""
    end = "</html>\n"
    frame = len("<!---->\n")
    room = SIZE - len(text.encode()) - frame
    return text.removesuffix(end) + f"<!--{'.' * room}-->\n" + end


if __name__ == "__main__":
    sys.stdout.buffer.write(_Rendered().render())
