"""Whether HEAD passes the cases of HTTP/1.1 that BASE passes.

Rules of this module:
- A case is lost if BASE passes it and HEAD does not. Then HEAD is worse, whatever else
  it has won: a server that leaves out half of HTTP is faster for that reason.
- A case passes or fails, on whatever machine and under whatever load. So there is no
  interval, and rows are asked whose figures cannot be compared.
- Only cases that both sides know are compared: the cases may have changed meanwhile.
- What is known of BASE, and not of HEAD, is open. What BASE does not know is new.
- A server has one line, and one for each page if it serves several.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.regressions.matching import Pair, Row
from analysis.rows.cells import Cell, Conformance
from analysis.rows.conformance import Case, Tried
from analysis.rows.settings import PAGE, setting
from contract.text import inert

Verdict = Literal["worse", "not comparable", "better", "same"]
MARKS: dict[Verdict, str] = {
    **{"worse": "▼", "not comparable": "?", "better": "▲", "same": "="},
}
NOT_KNOWN = "it is not known of HEAD: measure it without conformance=false"
NO_CASES = "the two sides were tried with other cases"


@dataclass(frozen=True)
class Conformity:
    """How the server `label` conforms on both sides, by the cases that both know.

    `lost` and `won` are the names of cases.
    """

    label: str
    verdict: Verdict
    base: Conformance | None = None
    head: Conformance | None = None
    lost: Sequence[str] = ()
    won: Sequence[str] = ()
    reason: str = ""


def conformities(pairs: Sequence[Pair]) -> list[Conformity]:
    """Return what is known of the servers of these rows."""
    pages: dict[str, set[str]] = {}
    for pair in pairs:
        cell = pair.head.cells[0]
        pages.setdefault(cell.impl, set()).add(_page(cell))
    found: list[Conformity] = []
    for pair in pairs:
        cell = pair.head.cells[0]
        several = len(pages[cell.impl]) > 1
        label = f"{cell.impl}, page {_page(cell)}" if several else cell.impl
        found += (one for one in _of(pair, label) if one not in found)
    return found


def _page(cell: Cell) -> str:
    return str(setting(cell, PAGE))


def _of(pair: Pair, label: str) -> Iterator[Conformity]:
    base, head = _tried(pair.base), _tried(pair.head)
    if base is None or base.why:  # nothing that HEAD could lose
        return
    if any(run.lacks == "not measured" for run in pair.head.runs):
        return  # its rows say so
    if head is None or head.why:
        reason = f"HEAD was not tried: {head.why}" if head else NOT_KNOWN
        yield Conformity(label, "not comparable", reason=reason)
        return
    shared = [case for case in base.passed if case in head.passed]
    if not shared:
        yield Conformity(label, "not comparable", reason=NO_CASES)
        return
    lost = _gone(shared, base.passed, head.passed)
    won = _gone(shared, head.passed, base.passed)
    verdict: Verdict = "worse" if lost else "better" if won else "same"
    before, after = (_score(shared, each.passed) for each in (base, head))
    yield Conformity(label, verdict, before, after, lost, won)


def _gone(
    shared: Sequence[Case], before: Mapping[Case, bool], after: Mapping[Case, bool]
) -> tuple[str, ...]:
    """Return the names of the cases that passed before, and do not after."""
    return tuple(case[0] for case in shared if before[case] and not after[case])


def _score(shared: Sequence[Case], passed: Mapping[Case, bool]) -> Conformance:
    return Conformance(sum(passed[case] for case in shared), len(shared))


def _tried(row: Row) -> Tried | None:
    """Return what is known of a row's server; a case passes if it always does."""
    known = [run.tried for run in row.runs if run.tried is not None]
    if not known:
        return None
    why = next((each.why for each in known if each.why), "")
    passed: dict[Case, bool] = {}
    for each in known:
        for case, has_passed in each.passed.items():
            passed[case] = passed.get(case, True) and has_passed
    return Tried({} if why else passed, why)


def lines(conforming: Sequence[Conformity]) -> Iterator[str]:
    """Yield a list in Markdown: a line for each server that conforms otherwise.

    What is worse stands first, and the others have one line in the end.
    """
    order = list(MARKS)
    same = 0
    for each in sorted(conforming, key=lambda each: order.index(each.verdict)):
        name = f"- {MARKS[each.verdict]} {inert(each.label)}: {each.verdict}"
        if each.reason:
            yield f"{name}: {inert(each.reason)}"
        elif each.lost or each.won:
            cases = "".join(_cases(each))
            yield f"{name}: {each.head} cases, and BASE {each.base}{cases}"
        else:
            same += 1
    if same:
        servers = "1 server passes" if same == 1 else f"{same} servers pass"
        yield f"- {MARKS['same']} {servers} the same cases on both sides"


def _cases(each: Conformity) -> Iterator[str]:
    """Yield which cases HEAD fails and BASE passes, and the other way round."""
    both = ((each.lost, "fails", "passes"), (each.won, "passes", "fails"))
    for names, here, there in both:
        if names:
            listed = inert("; ".join(names))
            yield f". HEAD {here} {len(names)} that BASE {there}: {listed}"
