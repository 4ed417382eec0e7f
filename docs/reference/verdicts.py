"""The tables of verdicts, and of how a run may end."""

from __future__ import annotations

from pathlib import Path

from analysis import limits
from contract import stops
from docs.kept import DocsError
from docs.reference import markdown
from docs.reference.comments import Source, sentence

STOPS = "contract/stops.py"
SIDES = {
    "server": "the server's",
    "outside": "not the server's †",
    "unknown": "not known †",
}


def verdicts(_: str, root: Path) -> str:
    """Return all limits that a verdict may name."""
    rows = [
        [f"`{name}`", sentence(limit.means), SIDES[limit.side], limit.waited_for]
        for name, limit in limits.LIMITS.items()
    ]
    heading = ["verdict", "means", "the figure is", "users waited for"]
    return markdown(heading, rows)


def outcomes(rule: str, root: Path) -> str:
    """Return the reasons for which a run of this rule ends, and their outcomes."""
    if rule not in stops.RULES:
        raise DocsError(f"{rule}: choose from {', '.join(stops.RULES)}")
    said = Source(root / STOPS).constants()
    meanings = {
        value: said[name]
        for name, value in vars(stops).items()
        if isinstance(value, str) and said.get(name)
    }
    rows = []
    for reason in stops.reasons(rule):
        if reason not in meanings:
            raise DocsError(f"{STOPS}: the reason {reason} has no comment")
        outcome = stops.OUTCOMES[rule, reason]
        rows.append([f"`{reason}`", outcome, sentence(meanings[reason])])
    return markdown(["reason", "outcome", "the run ended because of this"], rows)


MADE = {"verdicts": verdicts, "outcomes": outcomes}
