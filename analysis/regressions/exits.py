"""The exit status of a comparison.

| status | meaning |
|---:|---|
| 0 | nothing is shown to be worse, and each row of BASE was compared |
| 1 | a figure is shown to be worse, or HEAD fails a case of HTTP/1.1 that BASE passes |
| 2 | wrong use |
| 3 | a row cannot be decided: too few runs, †, another machine; or HEAD lacks a row |
| 4 | a cell could not be measured |

Rules of this module:
- If several apply it is 1, then 4, then 3. What is shown to be worse stays so whatever
  else was not measured. A cell that could not be measured is a fault to be mended; what
  cannot be decided may be the nature of the comparison.
- So 0 is said only if nothing is left open. A row of BASE that HEAD lacks is open: its
  server may have gone, or have another name. A row that only HEAD has is new.
- A row is decided if one of its figures is: a figure may be unknown by its nature. But
  a figure of too few runs leaves it open. How a server conforms decides no row.
- A lost case is as bad as a slower server, whatever the figures say: part of the work
  is not done any more. Where HEAD was not tried, and BASE was, that is open.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.regressions.conformance import Conformity
from analysis.regressions.verdicts import DECIDED, Finding

NOTHING_WORSE, WORSE, WRONG_USE, UNDECIDED, UNMEASURED = range(5)


def exit_status(
    findings: Sequence[Finding],
    only_base: Sequence[str] = (),
    conforming: Sequence[Conformity] = (),
) -> int:
    """Return the exit status; `only_base` are the rows that HEAD lacks."""
    verdicts = {finding.verdict for finding in findings}
    conforms = {each.verdict for each in conforming}
    if "worse" in {*verdicts, *conforms}:
        return WORSE
    if "not measured" in verdicts:
        return UNMEASURED
    rows = {id(finding.pair) for finding in findings}
    decided = {id(f.pair) for f in findings if f.verdict in DECIDED}
    is_open = only_base or not rows or rows != decided
    is_open = is_open or "too few runs" in verdicts or "not comparable" in conforms
    return UNDECIDED if is_open else NOTHING_WORSE
