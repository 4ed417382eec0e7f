"""Notes above and below a comparison table: how far its figures can be trusted.

Rules of this module:
- There is a note only if there is something to know about this table.
- A warning stands above the figures, an explanation below.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from analysis.limits import compared, is_outside, is_servers, meaning
from analysis.rows.ceiling import NEAR, is_near
from analysis.rows.cells import Cell
from analysis.rows.groups import MARKED, Group
from analysis.rows.settings import IDLE, label, setting, show, varying_settings
from analysis.rows.statistics import LEAST_RUNS, LEVEL, confidence
from analysis.tables import failing, machines
from contract import stops
from contract.text import numbered


def warning(groups: Sequence[Group]) -> Iterable[str]:
    """Yield a warning if none of the figures is a server's."""
    kinds = {group.limit()[0] for group in groups}
    if len(groups) > 1 and len(kinds) == 1 and all(map(is_outside, kinds)):
        [limit] = kinds
        yield f"**These rows compare {compared(limit)}, not the servers.**"
        yield ""


def limits(groups: Sequence[Group]) -> Iterable[str]:
    """Yield the limit of each row, and the evidence for it."""
    kinds = [group.limit()[0] for group in groups]
    if not all(map(is_servers, kinds)):
        yield f"{MARKED}. The figure does not measure the server.\n"
    yield "What limited them:\n"
    for group, kind in zip(groups, kinds, strict=True):
        cell = next(cell for cell in group.cells if cell.limit == kind)
        because = show(cell.result["verdict"]["because"])
        yield f"- {show(group.label)}: {kind}, {meaning(kind)}: {because}."
    yield ""


def repeat_notes(groups: Sequence[Group]) -> Iterable[str]:
    """Yield how many runs the figures are of, and how certain that makes them."""
    runs = sorted({group.runs for group in groups})
    text = medians(runs)
    if runs == [1]:
        yield text + "\n"
        return
    if enough := [n for n in runs if n >= LEAST_RUNS]:
        coverage = min(LEVEL, confidence(enough[0]))
        is_span = len(enough) == 1 and coverage < LEVEL
        text += (
            f" In brackets: {'the least and the greatest run, ' if is_span else ''}an "
            "interval for the median of all such runs, with a coverage of "
            f"{100 * coverage:.4g} %{'' if is_span else ' or more'}."
        )
    if runs[0] < LEAST_RUNS:
        text += (
            f" Fewer than {LEAST_RUNS} runs have no interval, and their difference may "
            "be chance."
        )
    yield text + "\n"
    estimates = [g.estimate("users") for g in groups if g.first.stop != stops.REQUESTS]
    if any(e and e.high == math.inf for e in estimates):
        yield "`∞`: some runs met no failure, so the upper end is not known.\n"
    if any(0 < sum(_bounds(group)) < group.runs for group in groups):
        yield (
            "If some runs of a row met no failure, its median of users is Kaplan and "
            "Meier's. Its other figures are of all runs, each until its end.\n"
        )


def medians(runs: Sequence[int]) -> str:
    """Return what figures of so many runs are; `runs` ascend."""
    if runs[-1] == 1:
        return "One run each: no interval, and a difference may be chance."
    several = f"{runs[0]} to {runs[-1]}" if len(runs) > 1 else f"{runs[0]}"
    return f"Figures are medians of {several} runs."


def _bounds(group: Group) -> list[bool]:
    """Return for each run whether it searched for a failure and met none."""
    return [cell.row["reached"] is False for cell in group.cells]


def footnotes(groups: Sequence[Group]) -> Iterable[str]:
    """Yield the explanations of signs and rows, a paragraph each."""
    cells = [cell for group in groups for cell in group.cells]
    yield from _lower_bounds(cells)
    yield from _of_possible(groups)
    if cells[0].stop == stops.FIRST_FAILURE:
        yield from failing.notes(groups)
    yield from _out_of_time(cells)
    yield from _idle(groups)
    yield from _near_ceiling(cells)
    yield from _capacity(cells)
    yield from _backlogs(cells)
    yield from bare_lf(cells)
    yield from conformance(cells)
    yield from _suspect(cells)
    yield from machines.notes(cells)


