"""A sheet that a spreadsheet opens: no text in it is a formula."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.grades.spreadsheet import safe, write_sheet


@pytest.mark.parametrize(
    "text, told",
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "'=1"),
        ("\t=1", "'=1"),
        ("\r\n=1", "'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0"),
        ('a","=1', 'a","\'=1'),
        ("a, -x", "a, '-x"),
        ("exit status 2: a-b=c", "exit status 2: a-b=c"),
        ("students/ada", "students/ada"),
        ("one\ntwo\x1b", r"one two\x1b"),
    ],
)
def test_no_text_is_a_formula(text: str, told: str) -> None:
    assert safe(text) == told


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_field_begins_as_a_formula(tmp_path: Path, separator: str) -> None:
    """Whatever a spreadsheet takes as the separator. Numbers stay numbers."""
    odd = ["=1", 'a";=1', "b,=1;@x\t=2", "'=1", "x|=cmd", "c;\t+1"]
    table = pd.DataFrame({"name": odd, "points": [-10.0, -2.5, None, 1, 2, 3]})
    write_sheet(tmp_path / "sheet.csv", table)
    whole = (tmp_path / "sheet.csv").read_bytes()
    assert whole.startswith(b"\xef\xbb\xbf")
    lines = whole.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(odd)
    for row in csv.reader(lines, delimiter=separator):
        for field in row:
            begin = field.strip(' "')[:1]
            assert begin not in {"=", "+", "@"}
            assert begin != "-" or re.fullmatch(r"-\d+(\.\d+)?", field)
    kept = pd.read_csv(tmp_path / "sheet.csv")
    assert kept["points"].tolist()[:2] == [-10, -2.5]
    assert kept["name"][0] == "'=1"
