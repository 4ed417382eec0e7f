"""What the columns of a record mean, by their names.

Rules of this module:
- Columns are in the order in which they are written. `record.py` names their files.
- The end of a name is its unit: `_s` is seconds, `_ms` milliseconds. A count has none.
- `make docs` shows what is said here in `docs/files.md`.
"""

from __future__ import annotations

PHASES = {
    "connect_ms": "when it had a connection, counted from its begin: nearly 0 on a "
    "kept one, empty if it had none yet, and with Locust's own clients",
    "first_byte_ms": "when the first byte of its response came, counted from its "
    "begin: empty if none came, and with Locust's own clients",
}
REQUESTS = {
    "start_s": "when the request began, in seconds since the load began",
    "response_ms": "from the begin of the request to its end, in milliseconds",
    **PHASES,
    "status": "the status of the response; empty if there was none",
    "bytes": "the size of the response's body",
    "users": "how many users were running when the request finished",
    "error": "why it failed; empty for a success",
}
UNFINISHED = {"start_s": REQUESTS["start_s"], **PHASES}
GENERATOR = {
    "at_s": "when it was read, by the monotonic clock of the runner's host",
    "process": "the process of Locust",
    "lateness_ms": "how late its event loop woke, at most, since the last reading",
    "mean_ms": "the mean of the same",
}

CORES = {  # what cores spend their time on
    "idle": "with nothing",
    "programs": "with programs, and in the kernel on their behalf",
    "stolen": "taken by a hypervisor, for others",
}
LINK = {
    "received_bytes": "bytes that the link has received",
    "sent_bytes": "bytes that the link has sent",
}
TCP = {  # what the kernel counts of TCP
    "listen_overflows": "connections that came while the accept queue was full",
    "listen_drops": "connections that a listening socket has dropped, for any reason",
    "syn_retransmits": "SYNs that were sent again",
    "retransmits": "segments that were sent again",
    "resets_sent": "segments sent with RST",
    "timeouts": "time-outs of TCP, after which segments were sent again",
}
# Readings that only grow, from whenever they began, ...
TELEMETRY_COUNTERS = {
    "server_cpu_s": "CPU time of the server and its descendants, as perf counts it",
    "server_user_s": "the part of it that the kernel accounts to programs",
    "server_system_s": "the part of it that the kernel accounts to itself",
    "server_busiest_s": "CPU time of the server's process that has used most",
    "server_delayed_s": "for how long a process of the server was ready to run without "
    "a core; that of the process that waited longest",
    "server_switches": "context switches of the server",
    **{
        f"{side}_cores_{name}_s": f"time of the cores of the {whose}, {how}"
        for side, whose in (("server", "server"), ("generator", "load generator"))
        for name, how in CORES.items()
    },
    **{
        f"server_{name}": f"{said}, on the server's side"
        for name, said in (LINK | TCP).items()
    },
    **{f"users_{name}": f"{said}, on the users' side" for name, said in TCP.items()},
    "generator_cpu_s": "CPU time of all processes of Locust",
    "generator_busiest_s": "CPU time of the process of Locust that has used most",
    "throttled_s": "for how long a CPU quota kept the server from running",
}
# ... and values of the moment.
TELEMETRY_VALUES = {
    "server_rss_bytes": "resident memory of the server, the sum of its processes",
    "server_threads": "threads of the server",
    "server_processes": "processes of the server",
    "server_descriptors": "open descriptors of the server's process that has most",
    "queue": "connections that wait in the accept queue",
    "backlog": "how many may wait there",
    "generator_descriptors": "open descriptors of Locust's process that has most",
    "ports": "sockets of the users' side that hold a port, with those in TIME_WAIT",
}
TELEMETRY = {
    "at_s": "when it was read, by the monotonic clock of the runner's host",
    **TELEMETRY_COUNTERS,
    **TELEMETRY_VALUES,
}
