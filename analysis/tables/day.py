"""The machine's day: notes below a table on what the host did to its cells.

Rules of this module:
- There is a note only if there is something to know. There is none if the host was as
  fast before as after and ran no other programs, or if that is not known.
- Notes change no figure and no verdict. The reader decides whether to measure again.
- Names of programs and governors come from outside: they are escaped as settings are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analysis.rows.cells import Cell
from analysis.rows.groups import Group
from analysis.rows.settings import show, show_ms
from analysis.tables.machines import differing

DRIFT = 0.1  # of the machine's speed; a greater change has a note
MOST = 5  # programs that are named for a row
STOLEN = 0.02  # of the server's cores; a greater share has a note
# Of an even share of the requests. A greater difference has a note, but for what one
# user makes.
UNEVEN = 0.2
STEADY = "performance"  # the governor that keeps the frequency as high as possible


def notes(groups: Sequence[Group]) -> Iterator[str]:
    """Yield the notes on the host, a paragraph each."""
    yield from _drift(groups)
    yield from _governors(groups)
    yield from _quotas(groups)
    yield from _stolen(groups)
    yield from _others(groups)
    yield from _shares(groups)


def flat(cell: Cell) -> dict[str, Any]:
    """Return the host's columns of `cells.csv` for one cell."""
    machine = _machine(cell)
    speed_ms = machine.get("speed_ms") or {}
    others = machine.get("others") or ()
    programs = "; ".join(f"{each['name']} {each['cores']:g}" for each in others)
    return {
        "machine.speed_before_ms": speed_ms.get("before"),
        "machine.speed_after_ms": speed_ms.get("after"),
        "machine.quota_cores": machine.get("quota_cores"),
        "machine.throttled_s": machine.get("throttled_s"),
        "machine.stolen": machine.get("stolen"),
        "machine.others": programs or None,
    }


def _machine(cell: Cell) -> dict[str, Any]:
    return cell.result.get("machine") or {}


def _hosts(cell: Cell) -> dict[str, Any]:
    """Return what is known of each host of a run that was over several."""
    hosts: dict[str, Any] = cell.provenance.get("hosts") or {}
    return hosts


def _drift(groups: Sequence[Group]) -> Iterator[str]:
    """Yield a note if one machine changed its speed."""
    speeds = [
        (ms, group.label)
        for group in groups
        for cell in group.cells
        for ms in (_machine(cell).get("speed_ms") or {}).values()
    ]
    if not speeds or differing([cell for group in groups for cell in group.cells]):
        return
    (least, fast), (most, slow) = min(speeds), max(speeds)
    if most > least * (1 + DRIFT):
        yield (
            "**The machine's speed changed:** a fixed computation took "
            f"{show_ms(least)} ({show(fast)}) to {show_ms(most)} ms ({show(slow)}) of "
            "CPU time, just before or after a run. Rows may differ for that reason "
            "alone.\n"
        )


def _governors(groups: Sequence[Group]) -> Iterator[str]:
    by_governor: dict[str, list[Group]] = {}
    for group in groups:
        known = {
            name
            for cell in group.cells
            for host in (_machine(cell), *_hosts(cell).values())
            for name in (host.get("governors") or {}).values()
        }
        for name in sorted(known - {None, STEADY}):
            by_governor.setdefault(name, []).append(group)
    if by_governor:
        governors = (
            f"{show(name)} ({_rows(of, groups)})" for name, of in by_governor.items()
        )
        yield (
            f"The cores' frequency governor was {', '.join(governors)}, and not "
            f"{STEADY}: a core's speed may depend on how busy it was before.\n"
        )


def _quotas(groups: Sequence[Group]) -> Iterator[str]:
    by_cores: dict[Any, list[Group]] = {}
    for group in groups:
        known = {_machine(cell).get("quota_cores") for cell in group.cells}
        for cores in known - {None}:
            by_cores.setdefault(cores, []).append(group)
    if by_cores:
        quotas = (
            f"{show(cores)} {'core' if cores == 1 else 'cores'} ({_rows(of, groups)})"
            for cores, of in sorted(by_cores.items())
        )
        yield f"A CPU quota allowed no more than {'; '.join(quotas)}.\n"


def _stolen(groups: Sequence[Group]) -> Iterator[str]:
    rows = []
    for group in groups:
        most = max(_machine(cell).get("stolen") or 0.0 for cell in group.cells)
        if most >= STOLEN:
            rows.append(f"{show(group.label)} {most:.0%}")
    if rows:
        yield (
            "The hypervisor gave part of the server's cores to others meanwhile: "
            f"{', '.join(rows)}.\n"
        )


def _others(groups: Sequence[Group]) -> Iterator[str]:
    rows = []
    for group in groups:
        most: dict[str, float] = {}
        for cell in group.cells:
            for name, cores in _programs(cell):
                most[name] = max(most.get(name, 0), cores)
        named = sorted(most.items(), key=lambda item: (-item[1], item[0]))[:MOST]
        if named:
            programs = ", ".join(f"{show(name)} {cores:.0%}" for name, cores in named)
            rows.append(f"{show(group.label)}: {programs}")
    if rows:
        yield (
            "Other programs ran meanwhile, and took these shares of a core: "
            f"{'; '.join(rows)}.\n"
        )


def _programs(cell: Cell) -> Iterator[tuple[str, float]]:
    """Yield other programs of all hosts, and the cores that they took."""
    for each in _machine(cell).get("others") or ():
        yield each["name"], each["cores"]
    for host, known in _hosts(cell).items():
        for each in known.get("others") or ():
            yield f"{each['name']} on {host}", each["cores"]


def _shares(groups: Sequence[Group]) -> Iterator[str]:
    """Yield a note if hosts that share the users made unequal shares of the load."""
    rows = []
    for group in groups:
        for cell in group.cells:
            shares = {
                host: fact["share"]
                for host, fact in _hosts(cell).items()
                if fact.get("share") is not None
            }
            if not any(shares.values()):
                continue  # nobody has made a request
            even = 1 / len(shares)
            odd = UNEVEN * even + 1 / max(int(cell.row["users"] or 1), 1)
            if any(abs(share - even) > odd for share in shares.values()):
                each = (f"{show(host)} {share:.0%}" for host, share in shares.items())
                rows.append(f"{show(group.label)}: {', '.join(each)}")
                break
    if rows:
        yield (
            "The hosts of the load have equal shares of the users, and made these "
            f"shares of the requests: {'; '.join(rows)}. One of them may be slower, or "
            "further away.\n"
        )


def _rows(chosen: Iterable[Group], groups: Sequence[Group]) -> str:
    """Return the names of these rows of a table."""
    labels = [show(group.label) for group in chosen]
    return "all rows" if len(labels) == len(groups) else ", ".join(labels)
