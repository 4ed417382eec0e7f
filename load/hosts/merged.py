"""The readings of all hosts, as rows of one `telemetry.csv`.

Rules of this module:
- Rows of the server's host stay as they are. Those of the users' hosts become one row
  each time, as if one host had made the load. Its counters are read at the moments at
  which the first of these hosts was read, and interpolated on the others.
- Most counters are sums. Two are of the host that had most to do at the time: the
  process that was busiest, and the cores that were least idle. Who can't keep up
  measures itself, however little the others have to do.
- Times are by the clock of the runner.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from contract.record import TELEMETRY_COUNTERS

Row = dict[str, Any]
AT = "at_s"
BUSIEST, IDLE = "generator_busiest_s", "generator_cores_idle_s"


def merged(server: Sequence[Row], users: Sequence[Sequence[Row]]) -> list[Row]:
    """Return the rows of a run in order; `users` has the rows of each of their hosts.

    Rows come with corrected times, in order.
    """
    rows = [*server, *as_one(users)]
    return sorted(rows, key=lambda row: float(row[AT]))


def as_one(hosts: Sequence[Sequence[Row]]) -> Sequence[Row]:
    """Return the rows of several hosts as those of one."""
    if len(hosts) == 1:
        return hosts[0]
    counters = [_Counters(rows) for rows in hosts]
    return list(_together(hosts, counters))


def _together(hosts: Sequence[Sequence[Row]], all_of: list[_Counters]) -> Iterator[Row]:
    last: list[dict[str, float]] | None = None
    busiest_s = idle_s = 0.0
    for whole in hosts[0]:
        row = {name: value for name, value in whole.items() if value is not None}
        at_s = float(row[AT])
        values = [counters.at(at_s, row) for counters in all_of]
        if any(row.keys() - each.keys() for each in values):
            continue  # a host was not read before or after it
        if last is not None:
            pairs = list(zip(last, values, strict=True))
            busiest_s += max(_growth(pair, BUSIEST) for pair in pairs)
            idle_s += len(pairs) * min(_growth(pair, IDLE) for pair in pairs)
        last = values
        one: Row = {AT: row[AT]}
        for name in row.keys() - {AT}:
            each = [value[name] for value in values]
            both = sum(each) if name in TELEMETRY_COUNTERS else max(each)
            one[name] = round(both, 4)
        own = {BUSIEST: round(busiest_s, 4), IDLE: round(idle_s, 4)}
        yield one | {name: value for name, value in own.items() if name in row}


def busiest(rows: Sequence[Row]) -> float | None:
    """Return which share of a core the busiest process of a host used."""
    read = [row for row in rows if row.get(BUSIEST) is not None]
    if len(read) < 2:
        return None
    first, last = read[0], read[-1]
    used_s = float(last[BUSIEST]) - float(first[BUSIEST])
    return round(used_s / (float(last[AT]) - float(first[AT])), 3)


def _growth(pair: tuple[dict[str, float], dict[str, float]], name: str) -> float:
    before, after = pair
    return after.get(name, 0.0) - before.get(name, 0.0)


class _Counters:
    """The readings of a host, at any time between the first and the last."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._known: dict[str, tuple[list[float], list[float]]] = {}
        for row in rows:
            for name, value in row.items():
                if name != AT and value is not None:
                    times, values = self._known.setdefault(name, ([], []))
                    times.append(float(row[AT]))
                    values.append(float(value))

    def at(self, at_s: float, names: Row) -> dict[str, float]:
        """Return the values of `names` at a time; one that is not known is left out."""
        values = ((n, self._value(n, at_s)) for n in names if n != AT)
        return {AT: at_s} | {n: value for n, value in values if value is not None}

    def _value(self, name: str, at_s: float) -> float | None:
        times, values = self._known.get(name, ([], []))
        place = bisect_left(times, at_s)
        if place < len(times) and times[place] == at_s:
            return values[place]
        if not 0 < place < len(times):
            return None
        (t0, t1), (v0, v1) = times[place - 1 : place + 1], values[place - 1 : place + 1]
        return v0 + (v1 - v0) * (at_s - t0) / (t1 - t0)
