"""What is said above and below a comparison table: what its figures are worth.

Rules of this module:
- It speaks only where there is something to know: each function yields nothing where
  that holds of all tables.
- What would mislead stands above the figures, what explains them below.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from analysis.limits import compared, is_outside, is_servers, meaning
from analysis.rows.ceiling import NEAR, is_near
from analysis.rows.cells import Cell
from analysis.rows.groups import MARKED, Group
from analysis.rows.settings import IDLE, label, setting, show, varying_settings
from analysis.rows.statistics import LEAST_RUNS, LEVEL, confidence
from analysis.tables import failing
from contract import stops

MACHINE = ("kernel", "cpu_model", "cpus", "python")


def machine(cell: Cell) -> dict[str, Any]:
    found = cell.provenance
    known = {**(found.get("host") or {}), **(found.get("versions") or {})}
    return {name: known.get(name) for name in MACHINE}


def differing(cells: Sequence[Cell]) -> list[str]:
    """Return what the machines that measured these cells differ in."""
    machines = [machine(cell) for cell in cells]
    return [n for n in MACHINE if len({str(m[n]) for m in machines}) > 1]


def warning(groups: Sequence[Group]) -> Iterable[str]:
    """Yield what has to be said before the figures: that they are not the servers'."""
    kinds = {group.limit()[0] for group in groups}
    if len(groups) > 1 and len(kinds) == 1 and all(map(is_outside, kinds)):
        [limit] = kinds
        yield f"**These rows compare the {compared(limit)}, not the servers.**"
        yield ""


def limits(groups: Sequence[Group]) -> Iterable[str]:
    """Yield what limited each row, and how that is known."""
    kinds = [group.limit()[0] for group in groups]
    if not all(map(is_servers, kinds)):
        yield f"{MARKED}: the figure is no measurement of it.\n"
    yield "What limited them:\n"
    for group, kind in zip(groups, kinds, strict=True):
        cell = next(cell for cell in group.cells if cell.limit == kind)
        because = show(cell.result["verdict"]["because"])
        yield f"- {show(group.label)}: {kind}, {meaning(kind)}: {because}."
    yield ""


def repeat_notes(groups: Sequence[Group]) -> Iterable[str]:
    """Yield how many runs the figures are of, and what that is worth."""
    runs = sorted({group.runs for group in groups})
    said = medians(runs)
    if runs == [1]:
        yield said + "\n"
        return
    if enough := [n for n in runs if n >= LEAST_RUNS]:
        sure = min(LEVEL, confidence(enough[0]))
        said += (
            " In brackets is what holds the median of all such runs with "
            f"{100 * sure:.4g} %"
        )
        said += " or more." if len(enough) > 1 or sure == LEVEL else ": their span."
    if runs[0] < LEAST_RUNS:
        said += (
            f" Of fewer than {LEAST_RUNS} runs there is no interval, and a difference "
            "may be chance."
        )
    yield said + "\n"
    estimates = [g.estimate("users") for g in groups if g.first.stop != stops.REQUESTS]
    if any(e and e.high == math.inf for e in estimates):
        yield "`∞`: some runs met no failure, so no upper end is known.\n"
    if any(0 < sum(_bounds(group)) < group.runs for group in groups):
        yield (
            "Where some runs met no failure, the median of users is Kaplan and "
            "Meier's, and the other figures are of all runs, each until its end.\n"
        )


def medians(runs: Sequence[int]) -> str:
    """Say what figures of so many runs are; `runs` ascend."""
    if runs[-1] == 1:
        return "One run each: no interval, and a difference may be chance."
    several = f"{runs[0]} to {runs[-1]}" if len(runs) > 1 else f"{runs[0]}"
    return f"Figures are medians of {several} runs."


def _bounds(group: Group) -> list[bool]:
    """Return which runs met no failure, though one was looked for."""
    return [cell.row["reached"] is False for cell in group.cells]


