"""A comparison as JUnit XML, as CI servers show it.

A test case is one figure of one row, or how one server conforms to HTTP/1.1. It is a
failure if HEAD is worse, an error if a cell could not be measured, and skipped if it
was not compared.

Rules of this module:
- The form is that of JUnit's Ant task, whose schema asks for most, and other readers
  for less: each suite has properties, output, a host and a time.
- Nothing is a pass that was not compared. If there is no row at all, one skipped case
  says so.
- Text may hold anything: a character that XML does not allow is replaced.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from analysis.regressions.compare import Comparison
from analysis.regressions.conformance import Conformity
from analysis.regressions.markdown import pull_request, ratio_text
from analysis.regressions.verdicts import Finding

NAME = "firstfail compare"
NO_TIME, NO_HOST = "1970-01-01T00:00:00", "localhost"  # the schema asks for both
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
KINDS = {"worse": "failure", "not measured": "error"}
PASSED = ("same", "better")
CONFORMANCE = "conformance"


def as_junit(comparison: Comparison) -> str:
    """Return the whole comparison as the text of an XML file."""
    cases = [_case(finding) for finding in comparison.findings] or [_nothing()]
    cases += [_conforming(each) for each in comparison.conforming]
    counts = {
        name: str(sum(case.find(kind) is not None for case in cases))
        for name, kind in {
            "failures": "failure",
            "errors": "error",
            "skipped": "skipped",
        }.items()
    }
    tests = {"tests": str(len(cases)), **counts}
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        {"name": NAME, "package": "firstfail", "id": "0", "hostname": NO_HOST}
        | {"timestamp": NO_TIME, "time": "0"}
        | tests,
    )
    properties = ElementTree.SubElement(suite, "properties")
    known = {
        "base": comparison.base,
        "head": comparison.head,
        "least": f"{comparison.least:g}",
        "exit": str(comparison.exit),
    }
    for name, value in known.items():
        ElementTree.SubElement(
            properties, "property", {"name": name, "value": _allowed(value)}
        )
    suite.extend(cases)
    ElementTree.SubElement(suite, "system-out").text = _allowed(
        pull_request(comparison)
    )
    ElementTree.SubElement(suite, "system-err")
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(finding: Finding) -> ElementTree.Element:
    experiment = finding.pair.head.cells[0].experiment
    case = _named(experiment, f"{finding.pair.label}: {finding.figure.heading}")
    if finding.verdict in PASSED:
        return case
    kind = KINDS.get(finding.verdict, "skipped")
    message = finding.reason or f"HEAD over BASE is {ratio_text(finding)}"
    _say(case, kind, finding.verdict, message)
    return case


def _conforming(each: Conformity) -> ElementTree.Element:
    case = _named(CONFORMANCE, f"{each.label}: {CONFORMANCE}")
    if each.verdict not in PASSED:
        kind = KINDS.get(each.verdict, "skipped")
        scores = f"{each.head} cases, and BASE {each.base}"
        lost = f"{scores}: HEAD fails {'; '.join(each.lost)}"
        _say(case, kind, each.verdict, each.reason or lost)
    return case


def _say(case: ElementTree.Element, kind: str, verdict: str, message: str) -> None:
    said = {"message": _allowed(f"{verdict}: {message}")}
    if kind != "skipped":
        said["type"] = verdict
    ElementTree.SubElement(case, kind, said)


def _nothing() -> ElementTree.Element:
    case = _named("none", "rows on both sides")
    ElementTree.SubElement(case, "skipped", {"message": "nothing was compared"})
    return case


def _named(experiment: str, name: str) -> ElementTree.Element:
    classname = _allowed(f"firstfail.{experiment}")
    return ElementTree.Element(
        "testcase", {"classname": classname, "name": _allowed(name), "time": "0"}
    )


def _allowed(text: str) -> str:
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
