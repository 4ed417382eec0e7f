"""Why two rows that belong together cannot be compared, and what else to know of them.

Rules of this module:
- A difference of settings that is none of the implementation's own is another load,
  page or network: the rows are not compared. So it is with another machine.
- The settings of an implementation belong to what is compared, as its code does. So do
  the program that writes the page, and a setting that only one side knows. They are
  notes. So is other code that measures: it changes often, and changes little of a
  figure that the server limited. A reader should know it still.
- A page that a program writes is known by its bytes: each run has recorded their number
  and digest. Where they differ, the load is another one, whatever the settings say. A
  program may write another page each time: then the number alone counts.
- A run that is on both sides says nothing of a difference.
- Two machines are the same if nothing that was recorded of them differs. Two of one
  kind cannot be told apart.
- A machine that was slower on one of the days is another machine: each reading of its
  speed on one side has to be slower than each on the other, and their medians have to
  differ by more than a table's note asks for. Of a few runs that may be chance.
- A figure that something other than its server may have limited is not the server's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Any

from analysis.limits import is_servers
from analysis.record.machine import bound_cores
from analysis.regressions.matching import Pair, Row
from analysis.rows.ceiling import NEAR, is_near
from analysis.rows.cells import Cell
from analysis.rows.groups import MARK, Group
from analysis.rows.settings import show, show_ms, varying_settings
from analysis.rows.statistics import LEAST_RUNS
from analysis.tables.day import DRIFT
from analysis.tables.machines import machine
from contract import stops

STOP = "experiment.stop"
OF_THE_CODE = ("impl.", "page.command", "page.sources")
MEMORY = 0.02  # of the memory: less is the kernel's own
TOOLS = ("locust", "gevent", "httptools", "jinja2", "server")


def reasons(pair: Pair) -> list[str]:
    """Return why the rows of a pair cannot be compared; nothing if they can."""
    return [
        *_lacking(pair),
        *_same_runs(pair),
        *_codes(pair),
        *_conditions(pair),
        *_pages(pair),
        *_machines(pair),
        *_speeds(pair),
        *_limits(pair),
    ]


def notes(pair: Pair) -> list[str]:
    """Return what a reader should know of two rows that are compared."""
    base, head = pair.base.settings, pair.head.settings
    changed = [name for name in _differing(pair) if name.startswith(OF_THE_CODE)]
    known_once = sorted(set(base) ^ set(head))
    found = []
    if changed:
        found.append(f"its own settings differ: {', '.join(changed)}")
    if known_once:
        found.append(f"only one side has {', '.join(known_once)}")
    if _runner(pair.base) != _runner(pair.head):
        found.append("the code that measures differs")
    if tools := _tools(pair):
        found.append(f"versions differ: {', '.join(tools)}")
    return found


def _lacking(pair: Pair) -> Iterator[str]:
    for side, row in pair.sides.items():
        for run in row.runs:
            if run.lacks == "not comparable":
                yield f"{side}: {run.why}"


def _same_runs(pair: Pair) -> Iterator[str]:
    base, head = ({_identity(cell) for cell in row.measured} for row in _rows(pair))
    if base & head:
        yield "the same runs are on both sides: nothing was measured anew"


def _identity(cell: Cell) -> str:
    """Return what two runs never share, wherever their folders are."""
    started = cell.provenance.get("started")
    return repr((cell.config.get("key"), started, sorted(cell.row.items())))


def _codes(pair: Pair) -> Iterator[str]:
    for side, row in pair.sides.items():
        if len(row.codes) > 1:
            yield f"{side} has runs of {len(row.codes)} different codes"


def _conditions(pair: Pair) -> Iterator[str]:
    """Yield the settings that differ, each with both of its values."""
    base, head = pair.base.settings, pair.head.settings
    for name in _differing(pair):
        if not name.startswith(OF_THE_CODE):
            yield f"{name}: {_of_sides(show(base[name]), show(head[name]))}"


def _differing(pair: Pair) -> list[str]:
    """Return the settings that both sides have, and in which they differ."""
    base, head = pair.base.settings, pair.head.settings
    varying = varying_settings([pair.base.cells[0], pair.head.cells[0]])
    stop = [STOP] if base.get(STOP) != head.get(STOP) else []
    return stop + [name for name in varying if name in base and name in head]


def _pages(pair: Pair) -> Iterator[str]:
    """Yield in what the pages differ that were served, where that is known."""
    base, head = ({*_served(row)} for row in _rows(pair))
    if not base or not head or base == head:
        return
    lengths = [sorted(length for length, _ in pages) for pages in (base, head)]
    if {*lengths[0]} != {*lengths[1]}:
        both = (f"{of[0]:,}" if of[0] == of[-1] else "various" for of in lengths)
        yield f"other page: {' and '.join(both)} bytes"
    elif len(base) == len(head) == 1:
        yield f"other page: other content in as many bytes, {lengths[0][0]:,}"


def _served(row: Row) -> Iterator[tuple[int, str]]:
    for cell in row.measured:
        if page := cell.provenance.get("page"):
            yield page["bytes"], page["sha256"]


def _machines(pair: Pair) -> Iterator[str]:
    """Yield in what the machines of all these runs differ."""
    cells = [*pair.base.measured, *pair.head.measured]
    hosts = [_host(cell) for cell in cells]
    if any(host["kernel"] is None and host["cpu_model"] is None for host in hosts):
        yield "a machine is not known"
        return
    for name in hosts[0] if hosts else ():
        if len({str(host[name]) for host in hosts}) > 1:
            values = (_values(map(_host, row.measured), name) for row in _rows(pair))
            yield f"other machine ({name}): {_of_sides(*values)}"
    memory = [_memory(row) for row in _rows(pair)]
    known = [*memory[0], *memory[1]]
    if known and max(known) > min(known) * (1 + MEMORY):
        yield f"other machine (memory): {_of_sides(*map(_gigabytes, memory))}"


def _memory(row: Row) -> list[int]:
    known = ((c.provenance.get("host") or {}).get("memory_bytes") for c in row.measured)
    return [each for each in known if each]


def _gigabytes(memory: Iterable[int]) -> str:
    known = sorted({f"{each / 2**30:.3g}" for each in memory})
    return f"{'/'.join(known)} GiB" if known else show(None)


def _of_sides(base: str, head: str) -> str:
    """Return the values of both sides, in words of no language."""
    return f"BASE {base}, HEAD {head}"


def _rows(pair: Pair) -> tuple[Row, Row]:
    return pair.base, pair.head


def _host(cell: Cell) -> dict[str, Any]:
    """Return what was recorded of the machine, and how much of it the run had."""
    recorded = cell.result.get("machine") or {}
    return {
        **machine(cell),
        "server cores": bound_cores(cell.provenance, "server"),
        "load generator cores": bound_cores(cell.provenance, "locust"),
        "CPU quota": recorded.get("quota_cores"),
    }


def _values(hosts: Iterable[dict[str, Any]], name: str) -> str:
    return "/".join(dict.fromkeys(show(host[name]) for host in hosts))


def _speeds(pair: Pair) -> Iterator[str]:
    """Yield that the machine was slower on one side, if it was throughout."""
    rows = [row.measured for row in _rows(pair)]
    base, head = map(_speed_ms, rows)
    if min(map(len, rows)) < LEAST_RUNS or not base or not head:
        return
    slow, fast = sorted((base, head), key=median, reverse=True)
    if min(slow) > max(fast) and median(slow) > median(fast) * (1 + DRIFT):
        yield (
            "the machine's speed: a fixed computation took "
            f"{show_ms(median(base))} and {show_ms(median(head))} ms"
        )


def _speed_ms(cells: Iterable[Cell]) -> list[float]:
    recorded = (cell.result.get("machine") or {} for cell in cells)
    return [ms for each in recorded for ms in (each.get("speed_ms") or {}).values()]


def _limits(pair: Pair) -> Iterator[str]:
    for side, row in pair.sides.items():
        if not row.measured:
            continue
        limit, _ = Group(row.measured, "").limit()
        if not is_servers(limit):
            yield f"{MARK} {side} was limited by {limit}"
        if row.measured[0].stop == stops.CAPACITY and is_near(row.measured):
            yield f"{side} is within {1 - NEAR:.0%} of what the load generator can send"


def _runner(row: Row) -> Sequence[str]:
    return sorted({str((c.config.get("code") or {}).get("runner")) for c in row.cells})


def _tools(pair: Pair) -> list[str]:
    """Return the programs whose versions differ between the sides."""
    found = []
    for name in TOOLS:
        base, head = (
            {str((c.provenance.get("versions") or {}).get(name)) for c in row.measured}
            for row in _rows(pair)
        )
        if base != head:
            found.append(name)
    return found
