"""The question of an experiment, and its answer in sentences made of the data.

Rules of this module:
- A sentence says a figure, a difference that the statistics claim (`pairs.py`), or a
  verdict. Where the data are silent there is no sentence.
- A figure has its interval, if there is one. So has a ratio.
- Rows are named from the best to the worst. Of many, the best and the span of the rest
  are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.configurations import CEILING
from analysis.report.limited import limits, strays
from analysis.report.names import MOST, named, names, part
from analysis.rows import figures
from analysis.rows.ceiling import is_near
from analysis.rows.cells import Cell
from analysis.rows.figures import Figure
from analysis.rows.groups import Group, grouped
from analysis.rows.machines import by_machine
from analysis.rows.matrix import Matrix
from analysis.rows.pairs import NOTHING, UNCLAIMED, Comparison
from analysis.rows.statistics import LEAST_RUNS
from analysis.rows.unmeasured import Unmeasured
from analysis.tables.comparison import comparisons
from analysis.tables.machines import differing
from analysis.texts import listed, number, say
from analysis.translation import translated
from contract import stops


@dataclass(frozen=True)
class Ranked:
    """A row with the figure of the answer, as it is written; `value` orders rows."""

    group: Group
    value: float
    text: str

    @property
    def name(self) -> str:
        return self.group.label


def question(matrix: Matrix) -> str:
    """Return what the experiment of these cells asks."""
    experiment = matrix.configs[0]["experiment"]
    if experiment["name"] == CEILING:
        return say("question.ceiling")
    return say(f"question.{experiment['stop']}")


def answer(cells: Sequence[Cell], unmeasured: Sequence[Unmeasured]) -> list[str]:
    """Return the sentences of one experiment; there may be none."""
    sentences: list[str] = []
    for machine, own in by_machine(cells).items():
        said = _measured(own)
        if machine is not None:
            said = (say("answer.machine", machine=machine, said=each) for each in said)
        sentences += said
    of_impl = Counter([c.impl for c in cells] + [c.impl for c in unmeasured])
    alike = Counter((cell.impl, cell.why) for cell in unmeasured)
    for (impl, why), count in alike.items():
        row = part(impl, count, of_impl[impl])
        sentences.append(say("answer.unmeasured", row=row, why=translated(why)))
    return sentences


def _measured(cells: Sequence[Cell]) -> Iterator[str]:
    # Rows and pairs have their names in sentences as their labels.
    called = names(grouped(cells))
    groups = [Group(group.cells, called[group.label]) for group in grouped(cells)]
    pairs = [
        replace(pair, a=called[pair.a], b=called[pair.b]) for pair in comparisons(cells)
    ]
    rule = cells[0].stop
    if rule == stops.FIRST_FAILURE:
        yield from _first_failure(groups, pairs)
    elif rule == stops.REQUESTS:
        yield from _failures(groups)
        yield from _best(groups, pairs, "rps", "burst")
        if any(map(_failed, groups)):
            yield say("answer.failures.included")
    else:
        yield from _best(groups, pairs, "rps", "capacity")
    if len(groups) > 1 and differing(cells):
        yield say("answer.machines")
    yield from strays(groups)
    yield from limits(groups)


def _first_failure(
    groups: Sequence[Group], pairs: Sequence[Comparison]
) -> Iterator[str]:
    known = [(group, group.estimate("users")) for group in groups]
    reached = [group for group, users in known if users and users.reached]
    others = [group for group, users in known if users and not users.reached]
    yield from _best(reached, pairs, "users", "users")
    figure = figures.of_rule(stops.FIRST_FAILURE)["users"]
    for row in _ranked(others, figure):
        met = sum(cell.row["reached"] is False for cell in row.group.cells)
        who, users = part(row.name, met, row.group.runs), figure.show(row.value)
        yield say("answer.users.none", row=who, users=users, count=row.value)


def _failures(groups: Sequence[Group]) -> Iterator[str]:
    """Yield which rows failed how many requests."""
    figure = figures.of_rule(stops.REQUESTS)["failures"]
    ranked = _ranked(groups, figure)
    failed = [row for row in ranked if _failed(row.group)]
    none = [row.name for row in ranked if row not in failed]
    if none:
        yield say("answer.failures.none", rows=named(none), count=len(none))
    if failed:
        rows = _each(failed, "range")
        yield say("answer.failures.some", rows=rows, count=len(failed))


def _failed(group: Group) -> bool:
    """Whether a request failed in any run; the median of runs does not tell."""
    return any(cell.row["failures"] for cell in group.cells)


def _best(
    groups: Sequence[Group], pairs: Sequence[Comparison], name: str, kind: str
) -> Iterator[str]:
    """Yield what the best row reached and by how much, then the others."""
    if not groups:
        return
    figure = figures.of_rule(groups[0].first.stop)[name]
    rows = _ranked(groups, figure)
    if not rows:
        return
    best, *rest = rows
    own = [pair for pair in pairs if pair.figure == name]
    yield say(
        f"answer.{kind}.best",
        row=best.name,
        figure=best.text,
        possible=_possible(best.group),
        times=_times(best, own, kind),
        count=best.value,
    )
    if rest:
        yield say(f"answer.{kind}.rest", rows=_each(rest), count=len(rest))
    yield from _not_shown(own, len(groups))
    if len(groups) > 1 and all(group.runs == 1 for group in groups):
        yield say("answer.one_run")
    elif len(groups) > 1 and any(group.runs < LEAST_RUNS for group in groups):
        yield say("answer.few_runs")


def _ranked(groups: Sequence[Group], figure: Figure) -> list[Ranked]:
    rows = []
    for group in groups:
        estimate = group.estimate(figure.name)
        if estimate is None:
            continue
        text = figure.show(estimate.value)
        if figure.name == "rps" and is_near(group.cells):
            text = f"≥ {text}"
        if estimate.low is not None and estimate.high is not None:
            text += f" [{figure.show(estimate.low)}, {figure.show(estimate.high)}]"
        rows.append(Ranked(group, estimate.value, text))
    return sorted(rows, key=lambda row: row.value, reverse=figure.better == "more")


def _possible(group: Group) -> str:
    possible = group.possible_rps if group.first.stop == stops.REQUESTS else None
    if possible is None:
        return ""
    return say("answer.possible", rps=figures.named("rps").show(possible))


def _times(best: Ranked, pairs: Sequence[Comparison], kind: str) -> str:
    """Return how many times the others' figure the best one is, where it is claimed."""
    label = best.group.label
    claimed = [
        pair
        for pair in pairs
        if label in (pair.a, pair.b) and pair.claim not in UNCLAIMED
    ]
    times = [text for pair in claimed if (text := _ratio(pair, label, kind))]
    return "".join(f", {text}" for text in [listed(times[:MOST])] if text)


