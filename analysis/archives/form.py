"""The form of an archive: its files, and how much of them there may be.

    ro-crate-metadata.json  what is in it, for machines
    CITATION.cff            how to cite it
    LICENSE                 that of the project, if it has one
    archive.json            the versions of this form and of firstfail, and the cells
    manifest-sha256.txt     the SHA-256 of each other file
    runs/…/                 a folder for each cell: the record, and its result
    conformance.json        where the conformance of each cell's server is, if known
    conformance/…/          a folder for each server that was tried: its cases
    tables/, charts/        those of all cells
    report.html, report.pdf

Rules of this module:
- A limit is far above what a study makes, and far below what would fill a disk or
  memory. It has its reason beside it.
"""

from __future__ import annotations

from contract import record

VERSION = 1  # of this form

CRATE = "ro-crate-metadata.json"
CITATION = "CITATION.cff"
LICENSE = "LICENSE"
CONTENTS = "archive.json"
MANIFEST = "manifest-sha256.txt"
RUNS, TABLES, CHARTS = "runs", "tables", "charts"
CONFORMANCE = "conformance"
# What people look at. It is made anew of what was opened, and never read.
SHOWN = (TABLES, CHARTS, "report.html", "report.pdf")
PACKED = ".gz"  # behind the name of the one file that is long
RESULT = "result.json"

# The files of a record that are packed. Logs are not: they name the host.
TABLES_OF_RECORD = (record.TELEMETRY, record.UNFINISHED, record.GENERATOR)
OF_CELL = (
    *(record.CONFIG, record.RUN, RESULT),
    *TABLES_OF_RECORD,
    record.REQUESTS + PACKED,
)

ARCHIVE_BYTES = 500_000_000  # 5,000 cells of a minute have a fifth of it
CELLS = 5_000  # the longest study of the project has 300
MEMBERS = CELLS * (len(OF_CELL) + 1) + 1_000  # with servers, tables and charts
CASES = 500  # of conformance: a server is tried with 45
MEMBER_BYTES = 400_000_000  # a record of `ROWS` requests
UNPACKED_BYTES = 4_000_000_000  # with all requests: those pack to a fifth of it
TEXT_BYTES = 20_000_000  # of a list of all cells or files, such as archive.json
CELL_BYTES = 200_000  # of JSON or YAML of one cell or server: they have 3 to 30 kB
NAME_BYTES = 1_000  # of a member: four names of 200 bytes each, and their folders
ROWS = 5_000_000  # of a table: 8,000 requests a second for ten minutes
KINDS = 20_000  # of errors of a table: a body may be cut anywhere
STRETCHES = 200  # of a run: its steps, or when users joined; a search has thirty
LINE_BYTES = 2_000  # of a row: 40 columns of numbers, or an error in words
SECONDS = 86_400.0  # of a run: a day
USERS = 1_000_000  # as for the setting
DEPTH = 20  # of JSON and YAML: a record has 6
NUMBER = 1e15  # counters of bytes and of microseconds stay below it
