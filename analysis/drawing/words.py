"""The words of charts, in one place that a catalogue in another language can replace.

What charts share with tables is said elsewhere: headings of figures (`figures.py`),
captions (`settings.py`), and what limits mean (`limits.py`).

Rules of this module:
- A text has a key, which names the chart and what is said. No chart has words itself.
- `{}` in a text takes a value that was written before: texts do not format numbers.
  `(s)` ends a noun that is singular behind 1.
"""

from __future__ import annotations

from analysis.translation import translated
from contract.text import numbered

WORDS = {
    # Axes, with their units, and titles of panels.
    "axis.users": "users",
    "axis.rate": "requests/s",
    "unit.users": "users",
    "unit.knee_users": "users",
    "unit.failures": "requests",
    "unit.rps": "requests/s",
    "unit.acceptable_rps": "requests/s",
    "unit.voluntary_per_request": "switches",
    "unit.involuntary_per_request": "switches",
    "axis.seconds": "seconds since the load began",
    "axis.idle": "idle connections",
    "axis.percentile": "percentile of requests",
    "axis.response": "response time, ms",
    "axis.share": "share of the waiting",
    "panel.rates": "Requests and failures per second",
    "panel.times": "Response time, ms (logarithmic)",
    "panel.median": "Median response time, ms (logarithmic)",
    "panel.response": "Response time, ms (logarithmic)",
    "panel.rate": "Requests per second",
    "panel.users": "Users",
    "panel.utilisation": "Utilisation",
    "panel.waited": "What took most of the waiting",
    "logarithmic": "{} (logarithmic)",
    # What is drawn, in legends and at lines.
    "line.requests": "requests/s",
    "line.failures": "failures/s",
    "line.median": "median",
    "line.p95": "95th percentile",
    "line.overflows": "overflows",
    "density": "Shades: the more requests of such a response time finished then, the "
    "darker; up to {} in a field.",
    "density.none": "none",
    # Notes about signs.
    "signs.marked": "†: limited, or possibly limited, by something other than the "
    "server; its points and bars are hollow.",
    "signs.bound": "Hatched, with an arrow: not reached, so the figure is a lower "
    "bound.",
    "signs.runs": "Medians of {} runs; a dot is a run.",
    "signs.interval": "Medians of {} runs; black: the interval of the median, which "
    "holds it with {}; a dot is a run.",
    "signs.several": "{} to {}",
    "signs.ceiling": "Dotted: what the load generator can send.",
    "ceiling.far": "The load generator can send {} requests/s, far above.",
    "signs.band": "Shaded, or upright: from the least run to the greatest.",
    "signs.hollow": "Hollow: limited, or possibly limited, by something other than the "
    "server.",
    "signs.upright": "Upright: from the least run to the greatest.",
    "signs.failure": "×: the first failure.",
    "signs.fewer": "×: fewer connections than were asked for.",
    "signs.unreached": "Arrow: no failure up to there (not reached).",
    "signs.repeats": "Medians of repeats.",
    # What is said where there is nothing to draw.
    "empty.all": "all {}",
    "empty.unknown": "not known",
    "empty.users": "No request finished in a whole second.",
    "empty.level": "Nothing was read.",
    "empty.waited": "Users did not wait.",
    "empty.few": "Too few requests for a percentile.",
    "empty.requests": "No request finished.",
    "nothing": "Not measured",
    "nothing.why": "No server of {} could be measured: the tables say why.",
    "left_out": "Nothing finished in a whole second, so no line: {}.",
    # Titles, and what they say of one chart alone.
    "title.arrivals": "Response times of closed and of open arrivals",
    "arrivals.which": "Requests that were due after all users had joined; lines are "
    "medians over repeats.",
    "arrivals.line": "{}: {} request(s)",
    "arrivals.failed": "{}, {} failed",
    "title.comparison": "{}: main figures",
    "title.first_failures": "Users at the first failure",
    "first_failures.onset": "Grey, upright: the onset, where 1 % of requests fail.",
    "first_failures.failed": "{}: {}",
    "first_failures.not_reached": "> {}: not reached",
    "title.heat_map": "Response times over the run",
    "heat_map.signs": "Shades: how many requests of such a response time "
    "finished then, as named above. Line: the median of each second.",
    "heat_map.first": "Of repeats the first run is shown.",
    "heat_map.failed": "Dotted: the first failure.",
    "title.idle": "The cost of idle connections",
    "title.percentiles": "Percentiles of response times",
    "percentiles.which": "{}: {} {}",
    "percentiles.failures": "Failures count with the time that they took.",
    "percentiles.until": "All requests up to the first failure.",
    "percentiles.all": "All requests.",
    "percentiles.peak": "The requests of the peak.",
    "percentiles.least": "A percentile is shown if at least {} requests took longer.",
    "percentiles.band": "Lines are medians over runs; shaded: from the least run to "
    "the greatest.",
    "title.published": "Published in 2019 and measured here",
    "published.signs": "Hatched: published by the exercise in 2019. Filled: measured "
    "here. Its machine, network and page are not known: compare the order and rough "
    "size of bars, not their digits.",
    "published.row": "{}, published",
    "published.here": "Here, {}: {}",
    "title.regressions": "{} against {}: HEAD over BASE",
    "axis.ratio.more": "HEAD over BASE (logarithmic); to the left is worse",
    "axis.ratio.less": "HEAD over BASE (logarithmic); to the right is worse",
    "regressions.signs": "Ratios of medians with their 95 % intervals. Downward: "
    "worse. Upward: better. Circle: no difference shown.",
    "regressions.band": "Shaded: less than the least effect of {} %.",
    "regressions.cut": "{} more rows without a difference are not shown.",
    "regressions.row": "{}: {}",
    "regressions.worse": "worse",
    "regressions.better": "better",
    "regressions.same": "no difference shown",
    "regressions.not comparable": "not comparable",
    "regressions.not measured": "not measured",
    "regressions.too few runs": "too few runs",
    "title.switches": "Context switches and CPU time of each request",
    "switches.what": "How often the kernel switched away from the server, for each "
    "request that finished. Voluntary: the server had to wait. Involuntary: another "
    "process or thread got the CPU.",
    "title.throughput": "Response time against throughput",
    "throughput.knee": "Large: the knee, the fewest users with {} of the greatest "
    "throughput.",
    "throughput.cross": "Cross at the knee: from the least run to the greatest.",
    "throughput.way": "Lines run from few users to many.",
    "throughput.smooth": "Runs are smoothed over {} of their users.",
    "throughput.users": "{}, users at the knee: {}",
    "title.users": "Response time and throughput against users",
    "title.waiting": "What users waited for",
    "waiting.signs": "Right: the seconds that they waited in all. Hatched: outside of "
    "the server.",
    "waiting.repeats": "All runs of a row together.",
    # The chart of a cell.
    "cell.title": "{}, {}: {}",
    "cell.failed": "first failure with {} user(s)",
    "cell.at": "▼, dotted: first failure at {} s: {}.",
    "cell.onset": "Line: the onset, with {} user(s).",
    "cell.none": "no failure up to {} user(s) (not reached)",
    "cell.all": "no failure in {} request(s)",
    "cell.out_of_time": "The time limit came first.",
    "cell.load": "Load: {}, {} joining a second.",
    "cell.users": "{} user(s)",
    "cell.up_to": "up to {} user(s)",
    "cell.auto": "as many users as it takes",
    "cell.limited": "limited by {}",
    "cell.outside": "† limited by {} (not the server)",
    "cell.partly": "† limited by {} (not the server alone)",
    "cell.unclear": "† limit unclear",
    "cell.because": "Verdict: {}; {}.",
    "cell.full": "first full: {}",
}


def word(key: str, *values: object) -> str:
    """Return the text of this key, with `values` in its places."""
    said = translated(WORDS[key]).format(*map(translated, map(str, values)))
    return numbered(said)


def unit(figure: str, otherwise: str) -> str:
    """Return the unit of a figure on an axis, where a heading needs none."""
    return translated(WORDS.get(f"unit.{figure}", otherwise))