def _ratio(pair: Comparison, label: str, kind: str) -> str:
    """Return how many times the other row's figure that of `label` is, in words."""
    value, low, high = pair.ratio, pair.ratio_low, pair.ratio_high
    other = pair.b
    if pair.b == label:
        other = pair.a
        value = 1 / value if value else None
        low, high = (1 / end if end else None for end in (high, low))
    if value is None or low is None or high is None or value < 1:
        return ""
    return say(
        f"answer.{kind}.times",
        times=f"{value:.2f}",
        interval=f"[{low:.2f}, {high:.2f}]",
        other=other,
    )


def _not_shown(pairs: Sequence[Comparison], rows: int) -> Iterator[str]:
    """Yield which rows are not shown to differ."""
    equal = [pair for pair in pairs if pair.claim == NOTHING]
    if len(equal) > MOST:
        yield say("answer.equal.many", equal=len(equal), pairs=len(pairs))
    elif equal and rows > 1:
        both = (say("answer.equal.pair", a=p.a, b=p.b) for p in equal)
        yield say("answer.equal.some", pairs=say("list.pairs").join(both))


def _each(rows: Sequence[Ranked], many: str = "span") -> str:
    """Return rows with their figures; of many, `many` says from where to where."""
    if len(rows) > MOST:
        ends = {"most": rows[0].text, "least": rows[-1].text}
        return say(f"answer.{many}", number=number(len(rows)), **ends)
    return listed([say("answer.each", row=row.name, figure=row.text) for row in rows])
