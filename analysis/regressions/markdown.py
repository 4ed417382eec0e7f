"""A comparison as Markdown, for a pull request or a report.

Rules of this module:
- What is worse stands first. The table has a line for each figure that was compared; of
  many lines without a difference only the first are shown, and their number is said.
- A mark repeats the verdict, which stands in words at the end of each line.
- What was not compared is said with its reason, row by row.
- Names and reasons are text of others. Nothing in them comes to life (`inert`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from analysis.regressions import paired
from analysis.regressions.compare import Comparison
from analysis.regressions.conformance import lines
from analysis.regressions.exits import (
    NOTHING_WORSE,
    UNDECIDED,
    UNMEASURED,
    WORSE,
)
from analysis.regressions.verdicts import DECIDED, Finding, Verdict
from analysis.rows.pairs import RANK_TEST, T_TEST
from analysis.rows.ratios import ALPHA, are_few
from analysis.rows.statistics import Estimate
from contract.text import code, inert

MOST = 40  # lines of a table
MARKS: dict[Verdict, str] = {
    **{"worse": "▼", "better": "▲", "same": "="},
    **{"not measured": "!", "not comparable": "?", "too few runs": "?"},
}
ORDER: tuple[Verdict, ...] = ("worse", "better", "same")
WORDS = {"worse": "worse", "better": "better", "same": "no difference shown"}
OUTCOMES = {
    NOTHING_WORSE: "Nothing is shown to be worse.",
    WORSE: "HEAD is shown to be worse.",
    UNDECIDED: "It cannot be decided whether HEAD is worse.",
    UNMEASURED: "A cell could not be measured.",
}


class Words(NamedTuple):
    """How the ratio, the two tests and what differs are called."""

    ratio: str
    rank_test: str
    t_test: str
    differ: str


IN_TURNS = Words(
    "that of two runs that followed each other, the middle one, with its 95 % interval",
    "an exact signed-rank test",
    "Student's t-test",
    "the ratio and 1",
)
APART = Words(
    "the ratio of the medians with its 95 % bootstrap interval",
    *(RANK_TEST, T_TEST, "the medians"),
)


def pull_request(comparison: Comparison) -> str:
    """Return the whole text, with a heading that names both sides."""
    head, base = code(comparison.head), code(comparison.base)
    lines = [f"### {head} (HEAD) against {base} (BASE)", "", *body(comparison)]
    return "\n".join(lines).rstrip("\n") + "\n"


def body(comparison: Comparison) -> Iterator[str]:
    """Yield the lines below the names of both sides."""
    yield f"**{OUTCOMES[comparison.exit]}** {_counted(comparison.findings)}"
    yield ""
    yield from _listed("Conformance to HTTP/1.1:", lines(comparison.conforming))
    compared = [f for f in comparison.findings if f.verdict in DECIDED]
    if compared:
        yield from _table(compared)
        yield ""
        yield from _explained(compared, comparison)
    yield from _not_compared(comparison.findings)
    yield from _one_side(comparison)
    yield from _notes(compared)


def _counted(findings: Sequence[Finding]) -> str:
    """Return how many figures have which verdict."""
    if not findings:
        return "No row is on both sides, so nothing was compared."
    counts = {
        verdict: sum(finding.verdict == verdict for finding in findings)
        for verdict in MARKS
    }
    known = (f"{n} {WORDS.get(verdict, verdict)}" for verdict, n in counts.items() if n)
    return f"Figures: {', '.join(known)}."


def _table(compared: Sequence[Finding]) -> Iterator[str]:
    yield "| | row | figure | BASE | HEAD | HEAD over BASE | verdict |"
    yield "|---|---|---|---:|---:|---:|---|"
    ordered = sorted(compared, key=lambda finding: ORDER.index(finding.verdict))
    most = max(MOST, sum(finding.verdict != "same" for finding in ordered))
    for finding in ordered[:most]:
        entries = [
            MARKS[finding.verdict],
            inert(finding.pair.label, in_table=True),
            finding.figure.column,
            *(_median(finding, finding.base), _median(finding, finding.head)),
            *(ratio_text(finding), WORDS[finding.verdict]),
        ]
        yield f"| {' | '.join(entries)} |"
    if (more := len(ordered) - most) > 0:
        yield ""
        yield f"And {more} more lines without a difference that is shown."


def _median(finding: Finding, of: Estimate | None) -> str:
    if of is None:
        return "–"
    text = finding.figure.show(of.value)
    return text if of.reached else f"> {text}"


def ratio_text(finding: Finding) -> str:
    """Return HEAD over BASE with its interval; a bound has its sign."""
    of = finding.ratio
    if of is None or of.value is None:
        return "–"
    sign = f"{of.sign} " if of.sign else ""
    low, high = of.interval or (None, None)
    between = "" if low is None else f" [{_number(low)}, {_number(high)}]"
    return f"{sign}{_number(of.value)}{between}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return "∞" if math.isinf(value) else f"{value:,.3f}"


def _explained(compared: Sequence[Finding], of: Comparison) -> Iterator[str]:
    """Yield what the verdicts mean, and what they leave open."""
    sizes = {_family_size(finding, compared) for finding in compared}
    words = IN_TURNS if of.in_turns else APART
    few = {_has_few(finding, compared, of.in_turns) for finding in compared}
    tests = [words.rank_test] * (False in few) + [words.t_test] * (True in few)
    corrected = (
        f", corrected for up to {max(sizes)} rows (Holm)" if max(sizes) > 1 else ""
    )
    yield (
        f"HEAD over BASE is {words.ratio}. "
        f"Worse or better: that excludes 1, {' or '.join(tests)} gives "
        f"p ≤ {100 * ALPHA:.0f} %{corrected}, and {words.differ} differ by "
        f"{100 * of.least:g} % or more."
    )
    yield ""
    worst = {f.at_worst: f for f in compared if f.verdict == "same"}
    known = [each for each in worst if each is not None and each > 1]
    if known:
        widest = worst[max(known)]
        yield (
            "Where no difference is shown there may still be one. By the intervals "
            f"HEAD may be worse by {_at_most(max(known))} "
            f"({inert(widest.pair.label)}, {widest.figure.heading})."
        )
        yield ""


def _has_few(finding: Finding, compared: Sequence[Finding], in_turns: bool) -> bool:
    """Whether a rank test of these runs could never reject."""
    rows = _family_size(finding, compared)
    base, head = (len(row.runs) for row in finding.pair.sides.values())
    return paired.are_few(base, rows) if in_turns else are_few(base, head, rows)


def _at_most(ratio: float) -> str:
    if math.isinf(ratio):
        return "any amount"
    percent = 100 * (ratio - 1)
    return f"up to {percent:,.0f} %" if percent >= 10 else f"up to {percent:.2g} %"


def _family_size(of: Finding, compared: Sequence[Finding]) -> int:
    return sum(f.figure == of.figure for f in compared)


def _not_compared(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the rows, or figures of a row, that were not compared, with reasons."""
    names: dict[str, dict[str, None]] = {}
    decided = {id(f.pair) for f in findings if f.verdict in DECIDED}
    for finding in findings:
        if finding.verdict not in DECIDED:
            name = inert(finding.pair.label)
            if id(finding.pair) in decided:
                name += f", {finding.figure.heading}"
            why = f"{finding.verdict}: {inert(finding.reason)}"
            names.setdefault(why, {})[name] = None
    rows = len({id(finding.pair) for finding in findings})
    yield from _listed("Not compared:", _by_text(names, rows))


