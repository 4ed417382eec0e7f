"""What a gate has found, from its measurements.

Rules of this module:
- What `compare` says of a measurement is repeated as it stands. The gate adds its own
  verdict, and what became of the rows that looked worse.
- A server that fails cases of HTTP/1.1 which it passed is worse, however fast it is.
  One that could not be tried on either side leaves that open.
- Names and reasons are text of others. Nothing in them comes to life (`inert`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contract.text import inert
from contract.whole_file import write_text
from gate.comparing import Comparison
from gate.decision import NOT_COMPARABLE, WORSE, Row, decide, status
from gate.errors import Status
from gate.junit import EMPTY, decided
from gate.request import Request
from gate.sides import BASE, HEAD

NAME = "gate"  # of the files
SAYS = {
    Status.NOTHING_WORSE: "Nothing is shown to be worse.",
    Status.WORSE: "Worse, and still so when it was measured once more.",
    Status.UNDECIDED: "It cannot be decided whether anything is worse.",
    Status.NOT_MEASURED: "A cell could not be measured.",
}
LOST = "Worse: a server fails cases of HTTP/1.1 that it passed."
TITLES = ("First measurement", "Second measurement", "All runs together")


@dataclass(frozen=True)
class Findings:
    """The verdict of a gate on the `commits` of both sides.

    `alone` are rows that were not measured, since the sides have different settings.
    """

    commits: Mapping[str, str]
    notes: Sequence[str]
    request: Request
    alone: Sequence[Row]
    measured: Sequence[
        Comparison
    ]  # the first measurement, and a second if there is one
    untried: Sequence[str] = ()  # a line for each server without conformance
    rows: Sequence[Row] = field(init=False)

    def __post_init__(self) -> None:
        first, again, both = (*(each.rows for each in self.measured), (), (), ())[:3]
        rows = decide(first, again, both, self.request.least_share)
        object.__setattr__(self, "rows", [*self.alone, *rows])

    @property
    def status(self) -> Status:
        found = status(self.rows)
        conform = {each["verdict"] for each in self.conformance}
        if WORSE in conform:
            return Status.WORSE
        is_open = self.untried or NOT_COMPARABLE in conform
        if is_open and found is Status.NOTHING_WORSE:
            return Status.UNDECIDED
        return found

    @property
    def conformance(self) -> Sequence[Row]:
        """How each server conforms on both sides, where it was tried."""
        return next((each.conformance for each in self.measured), ())

    @property
    def _outcome(self) -> str:
        looks_worse = status(self.rows) is Status.WORSE
        is_lost = self.status is Status.WORSE and not looks_worse
        return LOST if is_lost else SAYS[self.status]

    def write(self, folder: Path) -> None:
        """Write all forms into `folder`."""
        write_text(folder / f"{NAME}.md", self.markdown())
        write_text(folder / f"{NAME}.json", self._json())
        first = next((each.junit for each in self.measured), EMPTY)
        xml = decided(first, self.rows, self.status, self.markdown())
        write_text(folder / f"{NAME}.xml", xml)

    def _json(self) -> str:
        found = {
            **{"exit": self.status, "outcome": self._outcome},
            **{"commits": self.commits, "notes": self.notes},
            **{"seed": self.request.seed, "least": self.request.least},
            "rows": [_without_row(row) for row in self.rows],
            **{"conformance": self.conformance, "untried": self.untried},
        }
        return json.dumps(found, indent=2) + "\n"

    def markdown(self) -> str:
        """Return a summary for a pull request."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        base, head = (self.commits[name][:12] for name in (BASE, HEAD))
        yield from (f"### {self._outcome}", "")
        yield f"- base {base}, head {head}, order by seed {self.request.seed}"
        yield from (f"- {inert(note)}" for note in (*self.notes, *self.untried))
        for row in self.rows:
            if "again" in row or row in self.alone:
                name, reason = inert(_name(row)), inert(row["reason"])
                yield f"- {name}: {row['verdict']}: {reason}"
        for title, each in zip(TITLES, self.measured, strict=False):
            yield from ("", f"#### {title}", "")
            yield each.markdown.partition("\n")[2].strip()  # without its heading


def _name(row: Row) -> str:
    return ", ".join(filter(None, [row["label"], row.get("heading") or row["figure"]]))


def _without_row(row: Row) -> Row:
    """Return a row as it is written: its place among the gate's own rows is not."""
    return {
        name: _without_row(value) if isinstance(value, dict) else value
        for name, value in row.items()
        if name != "row"
    }
