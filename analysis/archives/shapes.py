"""The shapes of a cell's `config.yaml` and `run.json`, as they are read of others.

Rules of this module:
- They have what analysis computes with, with bounds within which it ends soon.
- Entries beside these are plain data, and are shown at most.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

from analysis.archives import form
from contract import stops
from contract.settings import AUTO

NAME = re.compile(r"[\w%][\w ._+\-,'()&@%]{0,199}")
DIGITS = re.compile(r"[0-9a-f]{4,64}")
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")  # as a run writes it
Fits = Callable[[Any], bool]


def number(least: float, most: float = form.NUMBER) -> Fits:
    return lambda value: type(value) in (int, float) and least <= value <= most


def whole(least: int, most: int = int(form.NUMBER)) -> Fits:
    return lambda value: type(value) is int and least <= value <= most


def one_of(*values: str) -> Fits:
    return lambda value: isinstance(value, str) and value in values


def text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= form.LINE_BYTES


def line(value: Any) -> bool:
    """Whether a value is a text of one line, which moves no cursor."""
    return text(value) and bool(value.isprintable())


def name(value: Any) -> bool:
    """Whether a value may be part of the name of a file, as experiments are."""
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def names(value: Any) -> bool:
    """Whether a value is a name, or several with / between them: students/ada."""
    return isinstance(value, str) and all(map(name, value.split("/")))


def digits(value: Any) -> bool:
    return isinstance(value, str) and DIGITS.fullmatch(value) is not None


def truth(value: Any) -> bool:
    return isinstance(value, bool)


def moment(value: Any) -> bool:
    """Whether a value is a time of this century, as a run has recorded it."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        return False
    try:
        datetime.datetime.fromisoformat(value)
    except ValueError:  # a 30th of February
        return False
    return True


def each_named(fits: Fits) -> Fits:
    """Return whether a value is a mapping of which each known entry fits."""

    def are(value: Any) -> bool:
        return isinstance(value, dict) and all(
            known is None or fits(known) for known in value.values()
        )

    return are


def _limit(value: Any) -> bool:
    return whole(-1)(value) or text(value)  # -1 is none


def _users(value: Any) -> bool:
    return bool(value == AUTO) or whole(1, form.USERS)(value)


def _start(value: Any) -> bool:
    return bool(value == AUTO) or whole(0, form.USERS)(value)


SECONDS, POSITIVE = number(0, form.SECONDS), number(1e-6)
CONFIG = {
    "experiment": {
        "name": name,
        "stop": one_of(*stops.RULES),
        "requests?": whole(1),
        "start_users?": _start,
        **dict.fromkeys(("max_s?", "onset_s?", "step_s?", "p95_ms?"), number(0)),
    },
    "impl": {
        "name": names,
        "sources": [text],
        "ignored?": [text],
        "command?": text,
        "path?": text,
        "worker?": text,
        "workers?": whole(1),
        "descriptors?": whole(0),
        "submission?": text,
        "options?": {},
    },
    "network": {
        "name": name,
        "kind": text,
        "rate_mbit?": POSITIVE,
        "loss_percent?": number(0, 100),
        **dict.fromkeys(("queue_ms?", "delay_ms?", "jitter_ms?"), number(0)),
    },
    "app": {"name": name, "code?": text},
    "page": {
        "name": name,
        "wait_ms": number(0, 1000 * form.SECONDS),
        "cpu_ms?": number(0),
    },
    "users": _users,
    "hatch_rate": POSITIVE,
    "idle": whole(0, form.USERS),
    "repeat": whole(1),
    "server": {"backlog": whole(1), "keep_alive": truth},
    "load": {
        "think_min_s": SECONDS,
        "think_max_s": SECONDS,
        "seed": whole(0),
        "timeout_s": POSITIVE,
        "slow_ms?": number(0),
        "arrivals": text,
        "processes": whole(1),
    },
    "code": {"server": digits, "runner": digits},
    "key": digits,
}
HOST = {
    "host?": {"cpu_model?": text, "cpus?": whole(1)},
    "interface?": {"speed_mbit?": whole(0), "address?": line},
    "connect_ms?": number(0),
    "clock?": {"drift_ms?": number(-form.NUMBER)},
    "busiest?": number(0),
    "share?": number(0, 1),
    "governors?": each_named(text),
    "others?": [{"name": text, "cores": number(0)}],
}
PROVENANCE = {
    "commit?": text,
    "dirty?": truth,
    "started?": moment,
    "host?": {
        **{"kernel?": text, "cpu_model?": text, "cpus?": whole(1)},
        "memory_bytes?": whole(0),
    },
    "slurm?": {"job": line, "nodes?": [[line]], "address?": line, "master?": line},
    "hosts?": {"*": HOST},
    "versions?": each_named(text),
    "limits?": each_named(_limit),
    "page?": {"bytes": whole(0), "sha256": digits},
    "cores?": {"server?": [whole(0)], "locust?": [whole(0)]},
    "commands?": {"server?": [lambda word: isinstance(word, str)]},
}
RUN = {
    "version": whole(1),
    "stopped": {
        "reason": text,
        "at_s": SECONDS,
        "users": whole(0, form.USERS),
        "began_s": number(0),
        "requests_before?": whole(0),
        "joining?": [
            {
                "at_s": SECONDS,
                "users": whole(0, form.USERS),
                "rate": POSITIVE,
                "together?": whole(1),
            },
            form.STRETCHES,
        ],
        "steps?": [
            {"users": whole(0, form.USERS), "begin_s": SECONDS, "end_s": SECONDS},
            form.STRETCHES,
        ],
    },
    "crashed?": text,
    "bare_lf?": truth,
    "idle?": {"opened": whole(0), "open_at_end": whole(0)},
    "telemetry?": {
        "cost_s?": number(0),
        "server_most_descriptors?": whole(0),
        "server?": {
            "user_s": number(0),
            "system_s": number(0),
            "voluntary_switches": whole(0),
            "involuntary_switches": whole(0),
        },
    },
    "provenance": PROVENANCE,
}
NOT_MEASURED = {
    "version": whole(1),
    "not_measured": {"kind": text, "because": text},
    "provenance?": PROVENANCE,
}
