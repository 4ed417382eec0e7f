"""A CSV file that a spreadsheet opens as it is meant: no text in it is a formula.

A spreadsheet takes a field that begins with = + - or @ for a formula, which may read
other files or start programs (OWASP, CSV injection). Names and messages are of others.

Rules of this module:
- An apostrophe is put before such a sign at the begin of a text, and after each sign
  at which a spreadsheet may split a field: , ; | and quotes. So a text is safe whatever
  the separator is. Tabs and ends of lines become spaces.
- Numbers are numbers, also those that begin with -. Only columns of text are changed.
- The file begins with the mark of UTF-8: without it Excel shows other letters for those
  of Korean names.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from analysis.files import csv_text, write
from contract.text import one_line

# As a formula begins, in the letters of East Asia, too.
FORMULA = re.compile(r"""(^|[,;|"'])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])""")


def write_sheet(path: Path, table: pd.DataFrame) -> None:
    """Write a table for a spreadsheet."""
    text = csv_text(table.map(lambda value: safe(value) if _is_text(value) else value))
    write(path, lambda partial: partial.write_text(text, encoding="utf-8-sig"))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def safe(text: str) -> str:
    """Return a text in one line that is no formula."""
    return FORMULA.sub(r"\1\2'", one_line(" ".join(text.split())))
