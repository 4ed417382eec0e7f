"""Reads the tables of a record of others: rows of numbers, or `DataError`.

Rules of this module:
- A table has the header of today's form, and rows that match it sign by sign: numbers
  are digits, and an error is text that was quoted where it had to be. So nothing is
  left for a reader of CSV to decide.
- A request stands once in its table. Two processes of the load generator may begin two
  requests within a microsecond and end them within another, once in a long while.
- A packed table is unpacked as far as the limits go, whatever it claims: those of one
  file, and those of all files of its archive.
- An error is of a kind. There may be many, as of bodies that were cut, but not one for
  each request of a forger.
"""

from __future__ import annotations

import re
import zlib
from array import array
from pathlib import Path
from typing import Any

import numpy as np

from analysis.archives import form
from analysis.files import DataError
from contract import record

GZIP = 31  # zlib's number for a header of gzip
AT_ONCE = 1 << 20
BEFORE_ERROR = len(record.REQUESTS_COLUMNS) - 1  # which may have commas itself
SELDOM = 10_000  # rows, of which one may be like another
NUMBER = r"-?\d{1,15}(?:\.\d{1,12})?(?:e[+-]?\d{1,2})?"
WHOLE = r"\d{1,15}"
TEXT = r'(?:[^",\x00-\x1f\x7f]*|"(?:[^"\x00-\x1f\x7f]|"")*")'
COLUMNS = {
    record.REQUESTS: record.REQUESTS_COLUMNS,
    record.TELEMETRY: record.TELEMETRY_COLUMNS,
    record.UNFINISHED: record.UNFINISHED_COLUMNS,
    record.GENERATOR: record.GENERATOR_COLUMNS,
}
# Columns that are no number or nothing.
OF = {
    **dict.fromkeys(("start_s", "response_ms", "at_s"), NUMBER),
    **dict.fromkeys(("bytes", "users"), WHOLE),
    "status": r"(?:\d{3})?",
    "error": TEXT,
}


def check_table(path: Path, *, empty: bool = False) -> None:
    """Raise `DataError` unless the file at `path` is a table of its name.

    An `empty` one has not even a header: its cell was not measured.
    """
    if empty:
        if path.stat().st_size:
            raise DataError("it has rows, and its cell was not measured")
        return
    seen = array("q")  # a number for each row, which no archive can foresee
    kinds: set[bytes] = set()
    with path.open("rb") as file:
        row = _row(file.readline(form.LINE_BYTES), path.name)
        while line := file.readline(form.LINE_BYTES):
            if len(seen) == form.ROWS:
                raise DataError(f"it has over {form.ROWS:,} rows")
            if not _fits(line, row):
                raise DataError(f"line {len(seen) + 2} is no row of it")
            seen.append(hash(line))
            if path.name == record.REQUESTS:
                kinds.add(line.split(b",", BEFORE_ERROR)[-1])
                if len(kinds) > form.KINDS:
                    raise DataError(f"it has over {form.KINDS:,} kinds of errors")
    if path.name == record.REQUESTS:
        _check_once(np.array(seen))


def _check_once(rows: np.ndarray[Any, Any]) -> None:
    """Raise `DataError` if more rows than by chance are like another."""
    again = len(rows) - len(np.unique(rows))
    if again * SELDOM > len(rows):
        raise DataError(f"rows stand in it twice: {again:,} of {len(rows):,}")


def _row(header: bytes, name: str) -> re.Pattern[str]:
    """Return what a row looks like below the header of a table of this name.

    Readings are found by the names of their columns, in whatever order.
    """
    names = header.decode(errors="replace").removesuffix("\n").split(",")
    known = list(COLUMNS[name])
    in_any_order = name == record.TELEMETRY and sorted(names) == sorted(known)
    if names != known and not in_any_order:
        raise DataError("its header is another one")
    return re.compile(",".join(OF.get(column, f"(?:{NUMBER})?") for column in names))


def _fits(line: bytes, row: re.Pattern[str]) -> bool:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return False
    return text.endswith("\n") and row.fullmatch(text, 0, len(text) - 1) is not None


def gunzip(path: Path, to: Path, most: int) -> int:
    """Unpack the one member of a file of gzip; return its size.

    Raises `DataError`, as for one that has more than `most` bytes.
    """
    unpacking, size = zlib.decompressobj(GZIP), 0
    with path.open("rb") as packed, to.open("xb") as file:
        while not unpacking.eof:
            given = unpacking.unconsumed_tail or packed.read(AT_ONCE)
            if not given:
                raise DataError("it is cut")
            try:
                content = unpacking.decompress(given, AT_ONCE)
            except zlib.error:
                raise DataError("it is no gzip") from None
            size += len(content)
            if size > form.MEMBER_BYTES:
                raise DataError(f"it unpacks to over {form.MEMBER_BYTES:,} bytes")
            if size > most:
                raise DataError(
                    f"with it the archive unpacks to over {form.UNPACKED_BYTES:,} bytes"
                )
            file.write(content)
        if unpacking.unused_data or packed.read(1):
            raise DataError("it has something behind its end")
    return size
