"""The machine's day: what the host did to the cells of a table, said below it.

Rules of this module:
- It speaks only where there is something to know: of a host that was as fast before as
  after, and was left alone, nothing is said. What is not known is not spoken of.
- No figure is changed by it, and no verdict: a reader has to know, and can measure
  again.
- Names of programs and governors are others' words: they are escaped as settings are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analysis.rows.cells import Cell
from analysis.rows.groups import Group
from analysis.rows.settings import show, show_ms
from analysis.tables.notes import differing

DRIFT = 0.1  # of the machine's speed, from which on it is said
MOST = 5  # programs that are named of a row
STOLEN = 0.02  # of the server's cores, from which on it is said
STEADY = "performance"  # the governor that leaves the frequency as high as can be


def notes(groups: Sequence[Group]) -> Iterator[str]:
    """Yield what the host did to these rows, a paragraph each."""
    yield from _drift(groups)
    yield from _governors(groups)
    yield from _quotas(groups)
    yield from _stolen(groups)
    yield from _others(groups)


def flat(cell: Cell) -> dict[str, Any]:
    """Return what the host did to one cell, as columns of `cells.csv`."""
    told = _told(cell)
    speed_ms = told.get("speed_ms") or {}
    others = told.get("others") or ()
    said = "; ".join(f"{each['name']} {each['cores']:g}" for each in others)
    return {
        "machine.speed_before_ms": speed_ms.get("before"),
        "machine.speed_after_ms": speed_ms.get("after"),
        "machine.quota_cores": told.get("quota_cores"),
        "machine.throttled_s": told.get("throttled_s"),
        "machine.stolen": told.get("stolen"),
        "machine.others": said or None,
    }


def _told(cell: Cell) -> dict[str, Any]:
    return cell.result.get("machine") or {}


def _drift(groups: Sequence[Group]) -> Iterator[str]:
    """Yield that the machine was faster at times; several are no drift."""
    speeds = [
        (ms, group.label)
        for group in groups
        for cell in group.cells
        for ms in (_told(cell).get("speed_ms") or {}).values()
    ]
    if not speeds or differing([cell for group in groups for cell in group.cells]):
        return
    (least, fast), (most, slow) = min(speeds), max(speeds)
    if most > least * (1 + DRIFT):
        yield (
            "**The machine's speed changed:** a fixed computation took "
            f"{show_ms(least)} ({show(fast)}) to {show_ms(most)} ms ({show(slow)}) of "
            "CPU time, just before or after a run. Rows may differ for that alone.\n"
        )


def _governors(groups: Sequence[Group]) -> Iterator[str]:
    found: dict[str, list[Group]] = {}
    for group in groups:
        known = {
            name
            for cell in group.cells
            for name in (_told(cell).get("governors") or {}).values()
        }
        for name in sorted(known - {None, STEADY}):
            found.setdefault(name, []).append(group)
    if found:
        said = (f"{show(name)} ({_rows(of, groups)})" for name, of in found.items())
        yield (
            f"The cores' frequency governor was {', '.join(said)}, and not {STEADY}: "
            "how fast a core is may depend on how busy it was before.\n"
        )


def _quotas(groups: Sequence[Group]) -> Iterator[str]:
    found: dict[Any, list[Group]] = {}  # by cores
    for group in groups:
        known = {_told(cell).get("quota_cores") for cell in group.cells}
        for cores in known - {None}:
            found.setdefault(cores, []).append(group)
    if found:
        said = (
            f"{show(cores)} {'core' if cores == 1 else 'cores'} ({_rows(of, groups)})"
            for cores, of in sorted(found.items())
        )
        yield f"A CPU quota allowed no more than {', '.join(said)}.\n"


def _stolen(groups: Sequence[Group]) -> Iterator[str]:
    rows = []
    for group in groups:
        most = max(_told(cell).get("stolen") or 0.0 for cell in group.cells)
        if most >= STOLEN:
            rows.append(f"{show(group.label)} {most:.0%}")
    if rows:
        yield (
            "The hypervisor gave so much of the server's cores to others meanwhile: "
            f"{', '.join(rows)}.\n"
        )


def _others(groups: Sequence[Group]) -> Iterator[str]:
    rows = []
    for group in groups:
        most: dict[str, float] = {}
        for cell in group.cells:
            for each in _told(cell).get("others") or ():
                most[each["name"]] = max(most.get(each["name"], 0), each["cores"])
        named = sorted(most.items(), key=lambda item: (-item[1], item[0]))[:MOST]
        if named:
            said = ", ".join(f"{show(name)} {cores:.0%}" for name, cores in named)
            rows.append(f"{show(group.label)}: {said}")
    if rows:
        yield (
            "Other programs ran meanwhile, and took as much of a core as this: "
            f"{'; '.join(rows)}.\n"
        )


def _rows(chosen: Iterable[Group], groups: Sequence[Group]) -> str:
    """Name these rows of a table."""
    labels = [show(group.label) for group in chosen]
    return "all rows" if len(labels) == len(groups) else ", ".join(labels)