def footnotes(groups: Sequence[Group]) -> Iterable[str]:
    """Yield what a reader has to know about some rows, a paragraph each."""
    cells = [cell for group in groups for cell in group.cells]
    yield from _lower_bounds(cells)
    yield from _of_possible(groups)
    if cells[0].stop == stops.FIRST_FAILURE:
        yield from failing.notes(groups)
    yield from _out_of_time(cells)
    yield from _idle(groups)
    yield from _near_ceiling(cells)
    yield from _capacity(cells)
    yield from bare_lf(cells)
    yield from _suspect(cells)
    yield from _not_comparable(cells)


def _lower_bounds(cells: Sequence[Cell]) -> Iterable[str]:
    if any(cell.row["reached"] is False for cell in cells):
        yield (
            "`>`: no request failed with that many users; "
            "how many it takes is not known.\n"
        )


def _of_possible(groups: Sequence[Group]) -> Iterable[str]:
    if any(possible_rps(group) is not None for group in groups):
        yield (
            "`of`: the requests a second that the same users would have got of a "
            "server that answers at once.\n"
        )


def _out_of_time(cells: Sequence[Cell]) -> Iterable[str]:
    late = [cell.impl for cell in cells if cell.row["outcome"] == stops.OUT_OF_TIME]
    if late:
        yield (
            "Ended by their limit of time, before their rule was met: "
            f"{', '.join(dict.fromkeys(late))}.\n"
        )


def _idle(groups: Sequence[Group]) -> Iterable[str]:
    """Yield which rows had fewer idle connections than were asked for."""
    cells = [cell for group in groups for cell in group.cells]
    apart = [name for name in varying_settings(cells) if name != IDLE]
    for group in groups:
        asked = setting(group.first, IDLE) or 0
        if any(cell.idle_open < asked for cell in group.cells):
            yield (
                f"Of {asked:,} idle connections {show(label(group.cells, apart))} had "
                f"{_span([cell.idle_opened for cell in group.cells])} open when the "
                "load began, and "
                f"{_span([cell.idle_open for cell in group.cells])} at its end.\n"
            )


def _near_ceiling(cells: Sequence[Cell]) -> Iterable[str]:
    if any(is_near([cell]) for cell in cells):
        yield (
            f"`≥`: within {1 - NEAR:.0%} of what the load generator can send here, "
            f"{cells[0].ceiling_rps:,.0f} requests a second: at least.\n"
        )


def _capacity(cells: Sequence[Cell]) -> Iterable[str]:
    if cells[0].stop == stops.CAPACITY:
        limit = cells[0].config["experiment"].get("p95_ms", 500)
        yield (
            "Knee: the fewest users with 95 % of the peak. Acceptable: the most "
            f"without a failure, and a 95th percentile of {limit:g} ms at most.\n"
        )


def _suspect(cells: Sequence[Cell]) -> Iterable[str]:
    suspect = [c.impl for c in cells if (c.result.get("little") or {}).get("suspect")]
    if suspect:
        yield (
            "**Suspect:** users are not what requests a second, response time and "
            f"think time make by Little's law: {', '.join(dict.fromkeys(suspect))}.\n"
        )


def _not_comparable(cells: Sequence[Cell]) -> Iterable[str]:
    if unlike := differing(cells):
        yield (
            "**Not comparable:** these rows come from machines that differ in "
            f"{', '.join(unlike)}.\n"
        )


def bare_lf(cells: Sequence[Cell]) -> Iterable[str]:
    """Yield whose responses are taken, though a client need not take them."""
    found = dict.fromkeys(show(c.impl) for c in cells if c.result.get("bare_lf"))
    if found:
        yield (
            "Lines of their heads end with LF alone, which browsers take as well (RFC "
            f"9112, 2.2), and `load.strict` refuses: {', '.join(found)}.\n"
        )


def possible_rps(group: Group) -> float | None:
    """Return what a row's requests a second are told to be of, where they are."""
    return group.possible_rps if group.first.stop == stops.REQUESTS else None


def _span(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