def _one_side(comparison: Comparison) -> Iterator[str]:
    sides = {"BASE": comparison.only_base, "HEAD": comparison.only_head}
    lines = [
        f"- only in {side}: {inert(label)}"
        for side, labels in sides.items()
        for label in labels
    ]
    yield from _listed("On one side only:", lines)


def _notes(compared: Sequence[Finding]) -> Iterator[str]:
    """Yield what should be known of rows that were compared, each note once."""
    names: dict[str, dict[str, None]] = {}
    for finding in compared:
        own = [f"{finding.figure.heading}: {finding.reason}"] if finding.reason else []
        for note in [*finding.notes, *own]:
            names.setdefault(inert(note), {})[inert(finding.pair.label)] = None
    rows = len({id(finding.pair) for finding in compared})
    yield from _listed("To be known:", _by_text(names, rows))


def _by_text(names: Mapping[str, Iterable[str]], rows: int) -> Iterator[str]:
    """Yield each text once, with the names that it is about."""
    for text, about in names.items():
        named = list(about)
        whole = len(named) == rows > 1
        yield f"- {'all rows' if whole else '; '.join(named)}: {text}"


def _listed(title: str, lines: Iterable[str]) -> Iterator[str]:
    lines = list(lines)
    if lines:
        yield from (title, "", *lines, "")
