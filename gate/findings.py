"""What a gate has found: as JSON, as Markdown, and as JUnit XML.

Rules of this module:
- Markdown is for a pull request: what is worse comes first, and what it took to know.
- In JUnit XML a row that is worse is a failure, a cell that could not be measured an
  error, and what cannot be decided is skipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from contract.whole_file import write_text
from gate.decision import BETTER, NOT_MEASURED, SAME, WORSE, Row, status
from gate.errors import Status
from gate.request import Request
from gate.sides import BASE, HEAD

NAME = "gate"  # of the files
SAYS = {
    Status.NOTHING_WORSE: "No server is shown to be slower.",
    Status.WORSE: "A server is slower.",
    Status.UNDECIDED: "It cannot be decided whether a server is slower.",
    Status.NOT_MEASURED: "A cell could not be measured.",
}
ORDER = (WORSE, NOT_MEASURED)  # the verdicts that are shown first


@dataclass(frozen=True)
class Findings:
    """The rows with their verdicts; `commits` are those of both sides."""

    commits: Mapping[str, str]
    notes: Sequence[str]
    request: Request
    rows: Sequence[Row]

    @property
    def status(self) -> Status:
        return status(self.rows)

    def write(self, folder: Path) -> None:
        """Write all forms into `folder`."""
        write_text(folder / f"{NAME}.json", self._json())
        write_text(folder / f"{NAME}.md", self.markdown())
        write_text(folder / f"{NAME}.xml", self._junit())

    def _json(self) -> str:
        found = {
            **{"exit": self.status, "commits": self.commits, "notes": self.notes},
            **{"seed": self.request.seed, "least": self.request.least},
            "rows": [{k: v for k, v in row.items() if k != "row"} for row in self.rows],
        }
        return json.dumps(found, indent=2) + "\n"

    def markdown(self) -> str:
        """Return the summary for a pull request."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        base, head = (self.commits[name][:12] for name in (BASE, HEAD))
        yield from (f"### {SAYS[self.status]}", "")
        yield "| cell | figure | head over base | once more | verdict |"
        yield "|---|---|---:|---:|---|"
        for row in sorted(self.rows, key=_rank):
            again = row.get("again")
            verdict = ": ".join(filter(None, [row["verdict"], row.get("reason")]))
            ratios = [_ratio(row), _ratio(again) if again else ""]
            cells = [_escaped(row["label"]), row["figure"], *ratios, _escaped(verdict)]
            yield f"| {' | '.join(cells)} |"
        yield from ("", f"Base {base}, head {head}. {ASIDE.format(self.request.least)}")
        for note in self.notes:
            yield from ("", f"{note[0].upper()}{note[1:]}.")

    def _junit(self) -> str:
        suite = ElementTree.Element("testsuite", name=NAME)
        for row in self.rows:
            name = " ".join(filter(None, [row["label"], row["figure"]]))
            case = ElementTree.SubElement(suite, "testcase", classname=NAME, name=name)
            kind = {WORSE: "failure", NOT_MEASURED: "error", SAME: "", BETTER: ""}.get(
                row["verdict"], "skipped"
            )
            if kind:
                said = f"{row['verdict']}: {_ratio(row)} {row.get('reason') or ''}"
                ElementTree.SubElement(case, kind, message=said.strip())
        kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
        suite.set("tests", str(len(self.rows)))
        for plural, kind in kinds.items():
            suite.set(plural, str(len(suite.findall(f"testcase/{kind}"))))
        ElementTree.indent(suite)
        return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


ASIDE = (
    "A figure is worse if two measurements, each by itself, show that it is, and by {} "
    "or more. Ratios are of medians, with intervals of 95 %."
)


def _rank(row: Row) -> int:
    verdict = row["verdict"]
    return ORDER.index(verdict) if verdict in ORDER else len(ORDER) + (verdict == SAME)


def _ratio(row: Row) -> str:
    if row.get("ratio") is None:
        return "–"
    text = f"{row['ratio']:.3f}"
    if row.get("low") is None or row.get("high") is None:
        return text
    return f"{text} [{row['low']:.3f}, {row['high']:.3f}]"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
