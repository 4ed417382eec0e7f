"""A comparison as JSON, for a program.

    version             of this form
    base, head          the words for both sides
    least               the least effect, as a share
    in_turns            whether the n-th runs of both sides were compared as pairs
    exit, outcome       the exit status, and what it means
    rows                a list, an entry for each figure of each row:
        label, experiment
        settings        of the row, by their dotted names; of the implementation its
                        name and its options alone
        figure          its column in CSV; heading, unit and better ("more", "less")
        verdict         worse, better, same, not comparable, not measured, too few runs
        reason, notes   why it is not compared; what else to know
        base_median, head_median
        ratio, sign     HEAD over BASE; the sign is < or > where it is a bound
        low, high       its interval
        p, p_holm       of the test, and corrected
        base, head      the folders of the runs
    only_base, only_head  labels of rows on one side only
    conformance         a list, an entry for each server whose conformance BASE knows:
        label
        verdict         worse, better, same, not comparable
        reason          why it is not compared
        base_passed, head_passed, of
                        how many cases each side passes, of those that both know
        lost, won       names of cases that HEAD alone fails, and alone passes

Rules of this module:
- What is not known, or has no bound, is null.
"""

from __future__ import annotations

import json
import math
from typing import Any

from analysis.regressions.compare import Comparison
from analysis.regressions.conformance import Conformity
from analysis.regressions.markdown import OUTCOMES
from analysis.regressions.matching import Row
from analysis.regressions.verdicts import Finding
from analysis.rows.statistics import Estimate

VERSION = 1
OF_IMPL = ("impl.name", "impl.options.")


def as_json(comparison: Comparison) -> str:
    """Return the whole comparison as the text of a JSON file."""
    whole = {
        "version": VERSION,
        "base": comparison.base,
        "head": comparison.head,
        "least": comparison.least,
        "in_turns": comparison.in_turns,
        "exit": comparison.exit,
        "outcome": OUTCOMES[comparison.exit],
        "rows": [_row(finding) for finding in comparison.findings],
        "only_base": list(comparison.only_base),
        "only_head": list(comparison.only_head),
        "conformance": [_conformity(each) for each in comparison.conforming],
    }
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"


def _row(finding: Finding) -> dict[str, Any]:
    pair, figure, ratio = finding.pair, finding.figure, finding.ratio
    low, high = (ratio and ratio.interval) or (None, None)
    return {
        "label": pair.label,
        "experiment": pair.head.cells[0].experiment,
        "settings": _settings(pair.head),
        "figure": figure.name,
        "heading": figure.heading,
        "unit": figure.unit,
        "better": figure.better,
        "verdict": finding.verdict,
        "reason": finding.reason,
        "notes": list(finding.notes),
        "base_median": _median(finding.base),
        "head_median": _median(finding.head),
        "ratio": _finite(ratio.value if ratio else None),
        "sign": ratio.sign if ratio else "",
        "low": _finite(low),
        "high": _finite(high),
        "p": ratio.p if ratio else None,
        "p_holm": finding.p_holm,
        "base": [run.shown for run in pair.base.runs],
        "head": [run.shown for run in pair.head.runs],
    }


def _conformity(each: Conformity) -> dict[str, Any]:
    return {
        "label": each.label,
        "verdict": each.verdict,
        "reason": each.reason,
        "base_passed": each.base and each.base.passed,
        "head_passed": each.head and each.head.passed,
        "of": each.head and each.head.of,
        "lost": list(each.lost),
        "won": list(each.won),
    }


def _settings(row: Row) -> dict[str, Any]:
    return {
        name: value
        for name, value in row.settings.items()
        if not name.startswith("impl.") or name.startswith(OF_IMPL)
    }


def _median(of: Estimate | None) -> float | None:
    return None if of is None else _finite(of.value)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
