"""The verdicts of a gate as JUnit XML, from that of its first measurement.

Rules of this module:
- The cases are those of `compare`, in the same order. Those that were measured twice
  get the verdict of both. Rows that were not measured are skipped cases before them,
  in their order. `<properties>` comes first, as the schema of Ant wants it.
- Cases of conformance stand behind, as `compare` has them.
- The case that says that `compare` had no row stands only where there is no row at all.
- A name or a reason may have characters that XML does not allow: `one_line` has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from contract.text import one_line
from gate.decision import DECIDED, NOT_MEASURED, WORSE, Row

EMPTY = '<testsuites><testsuite name="firstfail gate"/></testsuites>'
CONFORMS = "firstfail.conformance"  # the class of cases that are no rows
NO_ROW = "rows on both sides"  # the name of the case that stands for none
KINDS = {WORSE: "failure", NOT_MEASURED: "error"}
COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def decided(first: str, rows: Sequence[Row], status: int, said: str) -> str:
    """Return the XML of the `first` measurement with the verdicts of `rows`."""
    root = ElementTree.fromstring(first)
    suite = root.find("testsuite")
    assert suite is not None
    nothing = suite.find(f"testcase[@name='{NO_ROW}']")
    cases = [
        case
        for case in suite.findall("testcase")
        if case is not nothing and case.get("classname") != CONFORMS
    ]
    if nothing is not None and rows:
        suite.remove(nothing)
    before = [_unmeasured(row) for row in rows[: len(rows) - len(cases)]]
    place = len(suite.findall("properties"))  # which come first
    suite[place:place] = before
    for case, row in zip(cases, rows[len(rows) - len(cases) :], strict=True):
        if "again" in row:
            for child in [*case]:
                case.remove(child)
            _say(case, row)
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for plural, kind in COUNTS.items():
        suite.set(plural, str(sum(case.find(kind) is not None for case in cases)))
    if (exited := suite.find("properties/property[@name='exit']")) is not None:
        exited.set("value", str(status))
    if (out := suite.find("system-out")) is not None:
        out.text = said
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _unmeasured(row: Row) -> Element:
    name = one_line(row["label"])
    case = Element("testcase", classname="firstfail", name=name, time="0")
    _say(case, row)
    return case


def _say(case: Element, row: Row) -> None:
    if row["verdict"] not in DECIDED - {WORSE}:
        kind = KINDS.get(row["verdict"], "skipped")
        text = one_line(f"{row['verdict']}: {row['reason']}".removesuffix(": "))
        ElementTree.SubElement(case, kind, message=text, type=row["verdict"])
