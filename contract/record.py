"""The files of a run's record: their names, their columns, and the version of the form.

Rules of this module:
- `load/` writes these files and `analysis/` reads them. A change of a name or a column
  changes the form of the record: then `VERSION` grows.
- Columns of a table are named in the order in which they are written.
- What a column means is said in `CONTRIBUTING.md`.
"""

from __future__ import annotations

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

PHASES = ("connect_ms", "first_byte_ms")
REQUESTS_COLUMNS = (
    "start_s",
    "response_ms",
    *PHASES,
    "status",
    "bytes",
    "users",
    "error",
)
UNFINISHED_COLUMNS = ("start_s", *PHASES)
GENERATOR_COLUMNS = ("at_s", "process", "lateness_ms", "mean_ms")

CORES = ("idle", "programs", "stolen")  # what cores spend their time on
LINK = ("received_bytes", "sent_bytes")
TCP = (  # what the kernel counts of TCP
    "listen_overflows",
    "listen_drops",
    "syn_retransmits",
    "retransmits",
    "resets_sent",
    "timeouts",
)
# Readings that only grow, from whenever they began, ...
TELEMETRY_COUNTERS = (
    "server_cpu_s",
    "server_user_s",
    "server_system_s",
    "server_busiest_s",
    "server_delayed_s",
    "server_switches",
    *(f"server_cores_{name}_s" for name in CORES),
    *(f"generator_cores_{name}_s" for name in CORES),
    *(f"server_{name}" for name in LINK),
    *(f"server_{name}" for name in TCP),
    *(f"users_{name}" for name in TCP),
    "generator_cpu_s",
    "generator_busiest_s",
    "throttled_s",
)
# ... and values of the moment.
TELEMETRY_VALUES = (
    "server_rss_bytes",
    "server_threads",
    "server_processes",
    "server_descriptors",
    "queue",
    "backlog",
    "generator_descriptors",
    "ports",
)
TELEMETRY_COLUMNS = ("at_s", *TELEMETRY_COUNTERS, *TELEMETRY_VALUES)
