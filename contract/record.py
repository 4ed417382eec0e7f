"""The files of a run's record: their names, their columns, and the version of the form.

Rules of this module:
- `load/` writes these files and `analysis/` reads them. A change of a name or a column
  changes the form of the record: then `VERSION` grows.
- Columns of a table are named in the order in which they are written. `columns.py`
  says what each of them means.
"""

from __future__ import annotations

from contract import columns

VERSION = 2  # 1 had no phases, and readings once a second

REQUESTS = "requests.csv"
TELEMETRY = "telemetry.csv"
UNFINISHED = "unfinished.csv"
GENERATOR = "generator.csv"
RUN = "run.json"
CONFIG = "config.yaml"
SERVER_LOG = "server.log"
LOCUST_LOG = "locust.log"
# A run leaves all of these files or none. The first stands for all of them.
FILES = (
    REQUESTS,
    TELEMETRY,
    UNFINISHED,
    GENERATOR,
    RUN,
    CONFIG,
    SERVER_LOG,
    LOCUST_LOG,
)
# What `analysis/` makes of them, in the same folder. The first is written last. A run
# may remove them with the record that they are of.
RESULTS = (
    *("result.json", "timeline.csv", "stats.csv", "failures.csv"),
    *("chart.svg", "chart.png"),
)

PHASES = tuple(columns.PHASES)
REQUESTS_COLUMNS = tuple(columns.REQUESTS)
UNFINISHED_COLUMNS = tuple(columns.UNFINISHED)
GENERATOR_COLUMNS = tuple(columns.GENERATOR)
TELEMETRY_COUNTERS = tuple(columns.TELEMETRY_COUNTERS)
TELEMETRY_VALUES = tuple(columns.TELEMETRY_VALUES)
TELEMETRY_COLUMNS = tuple(columns.TELEMETRY)