def _lower_bounds(cells: Sequence[Cell]) -> Iterable[str]:
    if any(cell.row["reached"] is False for cell in cells):
        yield (
            "`>`: no request failed with that many users; the number at the first "
            "failure is not known.\n"
        )


def _of_possible(groups: Sequence[Group]) -> Iterable[str]:
    if any(possible_rps(group) is not None for group in groups):
        yield (
            "`of`: the requests a second that the same users would have got from a "
            "server that answers at once.\n"
        )


def _out_of_time(cells: Sequence[Cell]) -> Iterable[str]:
    late = [cell.impl for cell in cells if cell.row["outcome"] == stops.OUT_OF_TIME]
    if late:
        yield (
            "Ended by their time limit, before their rule was met: "
            f"{', '.join(dict.fromkeys(late))}.\n"
        )


def _idle(groups: Sequence[Group]) -> Iterable[str]:
    """Yield which rows had fewer idle connections than were asked for."""
    cells = [cell for group in groups for cell in group.cells]
    columns = [name for name in varying_settings(cells) if name != IDLE]
    for group in groups:
        wanted = setting(group.first, IDLE) or 0
        if any(cell.idle_open < wanted for cell in group.cells):
            named = show(label(group.cells, columns))
            of = numbered(f"Of {wanted:,} idle connection(s)")
            yield (
                f"{of} {named} had "
                f"{_span([cell.idle_opened for cell in group.cells])} open when the "
                "load began, and "
                f"{_span([cell.idle_open for cell in group.cells])} at its end.\n"
            )


def _near_ceiling(cells: Sequence[Cell]) -> Iterable[str]:
    for ceiling_rps in dict.fromkeys(c.ceiling_rps for c in cells if is_near([c])):
        yield (
            f"`≥`: a lower bound, within {1 - NEAR:.0%} of what the load generator can "
            f"send here ({ceiling_rps:,.0f} requests a second).\n"
        )


def _capacity(cells: Sequence[Cell]) -> Iterable[str]:
    if cells[0].stop == stops.CAPACITY:
        limit = cells[0].config["experiment"].get("p95_ms") or 500
        yield (
            "Knee: the fewest users with 95 % of the peak. Acceptable: the most "
            "requests a second without a failure and with a p95 of at most "
            f"{limit:g} ms.\n"
        )


def _suspect(cells: Sequence[Cell]) -> Iterable[str]:
    suspect = [c.impl for c in cells if (c.result.get("little") or {}).get("suspect")]
    if suspect:
        yield (
            "**Suspect:** the number of users does not follow from requests a second, "
            "response time and think time by Little's law: "
            f"{', '.join(dict.fromkeys(suspect))}.\n"
        )


def _backlogs(cells: Sequence[Cell]) -> Iterable[str]:
    """Yield the backlogs that are not those of the setting."""
    impls: dict[tuple[int, int], dict[str, None]] = {}
    for cell in cells:
        evidence = cell.result.get("evidence")
        backlog = evidence["server"].get("backlog") if evidence else None
        wanted = cell.config["server"]["backlog"]
        if backlog is not None and backlog != wanted:
            impls.setdefault((backlog, wanted), {})[show(cell.impl)] = None
    for (backlog, wanted), names in impls.items():
        yield f"Backlog of {backlog:,} instead of {wanted:,}: {', '.join(names)}.\n"


def bare_lf(cells: Sequence[Cell]) -> Iterable[str]:
    """Yield a note on responses that a strict client would refuse."""
    impls = dict.fromkeys(show(c.impl) for c in cells if c.result.get("bare_lf"))
    if impls:
        yield (
            "Lines of their heads end with LF alone. Browsers accept that (RFC 9112, "
            f"2.2), and `load.strict` refuses it: {', '.join(impls)}.\n"
        )


def conformance(cells: Sequence[Cell]) -> Iterable[str]:
    """Yield what the column of this name shows, if there is one."""
    if any(cell.conformance for cell in cells):
        yield (
            "`conformance`: the cases of HTTP/1.1 that the server passed without a "
            "load, each a rule that clients rely on.\n"
        )


def possible_rps(group: Group) -> float | None:
    """Return the possible RPS that stand beside a row's RPS, if any."""
    return group.possible_rps if group.first.stop == stops.REQUESTS else None


def _span(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
