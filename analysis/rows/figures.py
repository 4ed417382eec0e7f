"""The figures of a cell: what each is called, how it is shown, which way is better.

Rules of this module:
- A figure has one home. Its heading in tables, its title in charts, its words in
  comparisons, and its format are here, and nowhere else.
- `name` is its column in CSV. It is also its field in the cell's row
  (`definitions.Row`), unless the figure has a function `of` a cell.
- The figures of a cell depend on the rule by which its run ends. A name that means
  different things, or has different headings, under two rules is two figures.
- Figures are in the order of a table's columns.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from analysis.rows import goodput, used
from analysis.rows.cells import Cell
from analysis.rows.settings import show, show_ms
from contract.stops import CAPACITY, FIRST_FAILURE, REQUESTS, RULES

FASTER = ("faster", "slower")
Written = Callable[[float], str]


def count(value: float) -> str:
    """Write a whole number; a median of two of them may have a half."""
    return tenths(value) if value % 1 else show(value, 0)


def tenths(value: float) -> str:
    return "∞" if math.isinf(value) else show(value, 1)


def whole(value: float) -> str:
    return show(round(value))


def few(value: float) -> str:
    """Write a figure of any size with three digits or so."""
    if value < 0.001:
        return "< 0.001" if value > 0 else "0"
    digits = next((d for d, least in enumerate((100, 10, 0.1)) if value >= least), 3)
    return show(float(value), digits)


@dataclass(frozen=True)
class Figure:
    """One figure of a cell.

    `than` has the words for the row with the better figure and for the row with the
    worse one. Rows are compared only by figures that have such words. `written` is None
    if the figure is not a number.
    """

    name: str
    heading: str  # in a table, without its unit
    rules: tuple[str, ...] = ()
    written: Written | None = tenths
    unit: str = ""
    better: Literal["more", "less"] | None = None
    than: tuple[str, str] | None = None
    panel: str = ""  # the title of its panel, if it is not the heading
    of: Callable[[Cell], float | None] | None = None

    @property
    def column(self) -> str:
        """The heading of its column in a table for reading."""
        return f"{self.heading}, {self.unit}" if self.unit else self.heading

    @property
    def title(self) -> str:
        """The title of its panel in a chart, or of its table."""
        return self.panel or self.column[0].upper() + self.column[1:]

    def value(self, cell: Cell) -> float | None:
        """Return its value for a cell; None if it is not known."""
        return self.of(cell) if self.of else cell.number(self.name)

    def show(self, value: float | None) -> str:
        """Return a value for reading."""
        return show(value) if value is None or not self.written else self.written(value)

    @property
    def words(self) -> tuple[str, str]:
        """The words for the row with the greater figure, and for that with the less."""
        better, worse = self.than or ("", "")
        return (worse, better) if self.better == "less" else (better, worse)


time = functools.partial(Figure, written=show_ms, unit="ms", better="less")
_ALL = (
    Figure(
        "failures",
        "failures",
        (REQUESTS,),
        written=count,
        better="less",
    ),
    Figure(
        "users",
        "users",
        (FIRST_FAILURE,),
        written=count,
        better="more",
        than=("holds more users", "holds fewer users"),
        panel="Users at the first failure",
    ),
    Figure(
        "clean_users",
        "clean up to",
        (FIRST_FAILURE,),
        written=count,
        better="more",
    ),
    Figure("onset_users", "onset", (FIRST_FAILURE,), written=count, better="more"),
    Figure(
        "rps",
        "RPS",
        (FIRST_FAILURE,),
        better="more",
        than=FASTER,
        panel="RPS in the 10 s before it",
    ),
    Figure("rps", "RPS", (REQUESTS,), better="more", than=FASTER),
    Figure("rps", "peak RPS", (CAPACITY,), better="more", than=FASTER),
    Figure("users", "users at the peak", (CAPACITY,), written=count),
    Figure("knee_users", "users at the knee", (CAPACITY,), written=count),
    Figure(
        "acceptable_rps",
        "acceptable RPS",
        (CAPACITY,),
        better="more",
        than=("takes more", "takes less"),
    ),
    time(
        "average_ms",
        "average response",
        (FIRST_FAILURE,),
        panel="Average response until then, ms",
    ),
    time("average_ms", "average response", (REQUESTS,)),
    time("success_average_ms", "average of successes", (FIRST_FAILURE,)),
    # Rows are compared by this time: failures that are fast would pass for speed.
    time("success_average_ms", "average of successes", (REQUESTS,), than=FASTER),
    time("success_p95_ms", "95th percentile of successes", (FIRST_FAILURE, REQUESTS)),
    time("success_p95_ms", "95th percentile at the peak", (CAPACITY,)),
    time("success_p99_ms", "99th percentile of successes", (FIRST_FAILURE, REQUESTS)),
    time("success_p99_ms", "99th percentile at the peak", (CAPACITY,)),
    Figure("requests", "requests", (REQUESTS,), written=count),
    Figure("server_rss_mb", "memory", RULES, unit="MB", better="less"),
    Figure("first_failure", "first failure", (FIRST_FAILURE,), written=None),
    Figure("limit", "limited by", RULES, written=None),
)
# Rows are compared by this in place of the number of failures: runs that a time limit
# or a death ended have other numbers of requests.
FAILED_SHARE = Figure(
    "failures",
    "failures",
    (REQUESTS,),
    written=few,
    unit="%",
    better="less",
    than=("fails less", "fails more"),
    of=goodput.failed_percent,
)
# The figures in the charts of each rule, a panel each.
DRAWN = {
    FIRST_FAILURE: ("users", "rps", "average_ms"),
    REQUESTS: ("failures", "rps", "average_ms"),
    CAPACITY: ("rps", "acceptable_rps", "knee_users"),
}
# What a request cost the server, whatever the rule.
SWITCHES = (
    Figure(
        "voluntary_per_request",
        "voluntary switches a request",
        written=few,
        of=used.voluntary,
    ),
    Figure(
        "involuntary_per_request",
        "involuntary switches a request",
        written=few,
        of=used.involuntary,
    ),
    Figure("switches_per_request", "switches a request", written=few, of=used.switches),
    Figure(
        "cpu_ms_per_request",
        "server CPU a request",
        written=few,
        unit="ms",
        better="less",
        of=used.cpu_ms,
    ),
)
# Goodput and its cost, beside idle connections.
IDLE = (
    Figure(
        "goodput_rps",
        "requests answered per second",
        written=whole,
        better="more",
        of=goodput.goodput_rps,
    ),
    Figure(
        "cpu_us_per_success",
        "server CPU a request answered",
        written=whole,
        unit="µs",
        better="less",
        of=goodput.cpu_us_per_success,
    ),
)


def of_rule(rule: str) -> dict[str, Figure]:
    """Return the figures of cells whose runs end by this rule, by their names."""
    return {figure.name: figure for figure in _ALL if rule in figure.rules}


def drawn(rule: str) -> list[Figure]:
    """Return the figures of this rule that charts show."""
    known = of_rule(rule)
    return [known[name] for name in DRAWN[rule]]


def compared(rule: str) -> dict[str, Figure]:
    """Return the figures of this rule by which rows are compared."""
    known = of_rule(rule)
    if FAILED_SHARE.name in known:
        known[FAILED_SHARE.name] = FAILED_SHARE
    return {name: figure for name, figure in known.items() if figure.than}


def named(name: str) -> Figure:
    """Return the first figure of this name, whatever the rule."""
    return next(figure for figure in _ALL if figure.name == name)
