"""The question of an experiment, and its answer in sentences made of the data.

Rules of this module:
- A sentence says a figure, a difference that the statistics claim (`pairs.py`), or a
  verdict. Where the data are silent there is no sentence.
- A figure has its interval, if there is one. So has a ratio.
- Rows are named from the best to the worst. Of many, the best and the span of the rest
  are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.configurations import CEILING
from analysis.limits import is_outside, limits_of
from analysis.report.names import names
from analysis.rows import figures
from analysis.rows.ceiling import is_near
from analysis.rows.cells import Cell
from analysis.rows.figures import Figure
from analysis.rows.groups import Group, grouped
from analysis.rows.machines import by_machine
from analysis.rows.matrix import Matrix
from analysis.rows.pairs import NOT_SERVERS, NOTHING, Comparison
from analysis.rows.unmeasured import Unmeasured
from analysis.tables.comparison import comparisons
from analysis.texts import listed, number, say
from analysis.translation import translated
from contract import stops

MOST = 6  # rows or pairs that are named one by one


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
    for cell in unmeasured:
        sentences.append(
            say("answer.unmeasured", row=cell.impl, why=translated(cell.why))
        )
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
    else:
        yield from _best(groups, pairs, "rps", "capacity")
    yield from _limits(groups)


def _first_failure(
    groups: Sequence[Group], pairs: Sequence[Comparison]
) -> Iterator[str]:
    known = [(group, group.estimate("users")) for group in groups]
    reached = [group for group, users in known if users and users.reached]
    others = [group for group, users in known if users and not users.reached]
    yield from _best(reached, pairs, "users", "users")
    for row in _ranked(others, figures.of_rule(stops.FIRST_FAILURE)["users"]):
        yield say("answer.users.none", row=row.name, users=row.text, count=row.value)


def _failures(groups: Sequence[Group]) -> Iterator[str]:
    """Yield which rows failed how many requests."""
    figure = figures.of_rule(stops.REQUESTS)["failures"]
    rows = _ranked(groups, figure)
    none = [row.name for row in rows if row.value == 0]
    if none:
        yield say("answer.failures.none", rows=_named(none), count=len(none))
    failed = [row for row in rows if row.value]
    if failed:
        yield say("answer.failures.some", rows=_each(failed), count=len(failed))


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
        if label in (pair.a, pair.b) and pair.claim not in (NOTHING, NOT_SERVERS)
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


def _limits(groups: Sequence[Group]) -> Iterator[str]:
    """Yield what limited the rows, and whose figures do not measure the server."""
    by_limit: dict[str, list[str]] = {}
    for group in groups:
        by_limit.setdefault(group.limit()[0], []).append(group.label)
    for limit, rows in by_limit.items():
        if limit == "unclear":
            yield say("answer.limited.unclear", rows=_named(rows))
            continue
        what = listed([say(f"limited.{each.name}") for each in limits_of(limit)])
        if len(rows) == len(groups) > 1:
            which = "both" if len(rows) == 2 else "all"
            yield say(f"answer.limited.{which}", number=number(len(rows)), what=what)
        else:
            yield say(
                "answer.limited.some", rows=_named(rows), what=what, count=len(rows)
            )
        if is_outside(limit):
            yield say("answer.limited.outside", rows=_named(rows), count=len(rows))


def _each(rows: Sequence[Ranked]) -> str:
    """Return rows with their figures, or the span of many."""
    if len(rows) > MOST:
        first, *_, last = rows
        return say(
            "answer.span", number=number(len(rows)), most=first.text, least=last.text
        )
    return listed([say("answer.each", row=row.name, figure=row.text) for row in rows])


def _named(names: Sequence[str]) -> str:
    """Return names, or the number of many."""
    if len(names) > MOST:
        return say("answer.many", number=number(len(names)), first=names[0])
    return listed(names)
